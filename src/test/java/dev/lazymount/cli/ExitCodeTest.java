package dev.lazymount.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonParser;
import dev.lazymount.control.ControlCommand;
import dev.lazymount.control.ControlRefusal;
import dev.lazymount.control.ControlServer;
import dev.lazymount.status.DaemonStatus;
import dev.lazymount.status.StatusReport;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The exit code of each kind of outcome, and what is printed on which output. */
final class ExitCodeTest {
  @TempDir private Path temp;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final PrintStream realOut = System.out;
  private final PrintStream realErr = System.err;

  @BeforeEach
  void capture() {
    System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
  }

  @AfterEach
  void release() {
    System.setOut(realOut);
    System.setErr(realErr);
  }

  /** Runs a command with a configuration of its own and directories that do not exist. */
  private int run(String command, String... more) throws Exception {
    Path file = temp.resolve("empty.conf");
    Files.writeString(file, "");
    List<String> args = new ArrayList<>(List.of(command, "--config", file.toString()));
    for (String directory : List.of("root", "images", "run-dir", "lock-dir", "state-dir")) {
      args.addAll(List.of("--set", directory + "=" + temp.resolve(directory)));
    }
    args.addAll(List.of(more));
    return Main.run(args.toArray(String[]::new));
  }

  @ParameterizedTest
  @ValueSource(strings = {"--help", "--version", "status --help", "run --help", "check -h"})
  void helpExitsWithZero(String args) {
    assertEquals(0, Main.run(args.split(" ")));
    assertTrue(out().contains("lazymount"), out());
    assertEquals("", err());
  }

