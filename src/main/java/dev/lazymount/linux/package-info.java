/**
 * The native calls of the daemon, one class for each kernel object. Knows nothing of actors,
 * settings or compilers.
 *
 * <ul>
 *   <li>{@link dev.lazymount.linux.LibC} binds the C library, with return value and errnos of each
 *       function.
 *   <li>{@link dev.lazymount.linux.Fd} is an open descriptor; {@link
 *       dev.lazymount.linux.FileStatus} is its statx(2), {@link dev.lazymount.linux.Directory} its
 *       entries.
 *   <li>{@link dev.lazymount.linux.LoopDevice} turns an image into a block device, {@link
 *       dev.lazymount.linux.FsContext} makes a detached mount of it, and {@link
 *       dev.lazymount.linux.Mounts} attaches it.
 *   <li>{@link dev.lazymount.linux.MountNode}, {@link dev.lazymount.linux.MountInfo} and {@link
 *       dev.lazymount.linux.Propagation} read what is mounted, {@link
 *       dev.lazymount.linux.ProcessMounts} what another process sees of it; {@link
 *       dev.lazymount.linux.SuperblockId} identifies a directory for a trace program.
 *   <li>{@link dev.lazymount.linux.MountEvents} waits for a change of the mount table, {@link
 *       dev.lazymount.linux.DirectoryId} shows whether a path leads to the same directory after it,
 *       and {@link dev.lazymount.linux.OnlineCpus} reads which CPUs there are.
 *   <li>{@link dev.lazymount.linux.Bpf} asks whether the kernel accepts a kind of trace program.
 *   <li>{@link dev.lazymount.linux.Flock} is the lock between processes, in a {@link
 *       dev.lazymount.linux.PrivateDirectory}.
 *   <li>{@link dev.lazymount.linux.SdNotify} sends messages to systemd, {@link
 *       dev.lazymount.linux.Signals} handles SIGHUP, {@link dev.lazymount.linux.Terminal} describes
 *       standard output.
 *   <li>{@link dev.lazymount.linux.TimedCall} runs a call that may hang. All others block the
 *       calling thread for as long as the kernel does.
 * </ul>
 *
 * <p>A call that fails throws {@link dev.lazymount.linux.SyscallException}, with the operation, its
 * object and the errno by name.
 */
package dev.lazymount.linux;
