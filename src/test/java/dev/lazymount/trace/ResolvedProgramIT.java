package dev.lazymount.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.config.Settings;
import dev.lazymount.kernel.Await;
import dev.lazymount.kernel.ChildProcess;
import dev.lazymount.kernel.DaemonProcess;
import dev.lazymount.kernel.Site;
import dev.lazymount.trace.program.Walk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The resolved program on each release of bpftrace, apart from what it sees (SightIT). */
class ResolvedProgramIT {
  private Site site;

  @BeforeEach
  void open() {
    site = Site.create();
  }

  @AfterEach
  void close() {
    site.close();
  }

  private DaemonProcess daemon(String program, BpftraceUnderTest bpftrace) throws IOException {
    return site.start(
        "trace.program=" + program, "trace.bpftrace=" + bpftrace.command(site.scratch()));
  }

  static Stream<Arguments> depths() {
    return BpftraceUnderTest.all()
        .flatMap(
            bpftrace ->
                IntStream.rangeClosed(1, Walk.DEEPEST)
                    .mapToObj(depth -> Arguments.of(bpftrace, depth)));
  }

  @ParameterizedTest
  @MethodSource("depths")
  void longestNamesOfEveryDepthAreReportedWhole(BpftraceUnderTest bpftrace, int depth)
      throws IOException {
    String longest = "n".repeat(Walk.longestComponent(depth, bpftrace.version(site.scratch())));
    String name = String.join("/", Collections.nCopies(depth, longest));
    site.original(name, Map.of("x", "x"));
    site.original("short", Map.of("x", "x"));
    try (TraceRecorder watch =
        TraceRecorder.resolved(bpftrace.settings(site), depth).awaitWorking()) {
      ChildProcess.cat(site.root(name).resolve("x"));
      ChildProcess.cat(site.root("short/x"));

      watch.awaitSight(name);
      Await.until("a shorter one is reported too", () -> watch.saw("short"));
      assertEquals(0, watch.lost());
    }
  }

  @ParameterizedTest
  @MethodSource("dev.lazymount.trace.BpftraceUnderTest#all")
  void mountedCompilerIsNotReportedUntilItIsUnmounted(BpftraceUnderTest bpftrace)
      throws IOException {
    site.compiler("gcc");
    Opener opener = Opener.compile(site.scratch());
    DaemonProcess daemon = daemon("resolved", bpftrace);
    daemon.awaitImagesKnown();
    try (TraceRecorder watch = TraceRecorder.resolved(bpftrace.settings(site), 1).awaitWorking()) {
      opener.open("openat", site.root("gcc/version"));
      watch.awaitSight("gcc");
      daemon.awaitMounted("gcc");
      // After this, events of the mount's window have been reported.
      TraceRecorder.fence(site, opener, List.of(watch));
      watch.forget();

      for (int i = 0; i < 100; i++) {
        opener.open("openat", site.root("gcc/version"));
      }
      watch.awaitNextWindow();
      opener.open("openat", site.root("gcc/version"));
      TraceRecorder.fence(site, opener, List.of(watch));
      assertFalse(watch.saw("gcc"), "reported while it is mounted");
      assertEquals(1, watch.paths().size(), "nothing but the fence: " + watch.paths());

      ChildProcess.run("umount", site.root("gcc").toString()).orFail();
      opener.open("openat", site.root("gcc/version"));
      watch.awaitSight("gcc");
    }
  }

  @ParameterizedTest
  @MethodSource("dev.lazymount.trace.BpftraceUnderTest#all")
  void useOfAMountedImageIsReportedOnce(BpftraceUnderTest bpftrace) throws IOException {
    site.compiler("gcc");
    Opener opener = Opener.compile(site.scratch());
    String directory = site.root("gcc").toString();
    ChildProcess.run("mount", "-o", "loop,ro", site.image("gcc").toString(), directory).orFail();
    long number = (long) Files.getAttribute(site.root("gcc/version"), "unix:dev");
    // As stat(2) encodes it: the upper bits of the minor are above the major.
    long device = (7L << 20) + ((number & 0xff) | ((number >> 12) & 0xfff00));
    try (TraceRecorder watch = TraceRecorder.resolved(bpftrace.settings(site), 1).awaitWorking()) {
      opener.open("opendir", directory);
      opener.open("stat", directory + "/version");
      TraceRecorder.fence(site, opener, List.of(watch));
      assertEquals(0, watch.uses(device), "directories and stat are no use");

      for (int i = 0; i < 10; i++) {
        opener.open("private", directory + "/version");
      }
      TraceRecorder.fence(site, opener, List.of(watch));
      assertEquals(1, watch.uses(device));
      assertFalse(watch.saw("gcc"), "it is no access to the original");
    }
  }

