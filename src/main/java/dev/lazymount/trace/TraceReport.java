package dev.lazymount.trace;

import dev.lazymount.trace.program.TraceProgram;

/** What a TraceSource tells whoever started it. */
public sealed interface TraceReport {
  /**
   * bpftrace runs; it has not been seen to work yet. {@code names} are those it is the right
   * program for: for others the trace has to be renewed. {@code note} says why it is this program,
   * if another was asked for; else null.
   */
  record Started(String program, long pid, TraceProgram.Names names, String note)
      implements TraceReport {}

  /** The canary came back. {@code millis} is its round trip, milliseconds. */
  record CanaryBack(double millis) implements TraceReport {}

  /** The canary can't be sent; the trace may well work. */
  record CanaryBlocked(String reason) implements TraceReport {}

  /** The trace has failed and is started again after a back-off. */
  record Failed(String reason) implements TraceReport {}
}
