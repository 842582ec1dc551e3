package dev.lazymount.config;

import static dev.lazymount.support.TestSettings.DEFAULTS;
import static dev.lazymount.support.TestSettings.with;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.ConfigFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsTest {
  @Test
  void reportsEverythingAtOnce() {
    List<Problem> problems =
        problemsOf(
            """
            root = relative
            images = 7
            mode = maybe
            trace { window = 1ms, perf-pages = 65, ignore-comms = [] , typo = 1 }
            mount { concurrency = 0, retry = 1h }
            warm.max = many
            metrics.port = 80.5
            """);

    assertEquals(
        List.of(
            "lazymount.root",
            "lazymount.images",
            "lazymount.mode",
            "lazymount.trace.window",
            "lazymount.trace.perf-pages",
            "lazymount.mount.concurrency",
            "lazymount.mount.retry-max",
            "lazymount.warm.max",
            "lazymount.metrics.port",
            "lazymount.trace.typo"),
        problems.stream().map(Problem::key).toList());
    assertEquals(
        problems.stream().map(Problem::toString).collect(Collectors.joining("\n")),
        new InvalidSettingsException(problems).getMessage());
    problems.forEach(problem -> assertEquals(1, problem.toString().lines().count()));
  }

  @Test
  void namesKeyValueOriginReasonAndAdvice() {
    assertEquals(
        "lazymount.trace.window = \"1ms\" (test) is too short; "
            + "give a duration from 100ms to 1m",
        onlyProblemOf("trace.window = 1ms").toString());
  }

  @Test
  void aHostNameHasAtMost253Characters() {
    String longest = "n".repeat(253);
    assertEquals(
        List.of(longest),
        Settings.from(with("metrics.hosts = [" + longest + "]")).metrics().hosts());
    assertEquals(
        "lazymount.metrics.hosts", onlyProblemOf("metrics.hosts = [n" + longest + "]").key());
  }

  @ParameterizedTest
  @CsvSource({
    "trace.windw, trace.window",
    "trace.widnow, trace.window",
    "trcae, trace",
    "window, trace.window",
    "mount.canary, trace.canary",
    "imagesuffixes, image-suffixes",
    "metrics.prot, metrics.port",
    "run_dir, run-dir",
  })
  void suggestsTheNearestKey(String typo, String meant) {
    Problem problem = onlyProblemOf(typo + " = 2s");
    assertEquals("lazymount." + typo, problem.key());
    assertEquals("is not a setting", problem.reason());
    assertEquals("did you mean lazymount." + meant + "?", problem.advice());
  }

  @Test
  void suggestsNothingWhereNothingIsNear() {
    assertEquals(
        "remove it; conf/application.conf lists all settings",
        onlyProblemOf("elephant = 1").advice());
  }

  @Test
  void removedSettingNamesItsReplacement() {
    assertEquals(
        "lazymount.mount.max = 100 (test) was removed: it unmounted images that were in use; set"
            + " idle.unmount-after instead",
        onlyProblemOf("mount.max = 100").toString());
    assertEquals("lazymount.mount.max", onlyProblemOf("mount { max = off }").key());
  }

  @Test
  void refusesAnUnknownSectionEvenIfEmpty() {
    assertEquals("lazymount.trac", onlyProblemOf("trac { }").key());
  }

  @Test
  void reportsAValueInPlaceOfASectionOnce() {
    assertEquals("is not a section", onlyProblemOf("trace = 5").reason());
    assertEquals("is not a section", onlyProblemOf("trace = null").reason());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "root = [1]                 | is not a string",
        "root = { a = 1 }           | is not a string",
        "root = null                | is null",
        "image-suffixes = .img      | is not a list",
        "image-suffixes = [[.img]]  | holds more than strings",
        "image-suffixes = []        | is empty",
        "mode = MOUNT               | is not one of mount, observe",
        "trace.window = soon        | is not a duration",
        "trace.window = [1s]        | is not a duration",
        "trace.window = 61s         | is too long",
        "trace.window = -1s         | is too short",
        "idle.unmount-after = never | is not a duration",
        "idle.unmount-after = 10ms  | is too short",
        "warm.seed = warm.list      | is not absolute",
        "warm.seed = true           | is not absolute",
        "log.summary = often        | is not a duration",
        "log.summary = 999ms        | is too short",
        "warm.max = many            | is not a number",
        "warm.max = true            | is not a number",
        "warm.max = 1.5             | is not a whole number",
        "warm.max = -1              | is too small",
        "warm.max = 99999999999     | is too large",
        "metrics.enabled = perhaps  | is not true or false",
        "metrics.enabled = 1        | is not true or false",
        "metrics.hosts = node7      | is not a list",
      })
  void refusesWrongTypesAndValues(String line, String reason) {
    Problem problem = onlyProblemOf(line);
    assertEquals("lazymount." + line.substring(0, line.indexOf(' ')), problem.key());
    assertEquals("test", problem.origin());
    assertEquals(reason, problem.reason());
  }

  @Test
  void zeroScannerNamesIsOff() {
    assertEquals(0, Settings.from(with("trace.scanner-names = 0")).trace().scannerNames());
    assertEquals("lazymount.trace.scanner-names", onlyProblemOf("trace.scanner-names = -1").key());
  }

  @ParameterizedTest
  @ValueSource(strings = {"off", "false", "\"off\""})
  void readsOff(String off) {
    assertEquals(
        Optional.empty(), Settings.from(with("idle.unmount-after = " + off)).idle().unmountAfter());
    assertEquals(Optional.empty(), Settings.from(with("warm.seed = " + off)).warm().seed());
    assertEquals(0, Settings.from(with("trace.scanner-names = " + off)).trace().scannerNames());
    assertEquals(Optional.empty(), Settings.from(with("log.summary = " + off)).log().summary());
  }

  @Test
  void normalisesDirectories() {
    assertEquals(Path.of("/srv/x"), Settings.from(with("root = \"//srv/./x/\"")).root());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "images  | /opt/compiler-explorer         | is lazymount.root itself",
        "images  | /opt/compiler-explorer/        | is lazymount.root itself",
        "images  | /opt/compiler-explorer/images  | is inside lazymount.root"
            + " (/opt/compiler-explorer)",
        "images  | /opt                           | ROOT",
        "run-dir | /opt/compiler-explorer/run     | is inside lazymount.root"
            + " (/opt/compiler-explorer)",
        "lock-dir | /efs/squash-images            | is inside lazymount.images"
            + " (/efs/squash-images)",
        "state-dir | /efs/squash-images/a/b       | is inside lazymount.images"
            + " (/efs/squash-images)",
        "warm.seed | /opt/compiler-explorer/a     | is inside lazymount.root"
            + " (/opt/compiler-explorer)",
      })
  void keepsDirectoriesApart(String key, String path, String reason) {
    Problem problem = onlyProblemOf(key + " = \"" + path + "\"");
    if (reason.equals("ROOT")) {
      // The root is inside images, so the root is refused.
      assertEquals("lazymount.root", problem.key());
      assertEquals("is inside lazymount.images (/opt)", problem.reason());
    } else {
      assertEquals("lazymount." + key, problem.key());
      assertEquals(reason, problem.reason());
    }
  }

  @Test
  void acceptsASiblingWithTheSamePrefix() {
    assertEquals(
        Path.of("/opt/compiler-explorer-images"),
        Settings.from(with("images = /opt/compiler-explorer-images")).images());
  }

  @Test
  void refusesAConfigWithoutTheSection() {
    Exception e =
        assertThrows(InvalidSettingsException.class, () -> Settings.from(ConfigFactory.empty()));
    assertEquals("lazymount is missing; put the settings inside lazymount { }", e.getMessage());
  }

  @Test
  void reportsEveryMissingKey() {
    InvalidSettingsException e =
        assertThrows(
            InvalidSettingsException.class,
            () -> Settings.from(ConfigFactory.parseString("lazymount { }")));
    assertEquals(
        SettingsMappingTest.keysOf(DEFAULTS),
        e.problems().stream().map(Problem::key).collect(Collectors.toCollection(TreeSet::new)));
  }

  @Test
  void resolvesSubstitutions() {
    assertEquals(
        Path.of("/opt/compiler-explorer-run"),
        Settings.from(with("run-dir = ${lazymount.root}-run")).runDir());
    Problem problem = onlyProblemOf("run-dir = ${nowhere}/run");
    assertTrue(problem.reason().contains("${nowhere}"), problem::toString);
  }

  private static Problem onlyProblemOf(String body) {
    List<Problem> problems = problemsOf(body);
    assertEquals(1, problems.size(), problems::toString);
    return problems.get(0);
  }

  private static List<Problem> problemsOf(String body) {
    return assertThrows(InvalidSettingsException.class, () -> Settings.from(with(body))).problems();
  }
}
