package dev.lazymount.status;

/**
 * The state of the trace.
 *
 * @param program which trace program runs: {@code path} or {@code resolved}
 * @param pid the process id of bpftrace; null while it does not run
 * @param canaryMillis round trip of the newest canary, milliseconds; null before the first
 * @param problem what is wrong and what happens next; null if nothing is
 * @param note why this program runs, if another one was configured; else null
 */
public record TraceStatus(
    String program, Long pid, Double canaryMillis, String problem, String note) {
  /** Before the first start. */
  public static TraceStatus notStarted(String program) {
    return new TraceStatus(program, null, null, null, null);
  }
}
