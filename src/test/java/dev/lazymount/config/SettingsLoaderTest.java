package dev.lazymount.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsLoaderTest {

  @TempDir Path dir;

  @Test
  void loadsTheDefaultsWithoutAFile() {
    assertEquals(Path.of("/opt/compiler-explorer"), set().root());
  }

  @Test
  void overridesComeBeforeTheFileAndTheDefaults() throws IOException {
    Path file = file("lazymount { trace.window = 2s, trace.canary = 20s }");
    Settings settings = SettingsLoader.load(Optional.of(file), List.of("trace.canary=30s"));

    assertEquals(Duration.ofSeconds(30), settings.trace().canary());
    assertEquals(Duration.ofSeconds(2), settings.trace().window());
    assertEquals(Duration.ofMillis(200), settings.trace().restart());
  }

  @Test
  void takesKeysWithAndWithoutPrefixAndTheLastOne() {
    assertEquals(7, set("lazymount.warm.max=5", "warm.max=6", " warm.max = 7 ").warm().max());
    assertEquals(8, set("warm.max=7", "lazymount.warm.max=8").warm().max());
  }

  @ParameterizedTest
  @ValueSource(strings = {"/srv/a:b", "/srv/a#b", "/srv/a,b=c", "/srv/{x}", "/srv/${x}", "/a b/c"})
  void takesAPlainValueLiterally(String path) {
    assertEquals(Path.of(path), set("images=" + path).images());
  }

  @Test
  void keepsWhatLooksLikeAComment() {
    assertEquals(Path.of("/srv/images"), set("images=/srv//images").images());
  }

  @Test
  void parsesStructuredValues() {
    assertEquals(List.of("a", "b c"), set("trace.ignore-comms=[a, \"b c\"]").trace().ignoreComms());
    assertEquals(List.of(), set("trace.ignore-comms=[]").trace().ignoreComms());
    assertEquals(Path.of("/srv/x#y"), set("images=\"/srv/x#y\"").images());
    assertEquals(Duration.ofSeconds(3), set("trace={window = 3s}").trace().window());
    assertEquals(
        Path.of("/opt/compiler-explorer-run"), set("run-dir=${lazymount.root}-run").runDir());
  }

  @Test
  void valueCanNotSetAnotherKey() {
    Problem problem = onlyProblem("trace.ignore-comms=[a]\nlazymount.mode = observe");
    assertEquals("lazymount.trace.ignore-comms", problem.key());
    assertEquals("is not a list", problem.reason());
  }

  @ParameterizedTest
  @CsvSource({
    "warm.max, --set, has no =",
    "=5, --set, has no valid key",
    "a..b=5, --set, has no valid key",
    "warm.mxa=5, lazymount.warm.mxa, is not a setting",
    "akka.loglevel=DEBUG, lazymount.akka, is not a setting",
    "warm.max=, lazymount.warm.max, is not a number",
    "warm=5, lazymount.warm, is not a section",
  })
  void refusesOverrides(String override, String key, String reason) {
    Problem problem = onlyProblem(override);
    assertEquals(key, problem.key());
    assertEquals(reason, problem.reason());
  }

  @Test
  void reportsTheProblemsOfAllSourcesTogether() throws IOException {
    Path file = file("lazymount.root = relative\nlazymount.trace.windw = 1s");
    List<Problem> problems = problems(Optional.of(file), "nonsense", "warm.max=-1");

    assertEquals(
        List.of("--set", "lazymount.root", "lazymount.warm.max", "lazymount.trace.windw"),
        problems.stream().map(Problem::key).toList());
    assertEquals(
        List.of("", file + ":1", "--set", file + ":2"),
        problems.stream().map(Problem::origin).toList());
  }

  @Test
  void reportsAWrongTypeWithFileAndLine() throws IOException {
    Path file = file("lazymount {\n  trace {\n    window = [1]\n  }\n}\n");
    Problem problem = problems(Optional.of(file)).get(0);
    assertEquals(
        "lazymount.trace.window = [1] ("
            + file
            + ":3) is not a duration; give a duration, such as 500ms, 30s or 5m",
        problem.toString());
  }

  @Test
  void reportsAMissingFileAndADirectory() {
    Path missing = dir.resolve("missing.conf");
    assertEquals(
        "--config = " + missing + " does not exist; give the path of an existing file",
        problems(Optional.of(missing)).get(0).toString());
    assertEquals("is a directory", problems(Optional.of(dir)).get(0).reason());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "lazymount {\n  root = /a\n",
        "lazymount {\n  root = \"/a\n}",
        "lazymount {\n  root = ${\n}",
        "lazymount {\n  = 5\n}",
      })
  void reportsAMalformedFileOnOneLine(String text) throws IOException {
    Path file = file(text);
    List<Problem> problems = problems(Optional.of(file));

    assertEquals(1, problems.size(), problems::toString);
    String line = problems.get(0).toString();
    assertEquals(1, line.lines().count());
    assertTrue(line.startsWith("--config = " + file + " (" + file + ":"), line);
  }

  @Test
  void readsWhatTheFileIncludes() throws IOException {
    Files.writeString(dir.resolve("more.conf"), "warm.max = 3");
    Path file = file("lazymount { include required(\"more.conf\") }");
    assertEquals(3, SettingsLoader.load(Optional.of(file), List.of()).warm().max());

    Files.writeString(dir.resolve("more.conf"), "warm = {");
    assertEquals(dir.resolve("more.conf") + ":1", problems(Optional.of(file)).get(0).origin());

    Files.delete(dir.resolve("more.conf"));
    assertTrue(problems(Optional.of(file)).get(0).reason().contains("more.conf"));
  }

  @Test
  void refusesSettingsOutsideTheSection() throws IOException {
    Path file = file("akka.loglevel = DEBUG\nlazymuont { }\ntrace.window = 2s\nroot = /x");
    List<Problem> problems = problems(Optional.of(file));

    assertEquals(
        List.of("lazymuont", "root", "trace"), problems.stream().map(Problem::key).toList());
    assertEquals(
        List.of(
            "did you mean lazymount?",
            "did you mean lazymount.root?",
            "did you mean lazymount.trace?"),
        problems.stream().map(Problem::advice).toList());
  }

  @Test
  void substitutesFromTheEnvironment() throws IOException {
    Path file = file("lazymount.state-dir = \"/srv/\"${PATH}");
    assertEquals(
        Path.of("/srv/" + System.getenv("PATH")).normalize(),
        SettingsLoader.load(Optional.of(file), List.of()).stateDir());
  }

  @Test
  void reportsAnUnresolvedSubstitution() throws IOException {
    Path file = file("lazymount.state-dir = /srv${NOT_SET_ANYWHERE}");
    Problem problem = problems(Optional.of(file)).get(0);
    assertEquals(file + ":1", problem.origin());
    assertTrue(problem.reason().contains("NOT_SET_ANYWHERE"), problem::toString);
  }

  @Test
  void takesNoSettingFromSystemProperties() {
    System.setProperty("lazymount.warm.max", "99");
    try {
      assertEquals(16, set().warm().max());
    } finally {
      System.clearProperty("lazymount.warm.max");
    }
  }

  @Test
  void explainsWhereEachValueWasSet() throws IOException {
    Path file = file("lazymount {\n  root = relative\n}");
    List<EffectiveValue> values =
        SettingsLoader.explain(Optional.of(file), List.of("mode=observe"));

    assertTrue(
        values.contains(new EffectiveValue("lazymount.root", "\"relative\"", file + ":2")),
        values::toString);
    assertTrue(values.contains(new EffectiveValue("lazymount.mode", "\"observe\"", "--set")));
    EffectiveValue byDefault =
        values.stream()
            .filter(value -> value.key().equals("lazymount.warm.max"))
            .findFirst()
            .orElseThrow();
    assertTrue(byDefault.origin().matches("reference\\.conf:\\d+"), byDefault::toString);
    assertThrows(
        InvalidSettingsException.class, () -> SettingsLoader.explain(Optional.of(dir), List.of()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "lazymount { run-dir = /a, mode = none, mispelt = 1 }",
        "lazymount { run-dir = /a, root = ${?lazymount.images} }",
        "lazymount { run-dir = /b }, lazymount { run-dir = /a }",
        "lazymount { run-dir = \"//a/./\" }, typo { }"
      })
  void runDirectoryNeedsNoOtherSettingOfTheFile(String text) throws IOException {
    assertEquals(Path.of("/a"), SettingsLoader.runDir(Optional.of(file(text)), List.of()));
  }

  @Test
  void runDirectoryComesFromTheLastOverride() throws IOException {
    Optional<Path> file = Optional.of(file("lazymount { run-dir = /a, mode = none }"));
    List<String> overrides = List.of("run-dir=/b", "lazymount.run-dir=/c");
    assertEquals(Path.of("/c"), SettingsLoader.runDir(file, overrides));
  }

  @ParameterizedTest
  @ValueSource(strings = {"rundir=/a", "run-dir", "run-dir=a", "run-dir=[1]", "mode=fast"})
  void runDirectoryIsRefusedWithABadOverride(String override) throws IOException {
    Optional<Path> file = Optional.of(file("lazymount { run-dir = /a }"));
    assertThrows(
        InvalidSettingsException.class, () -> SettingsLoader.runDir(file, List.of(override)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "lazymount { run-dir = a }",
        "lazymount { run-dir = null }",
        "lazymount { run-dir = ${nowhere} }",
        "lazymount = 5",
        "lazymount {"
      })
  void runDirectoryIsRefusedWhereTheFileHasNone(String text) throws IOException {
    Optional<Path> file = Optional.of(file(text));
    assertThrows(InvalidSettingsException.class, () -> SettingsLoader.runDir(file, List.of()));
  }

  @Test
  void runDirectoryIsRefusedWithoutTheFile() {
    Optional<Path> missing = Optional.of(dir.resolve("missing.conf"));
    InvalidSettingsException e =
        assertThrows(
            InvalidSettingsException.class,
            () -> SettingsLoader.runDir(missing, List.of("run-dir=/a")));
    assertTrue(e.getMessage().contains("does not exist"), e.getMessage());
  }

  @Test
  void givesTheActorSystemItsConfig() throws IOException {
    Path file = file("akka.loglevel = WARNING");
    var config = SettingsLoader.actorConfig(Optional.of(file));
    assertEquals("WARNING", config.getString("akka.loglevel"));
    assertTrue(config.hasPath("akka.actor.default-dispatcher"));
  }

  private Path file(String text) throws IOException {
    return Files.writeString(dir.resolve("test.conf"), text);
  }

  private static Settings set(String... overrides) {
    return SettingsLoader.load(Optional.empty(), List.of(overrides));
  }

  private static Problem onlyProblem(String override) {
    List<Problem> problems = problems(Optional.empty(), override);
    assertEquals(1, problems.size(), problems::toString);
    return problems.get(0);
  }

  private static List<Problem> problems(Optional<Path> file, String... overrides) {
    return assertThrows(
            InvalidSettingsException.class, () -> SettingsLoader.load(file, List.of(overrides)))
        .problems();
  }
}
