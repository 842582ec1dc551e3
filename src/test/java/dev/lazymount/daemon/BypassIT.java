package dev.lazymount.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.kernel.ChildProcess;
import dev.lazymount.kernel.DaemonProcess;
import dev.lazymount.kernel.Namespace;
import dev.lazymount.kernel.Site;
import dev.lazymount.status.Bypass;
import dev.lazymount.status.StatusReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Processes that go on reading the original directory of a mounted image. */
class BypassIT {
  /** The shell itself opens the file, so that the process is there to be examined. */
  private static final String READ = "while [ ! -e %s ]; do read line <%s; sleep 0.2; done";

  private Site site;
  private Path stop;
  private Path output;

  @BeforeEach
  void open() throws IOException {
    site = Site.createShared();
    site.compiler("gcc");
    stop = site.scratch().resolve("stop");
    output = site.scratch().resolve("reader.log");
  }

  @AfterEach
  void nothingLeaks() {
    site.close();
  }

  private String read(String file) {
    return READ.formatted(stop, file);
  }

  /** A process that is ended by its own loop, which leaves no child. */
  private record Reader(Process process, Path stop) implements AutoCloseable {
    private long pid() {
      return process.pid();
    }

    @Override
    public void close() throws IOException, InterruptedException {
      Files.createFile(stop);
      process.waitFor();
    }
  }

  private static StatusReport.Bypassed awaitBypass(DaemonProcess daemon, Bypass.Cause cause) {
    daemon.await(
        "the bypass is known to be " + cause.name(),
        () ->
            daemon.status().bypasses().stream()
                .anyMatch(bypass -> bypass.cause().equals(cause.toString())));
    try {
      return daemon.status().bypasses().get(0);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private void assertSees(Reader reader, String what) {
    String pid = Long.toString(reader.pid());
    String said = site.commandLine("explain", "--pid", pid, "gcc").orFail();
    assertTrue(said.contains("process     sh[" + pid + "]" + what), said);
  }

  @Test
  void explainSaysWhatAProcessSees() throws IOException, InterruptedException {
    try (Namespace sandbox = Namespace.make(site, Namespace.Propagation.SLAVE)) {
      DaemonProcess daemon = site.start("trace.program=resolved");
      // Not of gcc, so that it is mounted when the test wants it.
      String loop = read(output.toString());
      try (Reader reader = new Reader(sandbox.start(output, "sh", "-c", loop), stop)) {
        assertSees(reader, " reads the original directory: gcc is not mounted");
        daemon.mount("gcc");
        assertSees(
            reader, " sees the image: its mount namespace has the mount at " + site.root("gcc"));
        sandbox.run("mount", "-t", "tmpfs", "over", site.root("gcc").toString()).orFail();
        assertSees(reader, " has the mount at " + site.root("gcc") + ", but something else");
      }
      String gone = site.commandLine("explain", "--pid", "4194303", "gcc").orFail();
      assertTrue(gone.contains("no process has the id 4194303"), gone);
    }
  }

  @Test
  void processInAPrivateNamespaceIsNamed() throws IOException, InterruptedException {
    try (Namespace apart = Namespace.make(site, Namespace.Propagation.PRIVATE)) {
      DaemonProcess daemon = site.start("trace.program=resolved");
      daemon.mount("gcc");
      String loop = read(site.root("gcc/version").toString());
      try (Reader reader = new Reader(apart.start(output, "sh", "-c", loop), stop)) {
        StatusReport.Bypassed bypass = awaitBypass(daemon, Bypass.Cause.NO_MOUNT);
        assertEquals("gcc", bypass.name());
        assertEquals("sh", bypass.comm());
        assertEquals(reader.pid(), bypass.pid());
        assertEquals(1, daemon.status().images().bypassed());
        String said = site.commandLine("status").orFail();
        assertTrue(said.contains("its mount namespace does not have the mount"), said);
        String why = site.commandLine("explain", "gcc").orFail();
        assertTrue(why.contains("by sh[" + reader.pid() + "]: its mount namespace"), why);
        assertSees(reader, " reads the original directory: its mount namespace");
      }
    }
  }

  @Test
  void processWithADirectoryFromBeforeTheMountIsNamed() throws IOException, InterruptedException {
    DaemonProcess daemon = site.start("trace.program=resolved");
    List<String> loop = List.of("sh", "-c", "cd " + site.root("gcc") + " && " + read("version"));
    try (Reader reader = new Reader(ChildProcess.start(loop, site.mark(), output), stop)) {
      daemon.awaitMounted("gcc");
      assertEquals(reader.pid(), awaitBypass(daemon, Bypass.Cause.BELOW_MOUNT).pid());
      assertSees(reader, " has the mount at " + site.root("gcc") + ", but its current directory");
    }
  }
}
