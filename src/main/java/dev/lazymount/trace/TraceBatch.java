package dev.lazymount.trace;

import dev.lazymount.status.Access;
import java.util.List;

/**
 * What one read from the trace held.
 *
 * @param accesses in the order they were printed
 * @param canaries tokens of canaries that came back
 * @param lost events that bpftrace says it lost
 * @param unparsed lines that are none of ours
 * @param newWindow whether a window ended within it
 */
public record TraceBatch(
    List<Access> accesses, List<String> canaries, long lost, long unparsed, boolean newWindow) {}
