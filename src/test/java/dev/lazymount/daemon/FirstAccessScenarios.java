package dev.lazymount.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.kernel.ChildProcess;
import dev.lazymount.kernel.DaemonProcess;
import dev.lazymount.kernel.Kernel;
import dev.lazymount.kernel.Site;
import dev.lazymount.linux.Fd;
import dev.lazymount.linux.Flock;
import dev.lazymount.linux.MountInfo;
import dev.lazymount.linux.Mounts;
import dev.lazymount.status.StatusReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * What an access does, with one daemon that runs all the time and with each trace program. Every
 * test has compilers of its own.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class FirstAccessScenarios {
  private final String program;
  Site site;
  DaemonProcess daemon;

  FirstAccessScenarios(String program) {
    this.program = program;
  }

  @BeforeAll
  void start() throws IOException {
    site = Site.create();
    daemon = site.start("trace.program=" + program);
    assertEquals(program, daemon.status().trace().program());
  }

  @AfterAll
  void close() {
    site.close();
  }

  void compiler(String... names) throws IOException {
    for (String name : names) {
      site.compiler(name);
    }
    daemon.awaitImagesKnown();
  }

  @Test
  void firstAccessIsServedByTheOriginalAndLaterOnesByTheImage() throws IOException {
    compiler("gcc-1");
    // With its lock held nothing can be mounted before the first access is over.
    try (Fd locks = Fd.openDirectory(site.lockDir().toString());
        Flock lock = Flock.tryLock(locks, "gcc-1.lock").orElseThrow()) {
      assertEquals(Site.ORIGINAL, site.version("gcc-1"));
      daemon.await(
          "it wants to mount", () -> daemon.state("gcc-1").equals(Optional.of("mounting")));
      assertEquals(Site.ORIGINAL, site.version("gcc-1"));
      assertEquals(0, site.mountsOn("gcc-1"));
    }

    StatusReport.Mount line = daemon.awaitMounted("gcc-1");

    assertEquals(Site.IMAGE, site.version("gcc-1"));
    assertEquals(site.root("gcc-1").toString(), line.target());
    assertEquals(site.image("gcc-1").toString(), line.image());
    assertEquals(
        Map.of(Integer.parseInt(line.device().substring("/dev/loop".length())), line.image()),
        Kernel.loopsBelow(site.image("gcc-1").getParent()).entrySet().stream()
            .filter(loop -> loop.getValue().equals(line.image()))
            .collect(java.util.stream.Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue)));
  }

  @Test
  void accessFromAJvmCountsToo() throws IOException {
    compiler("gcc-2");
    assertTrue(List.of(Site.ORIGINAL, Site.IMAGE).contains(site.versionHere("gcc-2")));
    daemon.awaitMounted("gcc-2");
    assertEquals(Site.IMAGE, site.versionHere("gcc-2"));
  }

  @Test
  void manyAccessesMountOnce() throws IOException {
    compiler("gcc-3");
    for (int i = 0; i < 50; i++) {
      site.versionHere("gcc-3");
    }
    daemon.awaitMounted("gcc-3");
    for (int i = 0; i < 50; i++) {
      site.versionHere("gcc-3");
    }
    daemon.fence();
    assertEquals(1, site.mountsOn("gcc-3"));
  }

  @Test
  void nestedImageIsMountedInAPlainDirectory() throws IOException {
    compiler("arm64/gcc-8.2.0");
    daemon.mount("arm64/gcc-8.2.0");
    assertEquals(Site.IMAGE, site.version("arm64/gcc-8.2.0"));
    assertEquals(0, site.mountsOn("arm64"));
  }

  @Test
  void outerImageIsMountedBeforeTheInnerOne() throws IOException {
    site.original("cuda", Map.of("version", "outer original\n"));
    site.original("cuda/12.5", Map.of("version", "inner original\n"));
    site.image("cuda", Map.of("version", "outer image\n", "12.5/version", "inside outer image\n"));
    site.image("cuda/12.5", Map.of("version", "inner image\n"));
    daemon.awaitImagesKnown();

    String first = site.version("cuda/12.5");

    assertTrue(first.startsWith("inner") || first.startsWith("inside"), first);
    daemon.awaitMounted("cuda");
    daemon.awaitMounted("cuda/12.5");
    assertEquals("outer image\n", site.version("cuda"));
    assertEquals("inner image\n", site.version("cuda/12.5"));
    List<MountInfo> mounts = Kernel.mountsBelow(site.root("cuda"));
    assertEquals(2, mounts.size());
    assertEquals(
        mounts.get(0).id(),
        mounts.get(1).parent(),
        "the inner one is mounted inside the outer one");
  }

  @Test
  void innerImageIsMountedAlsoLongAfterTheOuterOne() throws IOException {
    site.original("lib", Map.of("version", Site.ORIGINAL));
    site.original("lib/boost", Map.of("version", Site.ORIGINAL));
    site.image("lib", Map.of("version", Site.IMAGE, "boost/version", "inside outer image\n"));
    site.image("lib/boost", Map.of("version", "inner image\n"));
    daemon.awaitImagesKnown();
    daemon.mount("lib");
    daemon.mount("lib/boost");

    assertEquals("inner image\n", site.version("lib/boost"));
  }

  @Test
  void accessThroughARelativeSymlinkMountsItsTarget() throws IOException {
    Files.createSymbolicLink(site.root("clang-trunk"), Path.of("clang-20261101"));
    compiler("clang-20261101");
    daemon.await(
        "mounted through the link",
        () -> {
          site.version("clang-trunk");
          return site.mountsOn("clang-20261101") == 1;
        });
    assertEquals(Site.IMAGE, site.version("clang-trunk"));
    assertTrue(Files.isSymbolicLink(site.root("clang-trunk")));
  }

  @Test
  void accessThroughAnAbsoluteSymlinkMountsItsTarget() throws IOException {
    Files.createSymbolicLink(site.root("rust-nightly"), site.root("rust-20261101"));
    compiler("rust-20261101");
    daemon.await(
        "mounted through the link",
        () -> {
          site.version("rust-nightly");
          return site.mountsOn("rust-20261101") == 1;
        });
    assertEquals(Site.IMAGE, site.version("rust-nightly"));
  }

  @Test
  void accessThroughASymlinkInASubdirectoryMountsItsTarget() throws IOException {
    Files.createDirectories(site.root("avr"));
    Files.createSymbolicLink(site.root("avr/latest"), Path.of("gcc-15"));
    compiler("avr/gcc-15");
    daemon.await(
        "mounted through the link",
        () -> {
          site.version("avr/latest");
          return site.mountsOn("avr/gcc-15") == 1;
        });
    assertEquals(Site.IMAGE, site.version("avr/latest"));
  }

  @Test
  void runningAProgramIsAnAccess() throws IOException {
    Path original = site.scratch().resolve("program-original");
    Path image = site.scratch().resolve("program-image");
    for (Path directory : List.of(original, image)) {
      Files.createDirectories(directory.resolve("bin"));
      Files.copy(
          Path.of("/bin/true"), directory.resolve("bin/cc"), StandardCopyOption.COPY_ATTRIBUTES);
    }
    Files.writeString(image.resolve("version"), Site.IMAGE);
    Files.move(original, site.root("program"));
    site.place(site.imageOf(image), "program");
    daemon.awaitImagesKnown();

    assertEquals(0, ChildProcess.run(site.root("program/bin/cc").toString()).status());

    daemon.awaitMounted("program");
    assertEquals(0, ChildProcess.run(site.root("program/bin/cc").toString()).status());
  }

  @Test
  void lookingAroundMountsNothing() throws IOException {
    compiler("quiet", "quiet-too/inner");
    Path cc = site.root("quiet");
    ChildProcess.run("ls", "-la", site.root().toString()).orFail();
    ChildProcess.run("ls", "-la", cc.toString()).orFail();
    ChildProcess.run("ls", "-la", site.root("quiet-too").toString()).orFail();
    ChildProcess.run("stat", cc.toString()).orFail();
    ChildProcess.run("stat", cc.resolve("version").toString()).orFail();
    ChildProcess.run("test", "-x", cc.resolve("version").toString());
    ChildProcess.run("readlink", "-f", cc.resolve("version").toString()).orFail();

    daemon.fence();

    for (String name : List.of("quiet", "quiet-too/inner")) {
      assertEquals(Optional.empty(), daemon.line(name));
      assertEquals(0, site.mountsOn(name));
    }
    // And it could have been: the same names are mounted when they are used.
    daemon.mount("quiet");
    daemon.mount("quiet-too/inner");
  }

  @Test
  void ignoredProcessMountsNothing() throws IOException {
    compiler("scanned");
    Path updatedb = Files.copy(Path.of("/bin/cat"), site.scratch().resolve("updatedb"));
    Files.setPosixFilePermissions(
        updatedb, java.nio.file.attribute.PosixFilePermissions.fromString("rwx------"));

    String file = site.root("scanned/version").toString();
    assertEquals(Site.ORIGINAL, ChildProcess.run(updatedb.toString(), file).orFail());

    daemon.fence();
    assertEquals(Optional.empty(), daemon.line("scanned"));
    daemon.mount("scanned");
  }

  @Test
  void whatWasUnmountedByHandIsMountedAgainAtALaterAccess() throws IOException {
    compiler("by-hand");
    daemon.mount("by-hand");
    Mounts.detach(site.root("by-hand").toString());
    assertEquals(0, site.mountsOn("by-hand"));

    daemon.mount("by-hand");

    assertEquals(Site.IMAGE, site.version("by-hand"));
  }

  @Test
  void imageThatAppearsIsMountedAtTheNextAccess() throws IOException {
    site.original("late");
    daemon.fence();
    assertEquals(Site.ORIGINAL, site.version("late"));
    site.goodImage("late");
    daemon.awaitImagesKnown();

    daemon.mount("late");

    assertEquals(Site.IMAGE, site.version("late"));
  }

  @Test
  void imageThatVanishesIsForgotten() throws IOException {
    site.original("brief");
    site.place(new byte[0], "brief");
    daemon.awaitImagesKnown();
    daemon.refusal("brief", () -> site.version("brief"));

    Files.delete(site.image("brief"));

    daemon.awaitImagesKnown();
    daemon.await("its line is gone", () -> daemon.line("brief").isEmpty());
    assertEquals(Site.ORIGINAL, site.version("brief"));
  }

  @Test
  void mountOutlivesItsImageFile() throws IOException {
    compiler("deleted");
    daemon.mount("deleted");

    Files.delete(site.image("deleted"));

    daemon.awaitImagesKnown();
    daemon.fence();
    assertEquals(Site.IMAGE, site.version("deleted"));
    assertEquals(1, site.mountsOn("deleted"));
  }

  @Test
  void imageThatIsGoneForAWhileIsMountedWhenItIsBack() throws IOException {
    site.original("again");
    site.place(new byte[0], "again");
    daemon.awaitImagesKnown();
    daemon.refusal("again", () -> site.version("again"));
    Files.delete(site.image("again"));
    daemon.awaitImagesKnown();
    daemon.await("its line is gone", () -> daemon.line("again").isEmpty());

    site.goodImage("again");

    daemon.awaitImagesKnown();
    daemon.mount("again");
  }
}
