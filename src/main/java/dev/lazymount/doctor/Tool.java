package dev.lazymount.doctor;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Runs a program of the system for what it says. */
final class Tool {
  private static final int MOST_BYTES = 65_536;

  private Tool() {}

  /**
   * What it prints on both outputs.
   *
   * @param patience after which it is killed
   * @return empty if it can't be run or does not end in time
   */
  static Optional<String> says(Duration patience, String... command) throws InterruptedException {
    Process process;
    try {
      process = new ProcessBuilder(List.of(command)).redirectErrorStream(true).start();
    } catch (IOException e) {
      return Optional.empty();
    }
    try {
      // Reading ends when the process does, so that this also bounds the reading.
      CompletableFuture.delayedExecutor(patience.toMillis(), TimeUnit.MILLISECONDS)
          .execute(process::destroyForcibly);
      process.getOutputStream().close();
      byte[] said = process.getInputStream().readNBytes(MOST_BYTES);
      return process.waitFor() == 0
          ? Optional.of(new String(said, StandardCharsets.UTF_8))
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    } finally {
      process.destroyForcibly();
    }
  }
}
