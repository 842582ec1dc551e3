/**
 * A mount, made on Linux: the one real {@link dev.lazymount.mount.Mounter}.
 *
 * <ul>
 *   <li>{@link KernelMounter}: a whole mount, unmount, check and swap, to be read top-down
 *   <li>{@link NameLock}: the {@code flock(2)} file that is the lock between processes
 *   <li>{@link ImageDirectory}: opens an image; {@link Superblock} reads its first bytes
 *   <li>{@link DetachedMount}: mounts it where no path leads, by a loop device or by a {@link
 *       FileSource}
 *   <li>{@link MountPoint}: the directory that the image is mounted on
 *   <li>{@link Ownership}: whether a mount is ours, and of which image
 *   <li>{@link ImageSwap}: swaps a mounted image for its replacement; {@link StackedMounts} takes
 *       one of two mounts off
 *   <li>{@link Reconcile}: compares {@link MountedImages} with what the daemon knows; {@link
 *       LingeringImages} are detached and still in use
 * </ul>
 */
package dev.lazymount.mount.kernel;
