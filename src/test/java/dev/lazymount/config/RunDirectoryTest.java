package dev.lazymount.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where a daemon is asked is found without the other settings, and as it is with them. */
final class RunDirectoryTest {
  @TempDir private Path temp;

  @Test
  void theDefaultIsThatOfAllSettings() {
    assertEquals(SettingsLoader.load(Optional.empty(), List.of()).runDir(), RunDirectory.DEFAULT);
    assertEquals(
        Optional.of(RunDirectory.DEFAULT), RunDirectory.plain(Optional.empty(), List.of()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "# run-dir = /no",
        "lazymount { run-dir = /a/b }",
        "lazymount.run-dir = \"/a//b/./c\"",
        "lazymount { run-dir = /a }, lazymount { run-dir = /b }",
        "lazymount { \"run\"-\"dir\" = /joined }",
        "lazymount { mode = observe, trace { window = 2s } }"
      })
  void aFileSaysTheSameAsWithAllSettings(String text) throws IOException {
    Optional<Path> file = Optional.of(file(text));
    Path whole = SettingsLoader.load(file, List.of()).runDir();
    assertEquals(Optional.of(whole), RunDirectory.plain(file, List.of()));
    assertEquals(whole, SettingsLoader.runDir(file, List.of()));
  }

  @Test
  void aSubstitutionIsOfAllSettings() throws IOException {
    Optional<Path> file = Optional.of(file("lazymount.run-dir = ${?lazymount.state-dir}/run"));
    assertEquals(Optional.empty(), RunDirectory.plain(file, List.of()));
    assertEquals(Path.of("/var/lib/lazymount/run"), SettingsLoader.runDir(file, List.of()));
  }

  @ParameterizedTest
  @CsvSource({
    "run-dir=/a, lazymount.run-dir=/b/../c/., ''",
    "run-dir=/a, lazymount.run-dir=/b//c/, /b/c",
    "lazymount.run-dir=/b, 'run-dir= /a ', /a",
  })
  void theLastOverrideCounts(String first, String second, String expected) {
    assertEquals(
        Optional.of(expected).filter(path -> !path.isEmpty()).map(Path::of),
        RunDirectory.plain(Optional.empty(), List.of(first, second)));
  }

  @Test
  void anotherSettingThatIsNotValidIsNoHindrance() throws IOException {
    Optional<Path> file = Optional.of(file("lazymount { run-dir = /a, mode = none, mispelt = 1 }"));
    assertThrows(InvalidSettingsException.class, () -> SettingsLoader.load(file, List.of()));
    assertEquals(Path.of("/a"), SettingsLoader.runDir(file, List.of()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "rundir=/a",
        "run-dir",
        "run-dir=a",
        "run-dir=/a/../b",
        "run-dir=/",
        "run-dir=[1]"
      })
  void whatIsNotPlainIsToldByAllSettings(String override) {
    assertEquals(
        Optional.empty(), RunDirectory.plain(Optional.empty(), List.of("run-dir=/a", override)));
    assertThrows(
        InvalidSettingsException.class,
        () -> SettingsLoader.runDir(Optional.empty(), List.of(override)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "lazymount { run-dir = a }",
        "lazymount { run-dir = [/a] }",
        "lazymount { run-dir = null }",
        "lazymount { run-dir = ${nowhere} }",
        "lazymount = 5",
        "lazymount {"
      })
  void aFileThatDoesNotTellIsRefused(String text) throws IOException {
    Optional<Path> file = Optional.of(file(text));
    assertThrows(
        InvalidSettingsException.class, () -> SettingsLoader.runDir(file, List.of()), text);
  }

  @Test
  void aFileThatIsNotThereIsRefusedWhateverElseIsGiven() {
    Optional<Path> none = Optional.of(temp.resolve("none.conf"));
    for (List<String> overrides : List.of(List.<String>of(), List.of("run-dir=/a"))) {
      InvalidSettingsException e =
          assertThrows(
              InvalidSettingsException.class, () -> SettingsLoader.runDir(none, overrides));
      assertTrue(e.getMessage().contains("does not exist"), e.getMessage());
    }
  }

  private Path file(String text) throws IOException {
    return Files.writeString(temp.resolve("application.conf"), text);
  }
}
