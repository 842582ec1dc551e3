/**
 * The leaf: every native call of the daemon, one class a kernel object, and nothing that knows of
 * actors, settings or compilers.
 *
 * <p>A tour: {@link dev.lazymount.linux.Fd} is an open descriptor and the calls that take one;
 * {@link dev.lazymount.linux.LoopDevice} turns an image into a block device; {@link
 * dev.lazymount.linux.FsContext} makes a detached mount of it and {@link
 * dev.lazymount.linux.Mounts} attaches it; {@link dev.lazymount.linux.Flock} is the lock between
 * processes; {@link dev.lazymount.linux.MountInfo} reads the mount table; {@link
 * dev.lazymount.systemd.SdNotify} talks to systemd; {@link dev.lazymount.linux.Signals} are those
 * that the JVM leaves to us. A call that fails throws {@link dev.lazymount.linux.SyscallException},
 * which has the operation, its object and the errno by name. All calls block the calling thread for
 * as long as the kernel does; {@link dev.lazymount.linux.TimedCall} is for those that may be for
 * ever.
 */
package dev.lazymount.linux;
