package dev.lazymount.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SettingsChecksTest {

  @TempDir Path dir;

  @BeforeEach
  void create() throws IOException {
    Files.createDirectory(dir.resolve("root"));
    Files.createDirectory(dir.resolve("images"));
  }

  @Test
  void findsNothingWrong() {
    Settings settings = settings("root", "images", "run");
    assertEquals(List.of(), SettingsChecks.root(settings));
    assertEquals(List.of(), SettingsChecks.images(settings));
    assertEquals(List.of(), SettingsChecks.apart(settings));
  }

  @Test
  void followsASymlinkToADirectory() throws IOException {
    Files.createSymbolicLink(dir.resolve("link"), dir.resolve("images"));
    assertEquals(List.of(), SettingsChecks.images(settings("root", "link", "run")));
  }

  @Test
  void findsAMissingDirectory() {
    Settings settings = settings("nowhere", "neither", "run");
    assertEquals(
        "lazymount.root = \""
            + dir.resolve("nowhere")
            + "\" does not exist; create or mount it, or give another directory",
        SettingsChecks.root(settings).get(0).toString());
    assertEquals("lazymount.images", SettingsChecks.images(settings).get(0).key());
    assertEquals(List.of(), SettingsChecks.apart(settings));
  }

  @Test
  void findsAFileInPlaceOfADirectory() throws IOException {
    Files.writeString(dir.resolve("file"), "");
    assertEquals(
        "is not a directory",
        SettingsChecks.images(settings("root", "file", "run")).get(0).reason());
    // The kernel's ENOTDIR, which is neither "missing" nor "denied".
    assertTrue(
        SettingsChecks.images(settings("root", "file/below", "run"))
            .get(0)
            .reason()
            .startsWith("can't be read"));
  }

  @Test
  void findsOneInsideTheOtherBehindASymlink() throws IOException {
    Files.createDirectory(dir.resolve("root/images"));
    Files.createSymbolicLink(dir.resolve("link"), dir.resolve("root/images"));
    List<Problem> problems = SettingsChecks.apart(settings("root", "link", "run"));
    assertEquals(1, problems.size());
    assertEquals("lazymount.images", problems.get(0).key());
  }

  @Test
  void reportsTwoNamesOfOneDirectoryOnce() throws IOException {
    Files.createSymbolicLink(dir.resolve("link"), dir.resolve("root"));
    assertEquals(1, SettingsChecks.apart(settings("root", "link", "run")).size());
  }

  @Test
  void findsAMissingRunDirectoryInsideTheRoot() throws IOException {
    Files.createSymbolicLink(dir.resolve("link"), dir.resolve("root"));
    List<Problem> problems = SettingsChecks.apart(settings("root", "images", "link/a/b"));
    assertEquals(1, problems.size());
    assertEquals("lazymount.run-dir", problems.get(0).key());
    assertTrue(problems.get(0).reason().contains("root/a/b, which is inside lazymount.root"));
  }

  private Settings settings(String root, String images, String runDir) {
    return SettingsLoader.load(
        Optional.empty(),
        List.of(
            "root=" + dir.resolve(root),
            "images=" + dir.resolve(images),
            "run-dir=" + dir.resolve(runDir)));
  }
}
