package dev.lazymount.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A child process that hangs fails its test, and does not block the others. */
class ChildProcessTest {
  /** Enough for a shell to start and to write a line. */
  private static final Duration BOUND = Duration.ofSeconds(3);

  @TempDir private Path temp;

  @Test
  void outputAndStatusAreReturned() {
    assertEquals(
        new ChildProcess.Result(3, "said\ncomplained\n"),
        ChildProcess.run("said\n", List.of("sh", "-c", "cat; echo complained >&2; exit 3")));
  }

  @Test
  @Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void hangingCommandIsKilledWithItsDescendants() throws Exception {
    Path pids = temp.resolve("pids");
    List<String> command =
        List.of("sh", "-c", "echo $$ >$0; sleep 600 & echo $! >>$0; wait", pids.toString());

    AssertionError late =
        assertThrows(AssertionError.class, () -> ChildProcess.run("", command, Map.of(), BOUND));

    assertTrue(late.getMessage().contains("did not end within 3000 ms"), late.getMessage());
    List<String> both = Files.readAllLines(pids);
    assertEquals(2, both.size(), both.toString());
    for (String pid : both) {
      Await.until(pid + " is killed", () -> !Kernel.runs(Long.parseLong(pid)));
    }
  }

  @Test
  @Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void commandThatDoesNotReadItsInputIsKilled() {
    String more = "more than a pipe holds".repeat(10_000);
    assertThrows(
        AssertionError.class,
        () -> ChildProcess.run(more, List.of("sleep", "600"), Map.of(), Duration.ofMillis(100)));
  }
}
