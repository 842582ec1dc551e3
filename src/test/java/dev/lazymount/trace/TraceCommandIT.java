package dev.lazymount.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.lazymount.kernel.Await;
import dev.lazymount.kernel.ChildProcess;
import dev.lazymount.kernel.DaemonProcess;
import dev.lazymount.kernel.Kernel;
import dev.lazymount.kernel.Site;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code lazymount trace}: prints accesses, mounts nothing, leaves nothing. */
class TraceCommandIT {
  private Site site;
  private Path output;
  private Process command;

  @BeforeEach
  void open() throws IOException {
    site = Site.create();
    site.compiler("gcc");
    site.original("no-image");
    site.compiler("outer");
    site.compiler("outer/inner");
    output = site.scratch().resolve("trace.log");
  }

  @AfterEach
  void close() {
    if (command != null) {
      command.descendants().forEach(ProcessHandle::destroyForcibly);
      command.destroyForcibly();
      command.onExit().join();
    }
    site.close();
  }

  /** Starts it and waits until it traces. */
  private void trace(String... more) throws IOException {
    List<String> words = new ArrayList<>(List.of("trace"));
    words.addAll(Arrays.asList(more));
    command = site.startCommandLine(output, words.toArray(String[]::new));
    awaitTracing();
  }

  private void awaitTracing() {
    Await.until(
        "it prints that it traces",
        Duration.ofSeconds(30),
        () -> said().contains("accesses under " + site.root() + " are traced"),
        this::said);
  }

  private String said() {
    try {
      return Files.readString(output);
    } catch (IOException e) {
      return e.toString();
    }
  }

  private Optional<String> lineWith(String text) {
    return said().lines().filter(line -> line.contains(text)).findFirst();
  }

  private long bpftrace() {
    List<Long> running = site.bpftraces();
    assertEquals(1, running.size(), "its bpftrace: " + running);
    return running.get(0);
  }

  @ParameterizedTest
  @ValueSource(strings = {"path", "resolved"})
  void printsAccessesAndImagesAndMountsNothing(String program) throws IOException {
    Opener opener = Opener.compile(site.scratch());
    trace("--json", "--set", "trace.program=" + program);

    final long gcc = openAndEnd(opener, "gcc");
    final long none = openAndEnd(opener, "no-image");
    openAndEnd(opener, "outer/inner");

    assertLine(awaitJson("gcc/"), "gcc.img");
    assertLine(awaitJson("no-image/"), null);
    assertPids(gcc, none, pid(awaitJson("gcc/")), pid(awaitJson("no-image/")));
    assertEquals("outer/inner.img", awaitJson("outer/inner").get("image").getAsString());
    assertEquals(List.of(), Kernel.mountsBelow(site.root()));
    assertEquals(Map.of(), Kernel.loopsBelow(site.folder()));
    assertTrue(!Files.exists(site.runDir()), "it makes no run directory");
  }

  @Test
  void deeperNameIsReportedWholeOnceItExists() throws IOException {
    Opener opener = Opener.compile(site.scratch());
    trace("--json", "--set", "trace.program=resolved", "--set", "catalog.rescan=100ms");
    site.compiler("a/b/c/deep");
    Await.until(
        "the trace is restarted and sees it",
        Duration.ofSeconds(30),
        () -> {
          openAndEnd(opener, "a/b/c/deep");
          return lineWith("\"a/b/c/deep.img\"").isPresent();
        },
        this::said);
    assertTrue(said().contains("names have up to 4 components"), said());
  }

  private long openAndEnd(Opener opener, String name) throws IOException {
    try (Opener.Running running = opener.start("openat", site.root(name).resolve("version"))) {
      running.awaitEnd();
      return running.pid();
    }
  }

  /**
   * The kernel reports the pid in its first namespace (PROC_PID_INIT_INO); a container has another.
   */
  private static final boolean IN_INITIAL_NAMESPACE = namespace().equals("pid:[4026531836]");

