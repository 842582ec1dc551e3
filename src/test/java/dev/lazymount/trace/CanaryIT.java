package dev.lazymount.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.lazymount.kernel.Await;
import dev.lazymount.kernel.DaemonProcess;
import dev.lazymount.kernel.Scripts;
import dev.lazymount.kernel.Site;
import dev.lazymount.status.ProgramName;
import dev.lazymount.support.NotifySocket;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The canary, beside a process that imitates it: it opens paths that look like a canary's, takes
 * the name of every thread of the daemon as soon as it reads it, and opens the root under that
 * name.
 */
class CanaryIT {
  private static Path tools;
  private static Opener opener;
  private Site site;

  @BeforeAll
  static void compile() throws IOException {
    tools = Files.createTempDirectory("lazymount-it-tools-");
    opener = Opener.compile(tools);
  }

  @AfterAll
  static void delete() throws IOException {
    Files.delete(opener.program());
    Files.delete(tools);
  }

  @BeforeEach
  void open() throws IOException {
    site = Site.create();
    site.compiler("gcc");
    // So that the resolved program can report such a path.
    site.original(".lazymount-canary-xyz", Map.of("x", "x"));
  }

  @AfterEach
  void close() {
    site.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"path", "resolved"})
  void pathsThatLookLikeACanaryAreNone(String program) throws IOException {
    // Removes the true ones, which are hexadecimal, and passes everything else.
    Path filter =
        Scripts.write(
            site.scratch().resolve("filter"),
            "bpftrace \"$@\" | grep --line-buffered -avE 'canary-([0-9a-f]{32}|[0-9a-f]{15})\t'");
    DaemonProcess daemon =
        site.launch(
            Map.of(),
            "trace.program=" + program,
            "trace.bpftrace=" + filter,
            "trace.canary-timeout=1s");
    try (Opener.Running mimic = opener.start("mimic", site.root(), daemon.pid())) {
      daemon.await(
          "the canary is missed",
          Duration.ofSeconds(40),
          () -> daemon.status().trace().problem().contains("no canary came back"));
      assertEquals("starting", daemon.status().state());
      assertFalse(daemon.log().contains("ready"), daemon.log());
    }
  }

  @ParameterizedTest
  @MethodSource("dev.lazymount.trace.BpftraceUnderTest#withEachProgram")
  void noProcessKeepsItFromReturning(ProgramName program, BpftraceUnderTest bpftrace)
      throws IOException {
    try (NotifySocket manager = new NotifySocket(site.folder())) {
      // Three canaries in each 900 ms.
      DaemonProcess daemon =
          site.launch(
              Map.of("NOTIFY_SOCKET", manager.address(), "WATCHDOG_USEC", "900000"),
              "trace.program=" + program,
              "trace.bpftrace=" + bpftrace.command(site.scratch()),
              "trace.canary-timeout=2s");
      daemon.awaitReady();
      // The log line follows a moment later.
      int lines = daemon.log().lines().toList().size();
      long pid = daemon.status().trace().pid();
      try (Opener.Running mimic = opener.start("mimic", site.root(), daemon.pid())) {
        long before = manager.count("WATCHDOG=1");
        Await.until("five canaries come back", () -> manager.count("WATCHDOG=1") >= before + 5);
        daemon.mount("gcc");
      }
      // The status shows it a moment before the log does.
      daemon.await("the mount is logged", () -> daemon.log().contains("gcc: mounted from "));
      assertEquals("ready", daemon.status().state());
      assertEquals(0, daemon.status().trace().restarts());
      assertEquals(pid, daemon.status().trace().pid());
      List<String> more =
          daemon.log().lines().skip(lines).filter(line -> !line.contains(" ready")).toList();
      assertEquals(1, more.size(), "the mount and nothing else: " + more);
    }
  }
}
