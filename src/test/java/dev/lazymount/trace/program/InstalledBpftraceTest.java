package dev.lazymount.trace.program;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The version of a bpftrace, for which a script takes its place. */
final class InstalledBpftraceTest {
  @TempDir private Path temp;

  private Path script(String... lines) throws IOException {
    Path file = Files.writeString(temp.resolve("next"), "#!/bin/sh\n" + String.join("\n", lines));
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
    return Files.move(
        file, temp.resolve("bpftrace"), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
  }

  private static BpftraceVersion version(Path file) {
    return new InstalledBpftrace(file.toString()).version();
  }

  @Test
  void versionIsReadOnceAndAgainWhenTheFileHasChanged() throws IOException {
    Path calls = temp.resolve("calls");
    Path file = script("echo \"$@\" >> " + calls, "echo bpftrace v0.20.2");
    assertEquals(new BpftraceVersion(0, 20), version(file));
    assertEquals(new BpftraceVersion(0, 20), version(file));
    assertEquals(List.of("--version"), Files.readAllLines(calls));

    file = script("echo bpftrace v0.27.1; # another file");
    assertEquals(new BpftraceVersion(0, 27), version(file));
  }

  @Test
  void unsupportedReleaseIsRefused() throws IOException {
    Path file = script("echo bpftrace v0.14.0");
    TraceFailure failure = assertThrows(TraceFailure.NoBpftrace.class, () -> version(file));
    assertEquals(
        "bpftrace 0.14 is not supported; install bpftrace 0.17 or newer", failure.getMessage());
  }

  @Test
  void missingBpftraceIsExplained() {
    Path none = temp.resolve("none");
    TraceFailure failure = assertThrows(TraceFailure.NoBpftrace.class, () -> version(none));
    assertEquals(
        "bpftrace not found: no executable file " + none + "; install bpftrace",
        failure.getMessage());
  }

  @Test
  void garbageOrFailureIsAnUnknownVersion() throws IOException {
    assertEquals(BpftraceVersion.UNKNOWN, version(script("echo hello")));
    assertEquals(BpftraceVersion.UNKNOWN, version(script("exit 3; # no output")));
  }

  @Test
  void hangingBpftraceIsAnUnknownVersionAndIsKilled() throws IOException {
    Path pid = temp.resolve("pid");
    Path file = script("echo $$ > " + pid, "exec sleep 1000");
    assertEquals(BpftraceVersion.UNKNOWN, InstalledBpftrace.read(file, Duration.ofMillis(300)));
    ProcessHandle.of(Long.parseLong(Files.readString(pid).strip()))
        .ifPresent(
            process ->
                process.onExit().orTimeout(10, java.util.concurrent.TimeUnit.SECONDS).join());
  }
}
