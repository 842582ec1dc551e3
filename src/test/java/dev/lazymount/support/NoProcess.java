package dev.lazymount.support;

import dev.lazymount.trace.TraceProcess;
import java.io.InputStream;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A trace process that prints nothing and never ends. */
public class NoProcess implements TraceProcess {
  /** Creates one. */
  public NoProcess() {}

  @Override
  public long pid() {
    return 1;
  }

  @Override
  public InputStream output() {
    return InputStream.nullInputStream();
  }

  @Override
  public InputStream errors() {
    return InputStream.nullInputStream();
  }

  @Override
  public CompletionStage<Integer> exit() {
    return new CompletableFuture<>();
  }

  @Override
  public void kill() {
    // There is no process.
  }
}