  /** From Linux 6.12 on the daemon mounts it without a loop device. */
  @ParameterizedTest
  @MethodSource("dev.lazymount.trace.BpftraceUnderTest#all")
  void usedErofsImageIsNotUnmounted(BpftraceUnderTest bpftrace) throws IOException {
    for (String name : List.of("used", "unused")) {
      site.compiler(name);
      Path tree = Files.createDirectory(site.scratch().resolve("tree-of-" + name));
      Files.writeString(tree.resolve("version"), Site.IMAGE);
      Path image = site.scratch().resolve(name + ".erofs");
      ChildProcess.run("mkfs.erofs", image.toString(), tree.toString()).orFail();
      Files.move(image, site.image(name), StandardCopyOption.REPLACE_EXISTING);
    }
    DaemonProcess daemon =
        site.start(
            "trace.program=resolved",
            "trace.bpftrace=" + bpftrace.command(site.scratch()),
            "idle.unmount-after=1s");
    daemon.mount("used");
    String device = daemon.line("used").orElseThrow().device();
    daemon.mount("unused");
    Await.until(
        "an unused image is unmounted",
        () -> {
          String version = site.root("used/version").toString();
          assertEquals(
              Site.IMAGE,
              ChildProcess.run("unshare", "-m", "--propagation", "unchanged", "cat", version)
                  .orFail());
          return site.mountsOn("unused") == 0;
        });
    assertEquals(1, site.mountsOn("used"));
    assertEquals(device, daemon.line("used").orElseThrow().device(), "mounted once");
  }

  @ParameterizedTest
  @MethodSource("dev.lazymount.trace.BpftraceUnderTest#all")
  void tracingProcessDoesNotReportItself(BpftraceUnderTest bpftrace) throws IOException {
    site.original("ours", Map.of("x", "x"));
    site.original("theirs", Map.of("x", "x"));
    Opener opener = Opener.compile(site.scratch());
    try (TraceRecorder watch = TraceRecorder.resolved(bpftrace.settings(site), 1).awaitWorking()) {
      assertEquals("x", Files.readString(site.root("ours/x")));
      opener.open("openat", site.root("theirs/x"));
      watch.awaitSight("theirs");
      TraceRecorder.fence(site, opener, List.of(watch));
      TraceRecorder.fence(site, opener, List.of(watch));
      assertFalse(watch.saw("ours"));
    }
  }

  /** Every process can read the canary's name during its access. */
  @ParameterizedTest
  @MethodSource("dev.lazymount.trace.BpftraceUnderTest#all")
  void canaryOfAnotherUserIsIgnored(BpftraceUnderTest bpftrace) throws IOException {
    site.original("ours", Map.of("x", "x"));
    site.original("theirs", Map.of("x", "x"));
    Files.setPosixFilePermissions(site.folder(), PosixFilePermissions.fromString("rwxr-xr-x"));
    Opener opener = Opener.compile(site.scratch());
    try (TraceRecorder watch = TraceRecorder.resolved(bpftrace.settings(site), 1).awaitWorking()) {
      TraceRecorder.fence(site, opener, List.of(watch));
      long before = watch.canaries();
      mimic(watch, 100, "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups");
      assertEquals("x", Files.readString(site.root("ours/x")));
      opener.open("openat", site.root("theirs/x"));
      watch.awaitSight("theirs");
      int ours = watch.awaitNextWindow();
      assertEquals(before + ours, watch.canaries());
      assertFalse(watch.saw("ours"), "it was taken for the process that traces");
      assertEquals(0, watch.lost());
    }
  }

  @ParameterizedTest
  @MethodSource("dev.lazymount.trace.BpftraceUnderTest#all")
  void canariesOfAProcessAreBoundedAndCounted(BpftraceUnderTest bpftrace) throws IOException {
    int sent = 2000;
    Opener opener = Opener.compile(site.scratch());
    try (TraceRecorder watch = TraceRecorder.resolved(bpftrace.settings(site), 1).awaitWorking()) {
      TraceRecorder.fence(site, opener, List.of(watch));
      long before = watch.canaries();
      long ticks = watch.ticks();
      mimic(watch, sent);
      Await.until(
          "each is reported or counted as lost",
          () -> watch.canaries() - before + watch.lost() == sent);
      long reported = watch.canaries() - before;
      long windows = watch.ticks() - ticks + 1;
      // 64 for each second begun, and one second more.
      assertTrue(reported <= windows * 128, reported + " in " + windows + " windows");
      assertTrue(reported > 0);
    }
  }

