package dev.lazymount.trace;

import dev.lazymount.status.ProgramName;
import dev.lazymount.trace.program.TraceProgram;

/** What a TraceSource reports to its parent. */
public sealed interface TraceReport {
  /**
   * bpftrace runs; it has not been seen to work yet. {@code names} are those for which it is the
   * right program: for others the trace has to be restarted. {@code note} says why it is not the
   * preferred program; null if it is.
   */
  record Started(ProgramName program, long pid, TraceProgram.Names names, String note)
      implements TraceReport {}

  /** A canary returned. {@code millis} is its round trip, milliseconds. */
  record CanaryBack(double millis) implements TraceReport {}

  /** A canary can't be sent; the trace itself may well work. */
  record CanaryBlocked(String reason) implements TraceReport {}

  /** The trace has failed and is restarted after a back-off. */
  record Failed(String reason) implements TraceReport {}
}
