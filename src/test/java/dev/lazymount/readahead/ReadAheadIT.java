package dev.lazymount.readahead;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.config.Settings;
import dev.lazymount.kernel.Await;
import dev.lazymount.kernel.ChildProcess;
import dev.lazymount.kernel.DaemonProcess;
import dev.lazymount.kernel.Kernel;
import dev.lazymount.kernel.Site;
import dev.lazymount.linux.Fd;
import dev.lazymount.linux.Mounts;
import dev.lazymount.linux.PageCache;
import dev.lazymount.linux.SyscallException;
import dev.lazymount.status.DaemonStatus;
import dev.lazymount.status.MountState;
import dev.lazymount.status.MountStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** Files that a compiler used are in the page cache before the next mount is used. */
class ReadAheadIT {
  private static final int MIB = 1 << 20;
  private static final MemoryState PLENTY = new MemoryState(8L << 30, 6L << 30, 0);

  private Site site;

  @BeforeEach
  void open() throws IOException {
    site = Site.create();
    site.original("gcc");
    Path files = Files.createDirectories(site.scratch().resolve("gcc/lib"));
    Files.writeString(files.resolveSibling("version"), Site.IMAGE);
    Random random = new Random(1);
    for (String name : List.of("used", "unused", "program")) {
      byte[] content = new byte[8 * MIB];
      random.nextBytes(content);
      Files.write(files.resolve(name), content);
    }
    Files.setPosixFilePermissions(
        files.resolve("program"), PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.setLastModifiedTime(
        files.getParent(),
        java.nio.file.attribute.FileTime.from(Instant.parse("2100-01-01T00:00:00Z")));
    site.place(site.imageOf(files.getParent()), "gcc");
  }

  @AfterEach
  void close() {
    site.close();
  }

  /** Which blocks of a file of the mounted image are cached; looking reads nothing. */
  private BitSet cached(String file) throws IOException {
    try (Fd root = Fd.openPath(site.root().toString());
        Fd open = root.openFileBeneath("gcc/lib/" + file, false)) {
      return PageCache.blocks(open, 8 * MIB, FileList.BLOCK);
    }
  }

  private void read(String file, int mebibytes) {
    ChildProcess.run(
            "dd",
            "if=" + site.root("gcc/lib/" + file),
            "of=/dev/null",
            "bs=1M",
            "count=" + mebibytes)
        .orFail();
  }

  private String generation() throws IOException {
    Instant changed = Files.getLastModifiedTime(site.image("gcc")).toInstant();
    return changed.truncatedTo(ChronoUnit.SECONDS)
        + " inode "
        + Files.getAttribute(site.image("gcc"), "unix:ino");
  }

  /** What a daemon would have learned: all of program, and the head of used. */
  private FileList list() throws IOException {
    BitSet all = new BitSet();
    all.set(0, 64);
    return FileList.of(
        "gcc",
        generation(),
        1,
        List.of(
            FileList.Used.of("lib/program", all),
            FileList.Used.of("lib/missing", all),
            FileList.Used.of("lib/used", all.get(0, 8))));
  }

  private FileListStore store() {
    return new FileListStore(site.folder().resolve("state"), line -> {});
  }

  @Test
  void learnsWhichFilesWereRead() throws IOException {
    DaemonProcess daemon = start("readahead.learn-after=1s");
    daemon.mount("gcc");
    daemon.await(
        "the used files are listed",
        Duration.ofSeconds(30),
        () -> {
          read("used", 1);
          read("program", 8);
          return store().read("gcc").filter(list -> list.files().size() == 3).isPresent();
        });
    FileList learned = store().read("gcc").orElseThrow();
    assertEquals(generation(), learned.generation());
    List<String> paths = learned.files().stream().map(FileList.Used::path).toList();
    assertEquals(List.of("lib/program", "version", "lib/used"), paths);
    // The kernel reads ahead, too.
    int end = learned.files().get(2).blocks().length();
    assertTrue(end >= 8 && end < 64, learned.files().get(2).ranges());
    assertEquals("rw-------", mode(file()));
    assertEquals("rwx------", mode(file().getParent()));
  }

  private DaemonProcess start(String... settings) throws IOException {
    List<String> all = new ArrayList<>(List.of("readahead.enabled=true"));
    all.addAll(List.of(settings));
    return site.start(all.toArray(String[]::new));
  }

  private Path file() {
    return site.folder().resolve("state/readahead/gcc.files");
  }

  private static String mode(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }

  @Test
  void usedFilesAreCachedAfterTheFirstAccess() throws IOException {
    store().write(list());
    DaemonProcess daemon = start();
    daemon.mount("gcc");
    awaitReadAhead(daemon);
    assertEquals(64, cached("program").cardinality());
    assertEquals(list().files().get(2).blocks(), cached("used"));
    assertEquals(0, cached("unused").cardinality());
  }

  private static void awaitReadAhead(DaemonProcess daemon) {
    daemon.await("it is logged", () -> daemon.log().contains("gcc: read 2 files ahead, 9.4 MB"));
  }

  @Test
  void warmListIsReadAheadAndThatIsNoUse() throws IOException {
    store().write(list());
    Path seed = Files.writeString(site.folder().resolve("seed"), "gcc\n");
    DaemonProcess daemon =
        start("warm.max=1", "warm.seed=" + seed, "idle.unmount-after=2s", "trace.window=100ms");
    awaitReadAhead(daemon);
    daemon.await("it is unmounted as unused", () -> daemon.log().contains("unused for 2 s"));
    assertNull(daemon.line("gcc").orElseThrow().lastAccess());
  }

  @Test
  void seedIsUsedWhereNothingWasLearned() throws IOException {
    Path seed = Files.writeString(site.folder().resolve("seed"), "gcc\n" + list().text());
    DaemonProcess daemon = start("warm.seed=" + seed, "warm.max=1");
    awaitReadAhead(daemon);
    assertEquals(64, cached("program").cardinality());
  }

  private static ChildProcess.Result learned(String... words) {
    List<String> command =
        new ArrayList<>(List.of(System.getProperty("lazymount.launcher"), "learned"));
    command.addAll(List.of(words));
    return ChildProcess.run(command.toArray(String[]::new));
  }

  private Path export(String name) throws IOException {
    String state = "state-dir=" + site.folder().resolve("state");
    String text = learned("export", "--set", state).orFail();
    return Files.writeString(site.folder().resolve(name), text);
  }

  @Test
  void freshHostUsesWhatOthersHaveLearned() throws IOException {
    String empty = export("empty").toString();
    store().write(list());
    DaemonProcess first = start();
    first.mount("gcc");
    first.terminate();
    Mounts.detach(site.root("gcc").toString());
    Path good = export("good");
    Path damaged = site.folder().resolve("damaged");
    Files.writeString(damaged, Files.readString(good).substring(0, 450));
    Path seed = site.folder().resolve("seed");
    ChildProcess.Result merged =
        learned("merge", "--output", seed + "", empty, damaged + "", good + "");
    assertTrue(merged.orFail().contains("skipped " + damaged), merged.out());

    DaemonProcess fresh =
        start("warm.seed=" + seed, "warm.max=1", "state-dir=" + site.folder().resolve("fresh"));
    awaitReadAhead(fresh);
    assertEquals("the warm list", fresh.line("gcc").orElseThrow().trigger());
  }

  @Test
  void damagedListIsSkippedWithOneMessage() throws IOException {
    Files.createDirectories(file().getParent());
    Files.writeString(file(), "@\tgcc\n");
    DaemonProcess daemon = start();
    daemon.mount("gcc");
    daemon.await(
        "it is logged",
        () -> daemon.log().contains("skipped " + file() + ": line 1 does not begin a list"));
    assertFalse(daemon.log().contains("ahead,"), daemon.log());
  }

  @Test
  void offReadsNothing() throws IOException {
    store().write(list());
    DaemonProcess daemon = start("readahead.enabled=false");
    daemon.mount("gcc");
    daemon.fence();
    assertEquals(0, cached("program").cardinality());
    assertFalse(daemon.log().contains("ahead"), daemon.log());
  }

  // --- with a read-ahead in this process

  private final DaemonStatus status = new DaemonStatus();
  private volatile MemoryState memory = PLENTY;

  private ReadAhead start(long io) throws IOException {
    store().write(list());
    return ReadAhead.start(
        new ReadAhead.Env(
            new Settings.ReadAhead(true, 1 << 30, io, Duration.ofHours(1)),
            site.root().toString(),
            status,
            store(),
            Optional.empty(),
            () -> memory,
            System::nanoTime,
            LoggerFactory.getLogger(ReadAhead.class)));
  }

  private void mounted() throws IOException {
    ChildProcess.run("mount", "-o", "ro,loop", site.image("gcc") + "", site.root("gcc") + "")
        .orFail();
    int loop = Kernel.loopsBelow(site.folder()).keySet().iterator().next();
    status
        .mounts()
        .put(
            MountStatus.of("gcc", "", "")
                .mounted(Instant.now(), "/dev/loop" + loop, 1.0, null, generation())
                .build());
  }

  private long bytes() {
    return status.counters().readAheadBytes.sum();
  }

  @Test
  void plainUnmountSucceedsWhileItReads() throws IOException {
    try (ReadAhead slow = start(MIB)) {
      mounted();
      Await.until("it reads", () -> bytes() > 0);
      ChildProcess.run("umount", site.root("gcc").toString()).orFail();
      assertEquals(1, Kernel.loopsBelow(site.folder()).size());
      status.mounts().put(MountStatus.of("gcc", "", "").build());
      Await.until("the image is closed", () -> Kernel.loopsBelow(site.folder()).isEmpty());
      assertEquals(1, status.counters().readAheadStopped.sum());
    }
  }

  @Test
  void shortMemoryStopsIt() throws IOException {
    try (ReadAhead slow = start(MIB)) {
      mounted();
      Await.until("it reads", () -> bytes() > 0);
      memory = new MemoryState(8L << 30, 6L << 30, 1.5);
      Await.until("it stops", () -> status.counters().readAheadStopped.sum() == 1);
      assertTrue(bytes() < 4 * MIB, bytes() + " bytes");
    }
  }

  @Test
  void itWaitsWhileAnImageIsBeingMounted() throws IOException {
    try (ReadAhead slow = start(MIB)) {
      MountStatus.Builder other = MountStatus.of("other", "", "");
      status.mounts().put(other.state(MountState.MOUNTING, Instant.now(), null).build());
      mounted();
      Await.until("it has checked twice", () -> slow.checks() > 2);
      assertEquals(0, bytes());
      status.mounts().remove("other");
      Await.until("it reads", () -> bytes() > 0);
    }
  }

  @Test
  void mincoreAgreesWithCachestat() throws SyscallException, IOException {
    start().mount("gcc");
    read("used", 2);
    BitSet expected = cached("used");
    try (Fd root = Fd.openPath(site.root().toString());
        Fd open = root.openFileBeneath("gcc/lib/used", false)) {
      assertEquals(expected, PageCache.mapped(open, 8 * MIB, FileList.BLOCK));
    }
    assertFalse(expected.isEmpty());
  }
}