  @Test
  void missingCommandIsAUsageError() {
    assertEquals(2, Main.run());
    assertTrue(err().contains("COMMAND"), err());
    assertEquals("", out());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mount",
        "mount --all gcc",
        "unmount --all --idle",
        "hold",
        "hold --for 2h",
        "hold gcc --for 2",
        "hold gcc --for 366d",
        "hold gcc --for 0s",
        "release",
        "--nonsense",
        "run --nonsense",
        "run --set",
        "status extra",
        "check --config"
      })
  void unknownArgumentsAreAUsageError(String args) {
    assertEquals(2, Main.run(args.split(" ")));
    assertFalse(err().isBlank());
    assertEquals("", out());
  }

  @ParameterizedTest
  @ValueSource(strings = {"run", "check", "status"})
  void invalidSettingsAreAConfigurationError(String command) throws Exception {
    assertEquals(2, run(command, "--set", "mode=fast", "--set", "mount.concurency=4"));
    assertTrue(err().contains("not valid"), err());
    assertTrue(err().contains("mode"), err());
    assertTrue(err().contains("mount.concurency"), "all problems at once: " + err());
    assertFalse(err().contains("\tat "), "no stack trace: " + err());
  }

  @Test
  void missingOrMalformedFileIsAConfigurationError() throws Exception {
    assertEquals(2, Main.run("status", "--config", temp.resolve("none.conf").toString()));
    Path broken = temp.resolve("broken.conf");
    Files.writeString(broken, "lazymount { mode = ");
    assertEquals(2, Main.run("status", "--config", broken.toString()));
    assertFalse(err().contains("\tat "), "no stack trace: " + err());
  }

  @Test
  void failedCheckIsAFailure() throws Exception {
    assertEquals(1, run("check"));
    assertTrue(err().contains(temp.resolve("root").toString()), err());
    assertEquals("", out());
  }

  @Test
  void failedStartIsAFailureInOneLine() throws Exception {
    Path file = Files.writeString(temp.resolve("file"), "");
    assertEquals(1, run("run", "--set", "run-dir=" + file));
    assertEquals(1, err().lines().count(), err());
    assertTrue(err().startsWith("lazymount: "), err());
    assertEquals("", out());
  }

  @Test
  void statusWithoutADaemonSaysSo() throws Exception {
    assertEquals(3, run("status"));
    assertEquals(1, err().lines().count(), err());
    assertTrue(err().startsWith("lazymount: no daemon is running in " + temp), err());
    assertEquals("", out());
  }

  @ParameterizedTest
  @ValueSource(strings = {"rescan", "reload", "config --running"})
  void commandsWithoutADaemonSaySo(String command) throws Exception {
    String[] words = command.split(" ");
    assertEquals(3, run(words[0], Arrays.copyOfRange(words, 1, words.length)));
    assertTrue(err().startsWith("lazymount: no daemon is running in " + temp), err());
    assertEquals("", out());
  }

  /** As for a user who may not enter the run directory. */
  @ParameterizedTest
  @ValueSource(strings = {"status", "explain gcc", "rescan", "reload", "mount gcc"})
  void unreachableDaemonIsAFailure(String command) throws Exception {
    String file = Files.createFile(temp.resolve("no-directory")).toString();
    List<String> words = new ArrayList<>(List.of(command.split(" ")));
    String first = words.remove(0);
    words.addAll(List.of("--set", "run-dir=" + file));
    assertEquals(1, run(first, words.toArray(String[]::new)));
    assertEquals(1, err().lines().count(), err());
    assertTrue(err().contains("Not a directory; run it as root"), err());
    assertEquals("", out());
  }

  @Test
  void explainWorksWithoutADaemon() throws Exception {
    Files.createDirectories(temp.resolve("root/gcc/bin"));
    Files.createDirectory(temp.resolve("images"));
    Files.createFile(temp.resolve("images/gcc.img"));
    assertEquals(0, run("explain", "gcc/bin/g++"));
    assertTrue(out().contains("daemon      none runs"), out());
    assertTrue(out().contains("verdict     gcc is not mounted"), out());
    assertEquals("", err());
  }

  @Test
  void configPrintsValuesAndOrigins() throws Exception {
    assertEquals(0, run("config", "--set", "mode=observe"));
    assertTrue(
        out().lines().anyMatch(line -> line.matches("lazymount\\.mode += \"observe\" +# --set")),
        out());
    assertTrue(out().contains("# reference.conf:"), out());
  }

  @ParameterizedTest
  @ValueSource(strings = {"--watch", "--watch=0.001", "--watch=x", "--json --watch"})
  void watchNeedsATerminalAndAValidInterval(String options) throws Exception {
    assertEquals(2, run("status", options.split(" ")));
    assertTrue(err().contains("--watch"), err());
    assertEquals("", out());
  }

  @Test
  void statusOfARunningDaemonIsDone() throws Exception {
    Path runDir = Files.createDirectory(temp.resolve("run-dir"));
    StatusReport report = StatusReport.of(new DaemonStatus(), "/ce", Instant.now());
    try (ControlServer daemon = ControlServer.start(runDir, () -> report, Map.of())) {
      assertEquals(0, run("status"));
      assertTrue(out().startsWith("state    starting, mode mount"), out());
      out.reset();
      assertEquals(0, run("status", "--json"));
      assertEquals(
          "starting", JsonParser.parseString(out()).getAsJsonObject().get("state").getAsString());
      assertEquals("", err());
    }
  }

  @Test
  void reloadThatTheDaemonRefusesIsAFailure() throws Exception {
    Path runDir = Files.createDirectory(temp.resolve("run-dir"));
    StatusReport report = StatusReport.of(new DaemonStatus(), "/ce", Instant.now());
    ControlCommand reload =
        (arguments, steps) -> {
          throw new ControlRefusal("the daemon is still starting; try again when it is ready");
        };
    try (ControlServer daemon =
        ControlServer.start(runDir, () -> report, Map.of("reload", reload))) {
      assertEquals(1, run("reload"));
      assertEquals(
          "lazymount: the daemon is still starting; try again when it is ready", err().strip());
    }
  }

  @Test
  void statusIgnoresOtherSettingsOfTheFile() throws Exception {
    Path file = temp.resolve("invalid.conf");
    Files.writeString(
        file, "lazymount { mode = fast, run-dir = \"" + temp.resolve("run-dir") + "\" }");
    assertEquals(3, Main.run("status", "--config", file.toString()));
    assertTrue(err().startsWith("lazymount: no daemon is running in " + temp), err());
  }

  private String out() {
    return out.toString(StandardCharsets.UTF_8);
  }

  private String err() {
    return err.toString(StandardCharsets.UTF_8);
  }
}