  /** A shell that takes the canary's name and opens the root so many times. */
  private void mimic(TraceRecorder watch, int times, String... as) {
    List<String> command = new ArrayList<>(List.of(as));
    command.addAll(
        List.of(
            "bash",
            "-c",
            "echo -n $0 > /proc/self/comm; for ((i = 0; i < $2; i++)); do exec 3< $1; done",
            watch.canaryName(),
            site.root().toString(),
            Integer.toString(times)));
    ChildProcess.run("", command).orFail();
  }

  @ParameterizedTest
  @MethodSource("dev.lazymount.trace.BpftraceUnderTest#all")
  void bothProgramsIgnoreTheIgnoredCommands(BpftraceUnderTest bpftrace) throws IOException {
    for (String name : List.of("scanned", "read", "run")) {
      site.original(name, Map.of("x", "x"));
    }
    Opener opener = Opener.compile(site.scratch());
    Path scanner =
        Files.copy(
            opener.program(),
            site.scratch().resolve("it-s a scanner"),
            StandardCopyOption.COPY_ATTRIBUTES);
    Settings settings = bpftrace.settings(site, "trace.ignore-comms=[other, \"it-s a scanner\"]");
    try (TraceRecorder path = TraceRecorder.path(settings);
        TraceRecorder resolved = TraceRecorder.resolved(settings, 1)) {
      path.awaitWorking();
      resolved.awaitWorking();

      ChildProcess.run(scanner.toString(), "openat", site.root("scanned/x").toString()).orFail();
      opener.open("openat", site.root("read/x"));

      TraceRecorder.fence(site, opener, List.of(path, resolved));
      for (TraceRecorder watch : List.of(path, resolved)) {
        assertTrue(watch.saw("read"), watch.toString());
        assertFalse(watch.saw("scanned"), watch.toString());
      }
    }
  }

  @Test
  void nestedImageIsMountedWithItsOuterImage() throws IOException {
    nested();
    DaemonProcess daemon = daemon("resolved", BpftraceUnderTest.INSTALLED);
    daemon.awaitImagesKnown();

    site.version("cuda");

    daemon.awaitMounted("cuda");
    daemon.awaitMounted("cuda/12.5");
    daemon.awaitMounted("cuda/deep/est/one");
    assertEquals("inner image\n", site.version("cuda/12.5"));
    assertEquals("deep image\n", site.version("cuda/deep/est/one"));
    assertEquals(Optional.empty(), daemon.line("beside"), "and nothing else");
  }

  @Test
  void pathProgramMountsNestedImageAtItsOwnAccess() throws IOException {
    nested();
    DaemonProcess daemon = daemon("path", BpftraceUnderTest.INSTALLED);
    daemon.awaitImagesKnown();

    site.version("cuda");

    daemon.awaitMounted("cuda");
    daemon.fence();
    assertEquals(Optional.empty(), daemon.line("cuda/12.5"));
    daemon.mount("cuda/12.5");
    assertEquals("inner image\n", site.version("cuda/12.5"));
  }

  private void nested() throws IOException {
    String version = "version";
    site.original("cuda", Map.of(version, "outer original\n"));
    site.original("cuda/12.5", Map.of(version, "inner original\n"));
    site.original("cuda/deep/est/one", Map.of(version, "deep original\n"));
    site.image(
        "cuda",
        Map.of(version, "outer image\n", "12.5/version", "in it\n", "deep/est/one/version", ""));
    site.image("cuda/12.5", Map.of(version, "inner image\n"));
    site.image("cuda/deep/est/one", Map.of(version, "deep image\n"));
    site.compiler("beside");
  }

  @Test
  void deeperNameIsSeenOnceTheCatalogHasIt() throws IOException {
    site.compiler("gcc");
    DaemonProcess daemon = daemon("resolved", BpftraceUnderTest.INSTALLED);
    daemon.mount("gcc");
    long restarts = daemon.status().trace().restarts();

    String deep = "libs/one/two/three/four/five/six/seven";
    site.compiler(deep);

    daemon.awaitImagesKnown();
    daemon.mount(deep);
    assertEquals(Site.IMAGE, site.version(deep));
    assertEquals(restarts + 1, daemon.status().trace().restarts());
    assertEquals("resolved", daemon.status().trace().program());
  }

  /** The deeper the names, the shorter the components that are reported. */
  @Test
  void longerNameIsSeenOnceTheCatalogHasIt() throws IOException {
    DaemonProcess daemon = daemon("resolved", BpftraceUnderTest.INSTALLED);
    daemon.awaitReady();
    String longName = "arm64/" + "n".repeat(60);
    site.compiler(longName);

    daemon.awaitImagesKnown();
    daemon.mount(longName);
    assertEquals(Site.IMAGE, site.version(longName));
    assertEquals("resolved", daemon.status().trace().program());
  }
}
