/**
 * What the tests on the real kernel stand on.
 *
 * <p>A tour: a {@link dev.lazymount.kernel.Site} is a root, an image directory and the daemon's own
 * directories in a folder of their own; it makes compilers and images, and when it is closed it
 * takes everything down again and fails if something of it stays on the machine. A {@link
 * dev.lazymount.kernel.DaemonProcess} is a daemon that runs as a child process over a Site; {@link
 * dev.lazymount.kernel.Await} waits for a condition; {@link dev.lazymount.kernel.ChildProcess} is a
 * process that does something with files; {@link dev.lazymount.kernel.Kernel} reads what the kernel
 * shows of mounts, loop devices and processes.
 */
package dev.lazymount.kernel;
