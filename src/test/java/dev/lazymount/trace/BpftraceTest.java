package dev.lazymount.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.lazymount.status.ProgramName;
import dev.lazymount.support.TestSettings;
import dev.lazymount.trace.program.TraceFailure;
import dev.lazymount.trace.program.TraceProgram;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real processes; a script takes the place of bpftrace. */
final class BpftraceTest {
  @TempDir private Path temp;

  @Test
  void missingBpftraceIsNamed() {
    for (String name : new String[] {temp.resolve("none").toString(), "lazymount-no-such"}) {
      TraceFailure failure = assertThrows(TraceFailure.class, () -> launch(name, ""));
      assertEquals(
          "bpftrace not found: no executable file " + name + "; install bpftrace",
          failure.getMessage());
    }
  }

  @Test
  void fileThatIsNotExecutableIsNoBpftrace() throws IOException {
    Path file = Files.writeString(temp.resolve("bpftrace"), "#!/bin/sh\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    assertThrows(TraceFailure.class, () -> launch(file.toString(), ""));
  }

  @Test
  void programIsPassedOnStandardInput() throws Exception {
    TraceProcess process = launch(script("echo \"args: $*\"; cat; echo problem >&2"), "a secret\n");
    assertEquals("args: -\na secret\n", text(process.output().readAllBytes()));
    assertEquals("problem\n", text(process.errors().readAllBytes()));
    assertEquals(0, exit(process));
  }

  @Test
  void boundsArePassedInTheEnvironment() throws Exception {
    TraceProcess process =
        launch(
            script(
                "echo $BPFTRACE_STRLEN \"<$BPFTRACE_MAX_STRLEN>\" $BPFTRACE_MAP_KEYS_MAX"
                    + " $BPFTRACE_MAX_MAP_KEYS $BPFTRACE_PERF_RB_PAGES \"<$NOTIFY_SOCKET>\""),
            "",
            "trace.max-keys = 4096",
            "trace.perf-pages = 32");
    assertEquals("64 <> 4096 4096 32 <>\n", text(process.output().readAllBytes()));
    assertEquals(0, exit(process));
  }

  @Test
  void endBeforeTheProgramIsReadKeepsTheExitStatus() throws Exception {
    TraceProcess process = launch(script("exit 7"), "x".repeat(1_000_000));
    assertEquals(7, exit(process));
  }

  @Test
  void signalIsAStatusAbove128() throws Exception {
    TraceProcess process = launch(script("kill -9 $$"), "");
    assertEquals(128 + 9, exit(process));
  }

  @Test
  void killEndsBpftraceAndItsChildren() throws Exception {
    TraceProcess process =
        launch(script("mkfifo $0.pipe; sleep 1000 > $0.pipe & echo made; wait"), "");
    byte[] made = new byte[5];
    assertEquals(5, process.output().readNBytes(made, 0, 5));
    try (InputStream heldByTheChild = Files.newInputStream(temp.resolve("fake-bpftrace.pipe"))) {
      process.kill();
      process.kill();
      exit(process);
      assertEquals(-1, heldByTheChild.read(), "the pipe ends with the last process that has it");
    }
  }

  private String script(String body) throws IOException {
    Path file = Files.writeString(temp.resolve("fake-bpftrace"), "#!/bin/sh\n" + body + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
    return file.toString();
  }

  private static TraceProcess launch(String bpftrace, String source, String... settings) {
    List<String> all = new ArrayList<>(List.of(settings));
    all.add("trace.bpftrace = \"" + bpftrace + "\"");
    return Bpftrace.launcher(TestSettings.settings(all.toArray(String[]::new)))
        .launch(new TraceProgram(ProgramName.PATH, source, "mark", 64, null, null));
  }

  private static int exit(TraceProcess process) throws Exception {
    return process.exit().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
