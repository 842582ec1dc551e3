package dev.lazymount.trace;

/**
 * A trace program, completed for one run.
 *
 * @param name what it is called in the settings and in status
 * @param source the text for bpftrace
 * @param mark the secret word that begins and ends its lines; new for every run
 */
public record TraceProgram(String name, String source, String mark) {
  /** Makes a new completed program for each run of the trace. */
  @FunctionalInterface
  public interface Factory {
    /**
     * A program for the next run.
     *
     * @throws TraceFailure if it can't be made for this machine
     */
    TraceProgram next();
  }
}
