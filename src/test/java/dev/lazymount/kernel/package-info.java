/**
 * Fixtures for the tests on the real kernel (*IT): they run as root, with loop devices, mounts and
 * bpftrace.
 *
 * <ul>
 *   <li>{@link dev.lazymount.kernel.Site} is a host for one test: a root with original directories,
 *       images and the daemon's directories in one temporary folder. It fails the test if a
 *       process, a mount or a loop device is left.
 *   <li>{@link dev.lazymount.kernel.DaemonProcess} is a daemon on it; {@link
 *       dev.lazymount.kernel.ChildProcess} runs any other command.
 *   <li>{@link dev.lazymount.kernel.BadImages} and {@link dev.lazymount.kernel.Damage} make images
 *       that must not be mounted; {@link dev.lazymount.kernel.FuseStorage} is a storage that can
 *       hang.
 *   <li>{@link dev.lazymount.kernel.ConcurrentReaders}, {@link dev.lazymount.kernel.LockHolder} and
 *       {@link dev.lazymount.kernel.Namespace} are the others on a host: readers, the holder of a
 *       lock, a container.
 *   <li>{@link dev.lazymount.kernel.Kernel} reads mounts, loop devices and processes; {@link
 *       dev.lazymount.kernel.Await} polls until a condition holds.
 *   <li>{@link dev.lazymount.kernel.Scripts} writes shell scripts.
 * </ul>
 */
package dev.lazymount.kernel;
