package dev.lazymount.learned;

import dev.lazymount.linux.SmallFile;
import dev.lazymount.linux.TimedCall;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeoutException;

/**
 * Reads what hosts have learned, from files and {@code http} URLs. Each input has a time and a size
 * that it may take, and one that is damaged or late is skipped.
 */
public final class Inputs {
  private static final int AT_A_TIME = 8;

  private Inputs() {}

  /**
   * Merges all inputs.
   *
   * @param inputs paths and URLs
   * @param timeout for each
   * @return for each input in its order why it was skipped, or empty
   * @throws InterruptedException if the thread is interrupted
   */
  public static List<Optional<String>> merge(List<String> inputs, Duration timeout, Merge into)
      throws InterruptedException {
    ExecutorService pool = Executors.newFixedThreadPool(AT_A_TIME);
    try {
      List<Callable<Optional<String>>> work = new ArrayList<>();
      inputs.forEach(input -> work.add(() -> merge(input, timeout, into)));
      List<Optional<String>> problems = new ArrayList<>();
      for (Future<Optional<String>> done : pool.invokeAll(work)) {
        problems.add(done.get());
      }
      return problems;
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    } finally {
      pool.shutdownNow();
    }
  }

  private static Optional<String> merge(String input, Duration timeout, Merge into)
      throws InterruptedException {
    try {
      String text = TimedCall.run("input", timeout, () -> read(input, timeout));
      // One at a time, for the memory that it takes.
      synchronized (into) {
        into.add(Learned.parse(text));
      }
      return Optional.empty();
    } catch (TimeoutException e) {
      return Optional.of("no complete response within " + timeout.toSeconds() + " s");
    } catch (ExecutionException e) {
      return Optional.of(String.valueOf(e.getCause()));
    } catch (IOException | RuntimeException e) {
      return Optional.of(e instanceof IOException ? e.getMessage() : e.toString());
    }
  }

  private static String read(String input, Duration timeout) throws IOException {
    if (!input.matches("https?://.*")) {
      return SmallFile.read(Path.of(input), Learned.MAX_BYTES);
    }
    HttpURLConnection connection = (HttpURLConnection) new URL(input).openConnection();
    connection.setInstanceFollowRedirects(false);
    connection.setConnectTimeout((int) timeout.toMillis());
    connection.setReadTimeout((int) timeout.toMillis());
    try {
      if (connection.getResponseCode() != HttpURLConnection.HTTP_OK) {
        throw new IOException("HTTP status " + connection.getResponseCode());
      }
      try (InputStream body = connection.getInputStream()) {
        byte[] bytes = body.readNBytes(Learned.MAX_BYTES + 1);
        if (bytes.length > Learned.MAX_BYTES) {
          throw new IOException("it is larger than " + (Learned.MAX_BYTES >> 20) + " MiB");
        }
        return new String(bytes, StandardCharsets.UTF_8);
      }
    } finally {
      connection.disconnect();
    }
  }
}
