package dev.lazymount.kernel;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A child process that holds a flock(2) lock until this is closed. */
public final class LockHolder implements AutoCloseable {
  private final Process process;

  private LockHolder(Process process) {
    this.process = process;
  }

  /** Takes the lock of a file, which is created if it is missing; returns when it is held. */
  public static LockHolder take(Path lock) throws IOException {
    Path output = Files.createTempFile("lazymount-it-lock-holder-", ".log");
    Process process =
        ChildProcess.start(
            List.of("flock", "-o", lock.toString(), "sh", "-c", "echo held; exec sleep 600"),
            Map.of(),
            output);
    LockHolder holder = new LockHolder(process);
    try {
      Await.until("the lock is held", () -> Files.readString(output).contains("held"));
    } catch (AssertionError e) {
      holder.close();
      throw e;
    } finally {
      Files.delete(output);
    }
    return holder;
  }

  @Override
  public void close() {
    // flock(1) holds the lock, and its child does not.
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
    Await.until("the lock holder has ended", () -> !process.isAlive());
  }
}
