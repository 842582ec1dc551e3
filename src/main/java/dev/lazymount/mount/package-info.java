/**
 * From "this compiler is used" to its image lying over its directory.
 *
 * <p>A tour: a {@link dev.lazymount.mount.MountActor} is one image in use and its states, told by
 * {@link dev.lazymount.mount.MountMessage}s; its mailbox is the lock within the process. It asks
 * the {@link dev.lazymount.mount.Mounter} for the work, on the mount dispatcher, whose size bounds
 * concurrent mounts. The one real Mounter is {@link dev.lazymount.mount.kernel.KernelMounter}, the
 * whole of a mount read top-down; its flock file is the lock between processes. Its parts: {@link
 * dev.lazymount.mount.kernel.ImageDirectory} opens an image and {@link
 * dev.lazymount.mount.kernel.Superblock} looks at it, {@link
 * dev.lazymount.mount.kernel.DetachedMount} mounts it where nobody sees it (by a loop device, or by
 * a {@link dev.lazymount.mount.kernel.FileSource} where the file system reads the file itself),
 * {@link dev.lazymount.mount.kernel.NameLock} is that lock file; {@link
 * dev.lazymount.mount.kernel.MountPoint} is the place it goes to, {@link
 * dev.lazymount.mount.kernel.Ownership} says whose a mount is, {@link
 * dev.lazymount.mount.kernel.ImageSwap} swaps one for a newer image, {@link
 * dev.lazymount.mount.kernel.StackedMounts} takes one of two off again, {@link
 * dev.lazymount.mount.kernel.Reconcile} finds what was changed behind our back, and {@link
 * dev.lazymount.mount.kernel.LingeringImages} what is detached and still held. Mounts and unmounts
 * that somebody asks for are answered with {@link dev.lazymount.mount.MountResult}. Whatever goes
 * wrong is a {@link dev.lazymount.mount.MountFailure}, and the original directory stays as it was.
 */
package dev.lazymount.mount;
