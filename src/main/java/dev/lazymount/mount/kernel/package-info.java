/**
 * Mounting on Linux: the real {@link dev.lazymount.mount.Mounter}.
 *
 * <ul>
 *   <li>{@link KernelMounter}: mount, refresh, check and unmount; start reading here
 *   <li>{@link NameLock}: the {@code flock(2)} file that is the lock across processes
 *   <li>{@link ImageDirectory}: opens an image; {@link Superblock} checks its first bytes; {@link
 *       BadImage} says why it is refused
 *   <li>{@link DetachedMount}: mounts it where no path leads, by a loop device or by a {@link
 *       FileSource}
 *   <li>{@link LoopDevices}: shares one loop device between the names of one image file
 *   <li>{@link MountPoint}: the directory that the image is mounted on
 *   <li>{@link CoverRules}: whether an image may cover that directory, by their {@link
 *       TopDirectory}s
 *   <li>{@link QuietRule}: whether that directory was changed a short time ago
 *   <li>{@link Ownership}: whether a mount is ours, and of which image
 *   <li>{@link ImageSwap}: swaps a mounted image for its replacement; {@link StackedMounts}
 *       detaches one of two mounts
 *   <li>{@link DisplacedMounts}: mounts that were moved with their directory
 *   <li>{@link Reconcile}: compares {@link MountedImages} with the status rows; {@link
 *       LingeringImages} are detached and still in use, {@link FormerMounts} are mounted in what
 *       was the root before
 * </ul>
 */
package dev.lazymount.mount.kernel;
