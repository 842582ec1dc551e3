package dev.lazymount.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.lazymount.kernel.Await;
import dev.lazymount.kernel.ChildProcess;
import dev.lazymount.kernel.DaemonProcess;
import dev.lazymount.kernel.Kernel;
import dev.lazymount.kernel.LockHolder;
import dev.lazymount.kernel.Site;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code lazymount mount} and {@code unmount}, with a daemon and without one. */
class MountCommandIT {
  private Site site;

  @BeforeEach
  void open() throws IOException {
    site = Site.create();
    for (String name : List.of("gcc-12", "gcc-15", "clang")) {
      site.compiler(name);
    }
    site.original("libs");
    site.original("libs/boost");
    site.image("libs", Map.of("version", Site.IMAGE, "boost/", ""));
    site.goodImage("libs/boost");
  }

  @AfterEach
  void close() {
    site.close();
  }

  private ChildProcess.Result run(String... words) {
    return site.commandLine(words);
  }

  private void assertPrints(int status, String words, ChildProcess.Result result) {
    assertEquals(status, result.status(), result.out());
    assertTrue(result.out().contains(words), result.out());
  }

  private long mounts() {
    return Kernel.mountsBelow(site.root()).size();
  }

  private void startIf(boolean daemon, String... settings) throws IOException {
    if (daemon) {
      site.start(settings).awaitImagesKnown();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void namedImagesAreMountedAndUnmounted(boolean daemon) throws IOException {
    startIf(daemon);
    assertPrints(0, "2 mounted (", run("mount", "gcc-12", "clang"));
    assertEquals(Site.IMAGE, site.version("gcc-12"));
    assertEquals(Site.IMAGE, site.version("clang"));
    assertEquals(2, mounts());
    assertPrints(0, "1 mounted, 1 already mounted", run("mount", "gcc-12", "gcc-15"));
    assertPrints(0, "1 unmounted (", run("unmount", "gcc-12"));
    assertPrints(0, "0 unmounted, 1 not mounted", run("unmount", "gcc-12"));
    assertEquals(2, mounts());
    assertEquals(Site.ORIGINAL, Files.readString(site.root("gcc-12").resolve("version")));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void imageOnAnotherNameStaysMountedWithAll(boolean daemon) throws IOException {
    startIf(daemon);
    assertPrints(0, "1 mounted", run("mount", "gcc-12"));
    ChildProcess.run(
            "mount",
            "-o",
            "ro,loop",
            site.image("gcc-15").toString(),
            site.root("clang").toString())
        .orFail();
    assertPrints(0, "1 unmounted (", run("unmount", "--all"));
    assertEquals(1, site.mountsOn("clang"));
    assertEquals(0, site.mountsOn("gcc-12"));
  }

  @Test
  void linkedImagesAreUnmountedWithAll() throws IOException {
    Path link = site.image("linked");
    site.original("linked");
    Files.createSymbolicLink(link, Path.of("clang.img"));
    String links = "mount.symlinked-images=true";
    assertPrints(0, "1 mounted", run("mount", "linked", "--set", links));
    Files.delete(link);
    Files.createSymbolicLink(link, Path.of("gcc-15.img"));
    assertPrints(0, "1 unmounted (", run("unmount", "--all", "--set", links));
    assertEquals(0, site.mountsOn("linked"));
  }

  @Test
  void entryLeftOutByTheScanIsAFailure() throws IOException {
    Files.createFile(site.images().resolve("new\nline.img"));
    ChildProcess.Result all = run("mount", "--all");
    assertPrints(1, "new?line.img: a control character in the name", all);
    assertPrints(1, "5 mounted", all);
    assertPrints(0, "1 already mounted", run("mount", "clang"));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void unknownNameIsNamedAndNothingIsDone(boolean daemon) throws IOException {
    startIf(daemon);
    assertPrints(
        1,
        "no image has these names: gcc-1, ../etc; nothing was done",
        run("mount", "gcc-1", "../etc", "clang"));
    assertPrints(1, "no image has the name gcc-1", run("unmount", "gcc-1"));
    assertEquals(0, mounts());
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void nestedImagesAreMountedAndUnmountedInOrder(boolean daemon) throws IOException {
    startIf(daemon);
    assertPrints(0, "2 mounted (", run("mount", "libs/boost"));
    assertEquals(Site.IMAGE, site.version("libs"));
    assertEquals(Site.IMAGE, site.version("libs/boost"));
    assertPrints(1, "libs: it is in use", run("unmount", "libs"));
    assertPrints(0, "2 unmounted (", run("unmount", "--all"));
    assertEquals(0, mounts());
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void allAreMountedAndABadImageIsNamed(boolean daemon) throws IOException {
    site.original("bad");
    site.place("no image".getBytes(java.nio.charset.StandardCharsets.UTF_8), "bad");
    startIf(daemon);
    ChildProcess.Result result = run("mount", "--all", "--json");
    assertEquals(1, result.status());
    JsonObject json =
        JsonParser.parseString(result.out().substring(result.out().indexOf('{'))).getAsJsonObject();
    assertEquals(6, json.get("total").getAsInt(), result.out());
    assertEquals(5, json.get("done").getAsInt());
    assertEquals(1, json.get("failed").getAsInt());
    assertEquals(0, json.get("left").getAsInt());
    assertFalse(json.get("interrupted").getAsBoolean());
    assertEquals(6, json.getAsJsonArray("images").size());
    assertTrue(result.out().startsWith("lazymount: bad: the image is"), result.out());
    assertEquals(5, mounts());
    assertEquals(Site.ORIGINAL, site.version("bad"));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void imageInUseStaysMounted(boolean daemon) throws IOException {
    // A scan may access nested directories, which is a use of the image that contains them.
    startIf(daemon, "catalog.rescan=1h");
    run("mount", "--all").orFail();
    try (InputStream inUse = Files.newInputStream(site.root("clang").resolve("version"))) {
      ChildProcess.Result all = run("unmount", "--all");
      assertPrints(1, "4 unmounted, 1 in use", all);
      assertTrue(all.out().contains("clang: it is in use"), all.out());
      assertEquals(1, mounts());
      run("mount", "--all").orFail();
      assertPrints(0, "4 unmounted, 1 in use", run("unmount", "--idle"));
      assertEquals(1, mounts());
      assertEquals('i', inUse.read());
    }
    assertPrints(0, "1 unmounted (", run("unmount", "--idle"));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void foreignMountIsLeftAlone(boolean daemon) throws IOException {
    startIf(daemon);
    ChildProcess.run("mount", "-t", "tmpfs", "none", site.root("clang").toString()).orFail();
    assertPrints(1, "it is left alone", run("unmount", "clang"));
    assertPrints(0, "0 unmounted", run("unmount", "--all"));
    assertPrints(1, "it is left alone", run("mount", "clang"));
    assertEquals(1, mounts());
    ChildProcess.run("umount", site.root("clang").toString()).orFail();
  }

  @Test
  void nextAccessMountsAnUnmountedImageAgain() throws IOException {
    DaemonProcess daemon = site.start();
    daemon.awaitImagesKnown();
    daemon.mount("gcc-15");
    run("unmount", "gcc-15").orFail();
    assertEquals(Optional.of("unmounted"), daemon.state("gcc-15"));
    assertEquals(0, mounts());
    daemon.mount("gcc-15");
  }

  @Test
  void mountOfADeletedImageIsUnmounted() throws IOException {
    run("mount", "gcc-15", "clang").orFail();
    Files.delete(site.image("gcc-15"));
    assertPrints(0, "2 unmounted (", run("unmount", "--all"));
  }

  @Test
  void interruptFinishesMountsInProgress() throws Exception {
    Path output = site.scratch().resolve("output");
    // The only thread waits for the lock of the first image.
    try (LockHolder lock = LockHolder.take(site.lockDir().resolve("clang.lock"))) {
      Process process =
          site.startCommandLine(
              output,
              "mount",
              "--all",
              "--set",
              "mount.concurrency=1",
              "--set",
              "mount.timeout=1h");
      Await.until("the first mount has started", () -> hasThread(process.pid(), "mount"));
      Kernel.signal("INT", process.pid());
      Await.until("the interruption is seen", () -> hasThread(process.pid(), "interrupted"));
      lock.close();
      assertEquals(1, process.waitFor());
    }
    String printed = Files.readString(output);
    assertTrue(printed.startsWith("interrupted: 1 mounted, 4 left ("), printed);
    assertEquals(1, mounts());
    assertEquals(1, site.mountsOn("clang"));
  }

  private static boolean hasThread(long pid, String name) throws IOException {
    try (var threads = Files.newDirectoryStream(Path.of("/proc/" + pid + "/task"))) {
      for (Path thread : threads) {
        if (Files.readString(thread.resolve("comm")).strip().equals(name)) {
          return true;
        }
      }
    }
    return false;
  }
}