  private static String namespace() {
    try {
      return Files.readSymbolicLink(Path.of("/proc/self/ns/pid")).toString();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private JsonObject awaitJson(String path) {
    String line =
        Await.value(
            "a line about " + path,
            Await.PATIENCE,
            () -> lineWith("\"path\":\"" + path),
            this::said);
    return JsonParser.parseString(line).getAsJsonObject();
  }

  private static long pid(JsonObject line) {
    return line.get("pid").getAsLong();
  }

  /** The trace has reported these pids of two processes. */
  private static void assertPids(long first, long second, long firstSeen, long secondSeen) {
    if (IN_INITIAL_NAMESPACE) {
      assertEquals(List.of(first, second), List.of(firstSeen, secondSeen));
    } else {
      assertNotEquals(firstSeen, secondSeen, "the pid of two processes");
      System.out.printf(
          "in a pid namespace of our own: pids %d and %d are the host's, which are not to be known"
              + " here; not compared with ours, %d and %d%n",
          firstSeen, secondSeen, first, second);
    }
  }

  private static void assertLine(JsonObject line, String image) {
    assertEquals("opener", line.get("command").getAsString());
    assertEquals("openat", line.get("call").getAsString());
    assertEquals(image, line.get("image").isJsonNull() ? null : line.get("image").getAsString());
    java.time.LocalTime.parse(line.get("time").getAsString());
  }

  @Test
  void printsATable() throws IOException {
    trace();
    site.version("gcc");
    site.version("no-image");

    String gcc = Await.value("a line about gcc", () -> lineWith("gcc.img"));
    String[] columns = gcc.strip().split(" +");
    assertEquals(6, columns.length, gcc);
    assertEquals(
        List.of("cat", "openat", "gcc.img"), List.of(columns[1], columns[3], columns[4]), gcc);
    assertTrue(columns[5].startsWith("gcc"), gcc);
    String none = Await.value("a line without an image", () -> lineWith("no-image"));
    assertEquals("-", none.strip().split(" +")[4], none);
    assertTrue(said().lines().anyMatch(line -> line.startsWith("TIME ")), said());
    assertEquals(List.of(), Kernel.mountsBelow(site.root()));
  }

  @Test
  void runsBesideADaemon() throws IOException {
    DaemonProcess daemon = site.start();
    daemon.awaitImagesKnown();
    trace("--json");

    site.version("gcc");

    awaitJson("gcc/");
    daemon.awaitMounted("gcc");
    command.destroy();
    command.onExit().join();
    assertEquals("ready", daemon.status().state());
    assertEquals(0, daemon.status().trace().restarts());
    daemon.mount("outer");
  }

  @ParameterizedTest
  @ValueSource(strings = {"INT", "TERM", "KILL"})
  void bpftraceEndsWithIt(String signal) throws Exception {
    trace();
    long bpftrace = bpftrace();

    Kernel.signal(signal, command.pid());

    assertTrue(command.waitFor(5, TimeUnit.SECONDS), "it ends: " + said());
    Await.until("bpftrace is gone", () -> !Kernel.runs(bpftrace));
  }

  @Test
  void saysWhatIsWrongAndEnds() {
    ChildProcess.Result result =
        site.commandLine("trace", "--set", "root=" + site.folder().resolve("nowhere"));
    assertEquals(1, result.status());
    assertTrue(result.out().contains("nowhere"), result.out());
    assertEquals(1, result.out().lines().count(), result.out());
  }

  /** As in {@code lazymount trace | head}. */
  @Test
  void endsWhenItsReaderHasEnded() throws IOException {
    ProcessBuilder builder = new ProcessBuilder(site.command("trace", "--json"));
    builder.environment().putAll(site.mark());
    command = builder.redirectError(output.toFile()).start();
    command.getInputStream().close();
    awaitTracing();
    final long bpftrace = bpftrace();
    assertTrue(command.isAlive());

    site.version("gcc");

    Await.until("it ends", () -> !command.isAlive());
    assertEquals(0, command.exitValue(), this::said);
    Await.until("its bpftrace too", () -> !Kernel.comm(bpftrace).equals("bpftrace"));
  }
}
