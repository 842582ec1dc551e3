package dev.lazymount.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.config.Settings;
import dev.lazymount.kernel.Await;
import dev.lazymount.kernel.ChildProcess;
import dev.lazymount.kernel.Site;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a window does: all is told again after it, and one in which nothing happens is silent. */
class WindowIT {
  private static final int QUIET = 10;

  private Site site;

  @BeforeEach
  void open() throws IOException {
    site = Site.create();
    site.original("used", Map.of("x", "x"));
  }

  @AfterEach
  void close() {
    site.close();
  }

  private TraceRecorder watch(String program, BpftraceVersion generation, Duration window)
      throws IOException {
    Settings settings =
        TraceRecorder.settings(
            site,
            "trace.window=" + window.toMillis() + "ms",
            "trace.bpftrace=" + generation.command(site.scratch()));
    TraceRecorder watch =
        program.equals("path") ? TraceRecorder.path(settings) : TraceRecorder.resolved(settings, 1);
    return watch.awaitWorking();
  }

  @ParameterizedTest
  @CsvSource({"path, INSTALLED", "resolved, INSTALLED", "path, DEBIAN_13", "resolved, DEBIAN_13"})
  void oneInTenWindowsHasATickWhileNothingIsUsed(String program, BpftraceVersion generation)
      throws IOException {
    Duration window = Duration.ofMillis(100);
    try (TraceRecorder watch = watch(program, generation, window)) {
      // From here on nothing is used.
      watch.awaitNextWindow();
      long first = watch.ticks();
      long start = System.nanoTime();
      Await.until("some ticks", () -> watch.ticks() >= first + 3);
      Duration took = Duration.ofNanos(System.nanoTime() - start);
      // The first may have been read late.
      Duration least = window.multipliedBy(2 * QUIET);
      assertTrue(took.compareTo(least) >= 0, "three ticks in " + took + ", and not " + least);
      assertEquals(0, watch.events());
      assertEquals(0, watch.lost());
    }
  }

  @ParameterizedTest
  @CsvSource({"path, INSTALLED", "resolved, INSTALLED", "path, DEBIAN_13", "resolved, DEBIAN_13"})
  void whatWasToldAmidSilenceIsToldAgainAfterItsOwnWindow(
      String program, BpftraceVersion generation) throws IOException {
    Duration window = Duration.ofSeconds(1);
    try (TraceRecorder watch = watch(program, generation, window)) {
      for (int i = 0; i < 3; i++) {
        long before = watch.ticks();
        watch.forget();
        ChildProcess.cat(site.root("used/x"));
        watch.awaitSight("used");
        // From the second time on, the tick of silence is ten windows away.
        Await.until("its window ends", window.multipliedBy(4), () -> watch.ticks() > before);
      }
    }
  }
}
