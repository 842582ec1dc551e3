/**
 * Why a path is, or is not, served from an image: the command {@code explain}.
 *
 * <ul>
 *   <li>{@link Explainer}: resolves a path as the router does, and notes each step
 *   <li>{@link ImageVerdicts}: one sentence for each state of an image
 *   <li>{@link NearNames}: the nearest names, for "did you mean"
 *   <li>{@link Explanation}: the answer
 * </ul>
 */
package dev.lazymount.explain;
