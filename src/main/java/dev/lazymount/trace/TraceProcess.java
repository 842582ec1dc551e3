package dev.lazymount.trace;

import dev.lazymount.trace.program.TraceFailure;
import dev.lazymount.trace.program.TraceProgram;
import java.io.InputStream;
import java.util.concurrent.CompletionStage;

/** A running trace, as the TraceSource sees it. The real one is {@link Bpftrace}. */
public interface TraceProcess {
  /** Starts a trace with this program; returns at once. */
  @FunctionalInterface
  interface Launcher {
    /**
     * Starts it.
     *
     * @throws TraceFailure if it can't be started at all
     */
    TraceProcess launch(TraceProgram program);
  }

  /** The process id. */
  long pid();

  /** What it prints. Reading blocks. */
  InputStream output();

  /** What it complains of. Reading blocks. */
  InputStream errors();

  /** Completes with the exit status when it has ended. */
  CompletionStage<Integer> exit();

  /** Ends it, and whatever it started; returns at once. Idempotent. */
  void kill();
}
