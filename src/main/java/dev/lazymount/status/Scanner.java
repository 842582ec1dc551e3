package dev.lazymount.status;

import java.time.Instant;

/**
 * A process that walks the tree, and whose accesses therefore mount nothing.
 *
 * @param pid the process id
 * @param comm its name, printable
 * @param since when it was recognised
 * @param lastSeen its last access
 * @param ignored its accesses since then
 */
public record Scanner(int pid, String comm, Instant since, Instant lastSeen, long ignored) {}
