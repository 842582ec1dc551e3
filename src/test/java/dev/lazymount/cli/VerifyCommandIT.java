package dev.lazymount.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import dev.lazymount.kernel.ChildProcess;
import dev.lazymount.kernel.Kernel;
import dev.lazymount.kernel.Site;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code lazymount verify} over real images. */
class VerifyCommandIT {
  private Site site;

  @BeforeEach
  void open() {
    site = Site.create();
  }

  @AfterEach
  void close() {
    site.close();
  }

  @Test
  void identicalTreesAreTheSame() throws IOException {
    make("gcc");
    ChildProcess.Result result = site.commandLine("verify", "--content", "gcc");
    assertEquals(0, result.status(), result.toString());
    assertTrue(result.out().contains("gcc: same (5 entries compared, with content)"), result.out());
    assertEquals(0, Kernel.loopsBelow(site.folder()).size(), "the image is unmounted at the end");
  }

  @Test
  void everyKindOfDifferenceIsReported() throws IOException {
    Path gcc = make("gcc");
    Files.writeString(gcc.resolve("bin/cc"), "other, longer\n");
    Files.writeString(gcc.resolve("lib"), "same size 2\n");
    Files.setPosixFilePermissions(gcc.resolve("bin"), PosixFilePermissions.fromString("rwx------"));
    Files.delete(gcc.resolve("link"));
    Files.createSymbolicLink(gcc.resolve("link"), Path.of("bin/other"));
    Files.delete(gcc.resolve("gone"));
    Files.writeString(gcc.resolve("new"), "");
    ChildProcess.Result result = site.commandLine("verify", "--content", "gcc");
    assertEquals(1, result.status(), result.toString());
    String said = result.out();
    assertTrue(said.contains("gcc/bin/cc: size 6 in the image, 14 in the directory"), said);
    assertTrue(said.contains("gcc/lib: content differs from byte 10 on"), said);
    assertTrue(said.contains("gcc/bin: mode 0755 in the image, 0700 in the directory"), said);
    assertTrue(
        said.contains("gcc/link: symlink target bin/cc in the image, bin/other in the directory"),
        said);
    assertTrue(said.contains("gcc/gone: only in the image"), said);
    assertTrue(said.contains("gcc/new: only in the directory"), said);
    assertTrue(said.contains("gcc: 6 differences"), said);
  }

  @Test
  void mountedImageIsComparedWithItsOriginal() throws IOException {
    Path gcc = make("gcc");
    Files.writeString(gcc.resolve("new"), "");
    site.commandLine("mount", "gcc").orFail();
    ChildProcess.Result result = site.commandLine("verify", "gcc");
    assertEquals(1, result.status(), result.toString());
    assertTrue(result.out().contains("gcc/new: only in the directory"), result.out());
    assertEquals(1, site.mountsOn("gcc"), "the mount stays");
  }

  @Test
  void allAsJson() throws IOException {
    make("gcc");
    Files.writeString(make("clang").resolve("new"), "");
    site.place(new byte[] {1, 2, 3}, "broken");
    ChildProcess.Result result = site.commandLine("verify", "--all", "--json");
    assertEquals(1, result.status(), result.toString());
    JsonObject report = new Gson().fromJson(result.out(), JsonObject.class);
    assertEquals(3, report.get("total").getAsInt());
    assertEquals(1, report.get("same").getAsInt());
    assertEquals(1, report.get("different").getAsInt());
    assertEquals(1, report.get("failed").getAsInt());
  }

  @Test
  void unknownNameIsRefused() {
    ChildProcess.Result result = site.commandLine("verify", "nothing");
    assertEquals(1, result.status());
    assertTrue(result.toString().contains("there is no image named nothing"), result.toString());
  }

  /** A compiler with a file, a directory, a program and a symlink, and the image made from it. */
  private Path make(String name) throws IOException {
    Path compiler = Files.createDirectories(site.root(name));
    Files.createDirectories(compiler.resolve("bin"));
    Files.writeString(compiler.resolve("bin/cc"), "image\n");
    Files.writeString(compiler.resolve("lib"), "same size 1\n");
    Files.writeString(compiler.resolve("gone"), "");
    Files.createSymbolicLink(compiler.resolve("link"), Path.of("bin/cc"));
    for (String directory : new String[] {"", "bin"}) {
      Files.setPosixFilePermissions(
          compiler.resolve(directory), PosixFilePermissions.fromString("rwxr-xr-x"));
    }
    Path image = site.images().resolve(name + ".img");
    ChildProcess.run("mksquashfs", compiler.toString(), image.toString(), "-quiet", "-no-progress")
        .orFail();
    return compiler;
  }
}
