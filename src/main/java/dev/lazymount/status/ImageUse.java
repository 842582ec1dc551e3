package dev.lazymount.status;

/**
 * A process opened a file of a mounted image, or runs one.
 *
 * @param device the image's device, as the kernel numbers it: major &lt;&lt; 20 | minor
 * @param pid the process id
 * @param comm the name of its thread, at most 15 bytes, chosen by the process
 * @param seenNanos when the event was read, System.nanoTime()
 */
public record ImageUse(long device, int pid, String comm, long seenNanos) {}
