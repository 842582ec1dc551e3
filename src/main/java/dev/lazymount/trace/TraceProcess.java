package dev.lazymount.trace;

import dev.lazymount.trace.program.TraceFailure;
import dev.lazymount.trace.program.TraceProgram;
import java.io.InputStream;
import java.util.concurrent.CompletionStage;

/** A running trace, as the TraceSource sees it. The real one is {@link Bpftrace}. */
public interface TraceProcess {
  /** Starts a trace. */
  @FunctionalInterface
  interface Launcher {
    /**
     * Starts a trace with this program. Blocks while the process is made and takes its program.
     *
     * @throws TraceFailure if it can't be started
     */
    TraceProcess launch(TraceProgram program);
  }

  /** The process id. */
  long pid();

  /** Standard output. Reading blocks. */
  InputStream output();

  /** Standard error. Reading blocks. */
  InputStream errors();

  /** Completes with the exit status when the process has ended. */
  CompletionStage<Integer> exit();

  /**
   * Runs of its programs that the kernel has left out so far, because another run was in progress
   * on the same CPU. bpftrace does not count them as lost.
   */
  default long misses() {
    return 0;
  }

  /** Ends the process and its descendants; does not wait for the end. Idempotent. */
  void kill();
}
