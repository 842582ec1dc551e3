package dev.lazymount.doctor;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Runs a program for its output. */
final class Tool {
  private static final int MOST_BYTES = 65_536;

  private Tool() {}

  /**
   * Standard output and standard error of a program, of at most 64 KiB.
   *
   * @param timeout after which it is killed
   * @return empty if it can't be run, does not end in time or does not exit with 0
   */
  static Optional<String> output(Duration timeout, String... command) throws InterruptedException {
    Process process;
    try {
      process = new ProcessBuilder(List.of(command)).redirectErrorStream(true).start();
    } catch (IOException e) {
      return Optional.empty();
    }
    try {
      // Reading ends with the process, so this bounds the reading as well.
      CompletableFuture.delayedExecutor(timeout.toMillis(), TimeUnit.MILLISECONDS)
          .execute(process::destroyForcibly);
      process.getOutputStream().close();
      byte[] output = process.getInputStream().readNBytes(MOST_BYTES);
      return process.waitFor() == 0
          ? Optional.of(new String(output, StandardCharsets.UTF_8))
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    } finally {
      process.destroyForcibly();
    }
  }
}
