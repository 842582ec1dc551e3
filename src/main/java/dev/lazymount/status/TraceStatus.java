package dev.lazymount.status;

/**
 * How the trace is.
 *
 * @param program which trace program runs
 * @param pid the process; null while none runs
 * @param canaryMillis round trip of the newest canary, milliseconds; null before the first
 * @param problem what is wrong and what happens next; null if nothing is
 * @param note why it is this program, if another was asked for; else null
 */
public record TraceStatus(
    ProgramName program, Long pid, Double canaryMillis, String problem, String note) {
  /** Before the first start. */
  public static TraceStatus notStarted(ProgramName program) {
    return new TraceStatus(program, null, null, null, null);
  }
}
