package dev.lazymount.status;

/**
 * The state of the trace.
 *
 * @param program which trace program runs
 * @param pid the process id of bpftrace; null while it does not run
 * @param canaryMillis round trip of the newest canary, milliseconds; null before the first
 * @param problem what is wrong and what happens next; null if nothing is
 * @param note why this program runs, if another one was configured; else null
 */
public record TraceStatus(
    ProgramName program, Long pid, Double canaryMillis, String problem, String note) {
  /** Before the first start. */
  public static TraceStatus notStarted(ProgramName program) {
    return new TraceStatus(program, null, null, null, null);
  }

  /** Whether the path program runs because no better one works. */
  public boolean isPathByFallback() {
    return program == ProgramName.PATH && note != null;
  }
}
