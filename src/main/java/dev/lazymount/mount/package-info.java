/**
 * From "this compiler is used" to its image lying over its directory.
 *
 * <p>A tour: a {@link dev.lazymount.mount.MountActor} is one image in use and its states; its
 * mailbox is the lock within the process. It asks the {@link dev.lazymount.mount.Mounter} for the
 * work, on the mount dispatcher, whose size bounds concurrent mounts. The one real Mounter is
 * {@link dev.lazymount.mount.KernelMounter}, the whole of a mount read top-down; its flock file is
 * the lock between processes. Whatever goes wrong is a {@link dev.lazymount.mount.MountFailure},
 * and the original directory stays as it was.
 */
package dev.lazymount.mount;
