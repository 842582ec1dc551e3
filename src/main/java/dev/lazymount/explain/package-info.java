/**
 * Why a path is, or is not, served from an image: the command {@code explain}.
 *
 * <ul>
 *   <li>{@link Explainer}: follows a path through normalising, symlinks and catalog
 *   <li>{@link ImageVerdicts}: one sentence for the state of an image
 *   <li>{@link NearNames}: what a misspelt name may have meant
 *   <li>{@link Explanation}: the answer
 * </ul>
 */
package dev.lazymount.explain;
