package dev.lazymount.mount.kernel;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.kernel.ChildProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every native call of every operation fails once, as SQLite's tests do it: whichever call fails,
 * and whenever the process dies, the original or the whole image is readable, nothing is stacked or
 * left behind, and the next attempt succeeds.
 *
 * <p>All calls take some four minutes, so one in eight is tried unless the system property {@code
 * lazymount.failing.every} is 1.
 */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class FailingCallsIT {
  @TempDir static Path library;

  @BeforeAll
  static void compile() {
    ChildProcess.run(
            "gcc",
            "-O1",
            "-Wall",
            "-Wextra",
            "-Werror",
            "-shared",
            "-fPIC",
            "-fno-builtin",
            "-o",
            library.resolve("failing.so").toString(),
            "src/test/c/failing.c")
        .orFail();
  }

  @ParameterizedTest
  @EnumSource(FailingOperation.Kind.class)
  void everyCallMayFail(FailingOperation.Kind operation) throws IOException, InterruptedException {
    run(operation, "fail");
  }

  @ParameterizedTest
  @EnumSource(FailingOperation.Kind.class)
  void everyCallMayBeTheLast(FailingOperation.Kind operation)
      throws IOException, InterruptedException {
    run(operation, "kill");
  }

  private static void run(FailingOperation.Kind operation, String mode)
      throws IOException, InterruptedException {
    Path output = library.resolve(operation + "-" + mode);
    Process process =
        ChildProcess.start(
            List.of(
                "env",
                "LD_PRELOAD=" + library.resolve("failing.so"),
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                mode.equals("kill") ? "-Xint" : "-XX:TieredStopAtLevel=1",
                "-XX:-UseContainerSupport",
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-Djna.nosys=true",
                "-cp",
                System.getProperty("java.class.path"),
                FailingCalls.class.getName(),
                operation.name(),
                mode,
                System.getProperty("lazymount.failing.every", "8")),
            Map.of(),
            output);
    if (!process.waitFor(4, TimeUnit.MINUTES)) {
      // By SIGTERM it removes its site.
      process.destroy();
      process.waitFor(30, TimeUnit.SECONDS);
    }
    String text = Files.readString(output);
    System.out.print(text);
    assertTrue(
        Pattern.compile(operation + ": [1-9]\\d* calls, .* 0 problems").matcher(text).find(), text);
  }
}
