package dev.lazymount.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.config.Settings;
import dev.lazymount.kernel.Await;
import dev.lazymount.kernel.ChildProcess;
import dev.lazymount.kernel.Site;
import dev.lazymount.status.ProgramName;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A window: every name is reported again after it, and an idle one prints nothing. */
class WindowIT {
  private static final int IDLE = 10;

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

  private TraceRecorder watch(ProgramName program, BpftraceUnderTest bpftrace, Duration window)
      throws IOException {
    Settings settings = bpftrace.settings(site, "trace.window=" + window.toMillis() + "ms");
    return TraceRecorder.of(program, settings, 1).awaitWorking();
  }

  @ParameterizedTest
  @MethodSource("dev.lazymount.trace.BpftraceUnderTest#withEachProgram")
  void oneInTenIdleWindowsHasATick(ProgramName program, BpftraceUnderTest bpftrace)
      throws IOException {
    Duration window = Duration.ofMillis(100);
    try (TraceRecorder watch = watch(program, bpftrace, window)) {
      // Nothing is opened from here on.
      watch.awaitNextWindow();
      long first = watch.ticks();
      long start = System.nanoTime();
      Await.until("some ticks", () -> watch.ticks() >= first + 3);
      Duration took = Duration.ofNanos(System.nanoTime() - start);
      // The first may have been read late.
      Duration least = window.multipliedBy(2 * IDLE);
      assertTrue(took.compareTo(least) >= 0, "three ticks in " + took + ", and not " + least);
      assertEquals(0, watch.events());
      assertEquals(0, watch.lost());
    }
  }

  @ParameterizedTest
  @MethodSource("dev.lazymount.trace.BpftraceUnderTest#withEachProgram")
  void accessAfterAnIdleTimeIsReportedAgainInTheNextWindow(
      ProgramName program, BpftraceUnderTest bpftrace) throws IOException {
    Duration window = Duration.ofSeconds(1);
    try (TraceRecorder watch = watch(program, bpftrace, window)) {
      for (int i = 0; i < 3; i++) {
        long before = watch.ticks();
        watch.forget();
        ChildProcess.cat(site.root("used/x"));
        watch.awaitSight("used");
        // From the second time on, the tick of an idle window is ten windows away.
        Await.until("its window ends", window.multipliedBy(4), () -> watch.ticks() > before);
      }
    }
  }
}
