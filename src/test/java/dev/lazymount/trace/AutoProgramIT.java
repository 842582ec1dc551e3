package dev.lazymount.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.kernel.DaemonProcess;
import dev.lazymount.kernel.Kernel;
import dev.lazymount.kernel.Scripts;
import dev.lazymount.kernel.Site;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** trace.program = auto: the best program that the canary proves, and why it is no better one. */
class AutoProgramIT {
  /** The best program that this kernel permits. */
  private static final String BEST = TraceRecorder.best().toString();

  private Site site;

  @BeforeEach
  void open() throws IOException {
    site = Site.create();
    site.compiler("before");
    site.compiler("after");
  }

  @AfterEach
  void close() {
    site.close();
  }

  private void assertFellBack(DaemonProcess daemon, String reason) throws IOException {
    assertEquals("path", daemon.status().trace().program());
    assertEquals(null, daemon.status().trace().problem());
    String note = daemon.status().trace().note();
    assertTrue(note.startsWith("path and not hooked: "), note);
    assertTrue(note.contains("; and not resolved: "), note);
    assertTrue(note.contains(reason), note);
    assertEquals(1, daemon.log().lines().filter(line -> line.contains(note)).count(), daemon.log());
    daemon.mount("before");

    // The reason is known, and no other program is run at each restart of the trace.
    long restarts = daemon.status().trace().restarts();
    Kernel.signal("KILL", daemon.status().trace().pid());
    daemon.await("traces again", () -> daemon.status().trace().restarts() == restarts + 1);
    daemon.await("ready again", () -> daemon.status().state().equals("ready"));
    assertEquals("path", daemon.status().trace().program());
    assertEquals(note, daemon.status().trace().note());
    assertEquals(1, daemon.log().lines().filter(line -> line.contains(note)).count(), daemon.log());
    daemon.mount("after");
  }

  @Test
  void programThatDoesNotLoadFallsBackToPath() throws IOException {
    Path old =
        Scripts.write(
            site.scratch().resolve("old"),
            "program=$(cat)",
            "case $program in *lm_entry*)",
            "  echo 'stdin:1:1-2: ERROR: the moon is full' >&2; exit 1 ;;",
            "esac",
            "exec bpftrace -e \"$program\"");
    DaemonProcess daemon = site.start("trace.bpftrace=" + old, "trace.restart=10ms");
    assertFellBack(daemon, "the moon is full");
  }

  @Test
  void programThatReportsNothingFallsBackToPath() throws IOException {
    // As on a file system whose files have another device number than itself.
    Path blind =
        Scripts.write(
            site.scratch().resolve("blind"),
            "program=$(sed 's/device == [0-9]*/device == 1/')",
            "exec bpftrace -e \"$program\"");
    DaemonProcess daemon = site.start("trace.bpftrace=" + blind, "trace.restart=10ms");
    assertFellBack(daemon, "no canary came back");
  }

  @ParameterizedTest
  @MethodSource("dev.lazymount.trace.BpftraceUnderTest#all")
  void bestProgramIsKeptAfterACrash(BpftraceUnderTest bpftrace) throws IOException {
    DaemonProcess daemon =
        site.start(
            "trace.bpftrace=" + bpftrace.command(site.scratch()),
            "trace.program=auto",
            "trace.restart=10ms");
    assertBestRuns(daemon);
    daemon.mount("before");

    Kernel.signal("KILL", daemon.status().trace().pid());

    daemon.await("traces again", () -> daemon.status().trace().restarts() == 1);
    daemon.await("ready again", () -> daemon.status().state().equals("ready"));
    assertBestRuns(daemon);
    daemon.mount("after");
  }

  private static void assertBestRuns(DaemonProcess daemon) throws IOException {
    assertEquals(BEST, daemon.status().trace().program());
    String note = daemon.status().trace().note();
    if (BEST.equals("hooked")) {
      assertEquals(null, note);
    } else {
      assertTrue(note.startsWith("resolved and not hooked: this kernel "), note);
      assertEquals(
          0,
          daemon
              .log()
              .lines()
              .filter(line -> line.contains("WARN") && line.contains(note))
              .count());
    }
  }

  @Test
  void nameThatIsTooLongToReportSelectsPath() throws IOException {
    DaemonProcess daemon = site.start("trace.program=auto", "trace.restart=10ms");
    assertEquals(BEST, daemon.status().trace().program());

    String odd = "n".repeat(159);
    site.compiler(odd);
    daemon.await("path runs", () -> daemon.status().trace().program().equals("path"));
    daemon.await("ready again", () -> daemon.status().state().equals("ready"));
    String note = daemon.status().trace().note();
    assertTrue(note.contains("it can't report all names: "), note);
    daemon.mount("before");

    // Without the name the next start runs the best one again.
    Files.delete(site.images().resolve(odd + ".img"));
    daemon.awaitImagesKnown();
    assertEquals("path", daemon.status().trace().program(), "not at once");
    Kernel.signal("KILL", daemon.status().trace().pid());
    daemon.await("it runs again", () -> daemon.status().trace().program().equals(BEST));
    daemon.mount("after");
  }
}
