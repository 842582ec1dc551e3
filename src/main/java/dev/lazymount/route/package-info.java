/**
 * From an access to the MountActors of its images.
 *
 * <ul>
 *   <li>{@link Router}: resolves an access with the newest catalog, spawns the MountActor of an
 *       image at its first access, and forwards
 *   <li>{@link Scanners}: processes that walk the tree, whose accesses mount nothing
 *   <li>{@link Bypasses}: processes that read the original directory of a mounted image
 *   <li>{@link EarlyAccesses}: what is seen before the first scan has ended
 *   <li>{@link DryRunStats}: in observe mode, what would have been mounted
 * </ul>
 */
package dev.lazymount.route;
