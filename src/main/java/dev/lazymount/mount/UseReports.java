package dev.lazymount.mount;

import dev.lazymount.status.DaemonStatus;
import dev.lazymount.status.ProgramName;

/**
 * Whether silence of the trace means that an image is unused. Two values that are equal say that
 * the trace ran without an interruption and without a loss between them, so that a use in that time
 * was reported.
 *
 * @param program which program runs
 * @param pid of bpftrace; null while it does not run
 * @param lost events that were lost so far
 */
record UseReports(ProgramName program, Long pid, long lost) {
  static UseReports of(DaemonStatus status) {
    return new UseReports(
        status.trace().program(), status.trace().pid(), status.counters().lost.sum());
  }
}
