/**
 * Compares images with the directories that they serve, without a daemon: the command {@code
 * verify}.
 *
 * <ul>
 *   <li>{@link Verification}: opens one image, mounted where no path leads, and the directory below
 *       whatever is mounted on it
 *   <li>{@link TreeComparison}: walks both trees side by side
 *   <li>{@link Difference}: one entry that is not the same in both
 * </ul>
 */
package dev.lazymount.verify;
