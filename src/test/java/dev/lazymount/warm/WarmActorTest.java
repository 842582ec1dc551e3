package dev.lazymount.warm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.catalog.Catalog;
import dev.lazymount.catalog.ImageFile;
import dev.lazymount.config.Settings;
import dev.lazymount.status.MountState;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Which images are mounted after the start, and when. */
final class WarmActorTest extends WarmFixture {
  private void seed(String... names) throws IOException {
    seed = Optional.of(Files.writeString(temp.resolve("seed"), String.join("\n", names)));
  }

  @Test
  void mountsMostUsedOneAfterTheOther() throws IOException {
    saveList("gcc", "clang", "tcc");
    max = 2;
    startReady("clang", "gcc", "tcc");
    expectWarm("gcc");
    expectNothing();
    mounted("gcc", "/dev/loop0");
    pass(WarmActor.PAUSE);
    expectWarm("clang");
    mounted("clang", "/dev/loop1");
    pass(Duration.ofHours(1));
    expectNothing();
  }

  @Test
  void waitsForFirstScan() throws IOException {
    saveList("gcc");
    start();
    ready();
    expectNothing();
    images("gcc");
    expectWarm("gcc");
  }

  @Test
  void waitsForReadyAndIgnoresLaterOnes() throws IOException {
    saveList("gcc");
    start();
    images("gcc");
    pass(Duration.ofSeconds(20));
    expectNothing();
    ready();
    expectWarm("gcc");
    ready();
    expectNothing();
  }

  @Test
  void waitsWhileAnotherMountIsInProgress() throws IOException {
    saveList("gcc", "clang");
    mounting("rust");
    startReady("gcc", "clang", "rust");
    pass(Duration.ofSeconds(20));
    expectNothing();
    mounted("rust", "/dev/loop0");
    pass(WarmActor.BUSY);
    expectWarm("gcc");
    mounting("gcc");
    pass(Duration.ofSeconds(20));
    expectNothing();
    mounted("gcc", "/dev/loop1");
    pass(WarmActor.BUSY);
    expectWarm("clang");
  }

  @Test
  void waitsWhileAMountIsStuck() throws IOException {
    saveList("gcc");
    status.mounts().put(row("rust").state(MountState.STUCK, now, "no answer").build());
    startReady("gcc", "rust");
    pass(Duration.ofSeconds(20));
    expectNothing();
    mounted("rust", "/dev/loop0");
    pass(WarmActor.BUSY);
    expectWarm("gcc");
  }

  @Test
  void waitsWhileStorageDoesNotRespond() throws IOException {
    saveList("gcc");
    status.storage("it does not respond");
    startReady("gcc");
    pass(Duration.ofSeconds(20));
    expectNothing();
    status.storage(null);
    pass(WarmActor.BUSY);
    expectWarm("gcc");
  }

  @Test
  void failedMountDoesNotDelayTheNext() throws IOException {
    saveList("bad", "gcc");
    startReady("bad", "gcc");
    expectWarm("bad");
    status.mounts().put(row("bad").state(MountState.QUARANTINED, now, "truncated").build());
    pass(WarmActor.PAUSE);
    expectWarm("gcc");
    status.mounts().put(row("gcc").state(MountState.FAILED, now, "EIO").build());
    pass(Duration.ofHours(1));
    expectNothing();
  }

  @Test
  void mountsNothingInObserveMode() throws IOException {
    saveList("gcc");
    status.mode(Settings.Mode.OBSERVE);
    startReady("gcc");
    pass(Duration.ofHours(1));
    expectNothing();
  }

  @Test
  void mountedImageCountsTowardsMax() throws IOException {
    saveList("gcc", "clang", "tcc");
    max = 2;
    mounted("gcc", "/dev/loop0");
    startReady("gcc", "clang", "tcc");
    expectWarm("clang");
    mounted("clang", "/dev/loop1");
    pass(Duration.ofHours(1));
    expectNothing();
  }

  @Test
  void imageUnmountedLaterIsNotMountedAgain() throws IOException {
    saveList("gcc");
    startReady("gcc");
    expectWarm("gcc");
    mounted("gcc", "/dev/loop0");
    pass(WarmActor.PAUSE);
    status.mounts().put(row("gcc").state(MountState.UNMOUNTED, now, "idle").build());
    images("gcc", "new");
    ready();
    learn();
    expectNothing();
  }

  @Test
  void nameWithoutImageDoesNotCountTowardsMax() throws IOException {
    saveList("gone", "gcc");
    max = 1;
    startReady("gcc");
    expectWarm("gcc");
  }

  @Test
  void symlinkNameMountsItsTargetOnce() throws IOException {
    saveList("clang-trunk", "clang-0101", "clang-0102", "gcc");
    max = 2;
    start();
    catalog(
        Catalog.of(
            List.of(new ImageFile("clang-0102", "clang-0102.img"), new ImageFile("gcc", "gcc.img")),
            Map.of("clang-trunk", "clang-0102")));
    ready();
    expectWarm("clang-0102");
    mounted("clang-0102", "/dev/loop0");
    pass(WarmActor.PAUSE);
    expectWarm("gcc");
  }

  @Test
  void damagedListCountsAsEmpty() throws IOException {
    saveList("gcc");
    Files.writeString(file(), Files.readString(file()).replace("gcc", "../gcc"));
    seed("clang");
    startReady("gcc", "clang");
    seedReader.runAll();
    expectWarm("clang");
    assertTrue(Files.exists(temp.resolve(WarmListFile.DAMAGED)));
  }

  @Test
  void unusableStateDirectoryLeavesTheSeed() throws Exception {
    state = Files.writeString(temp.resolve("file"), "");
    seed("gcc");
    startReady("gcc");
    seedReader.runAll();
    expectWarm("gcc");
    accessed("gcc");
    learn();
    stop();
    assertEquals("", Files.readString(state));
  }

  @Test
  void seedIsMountedButNotSaved() throws Exception {
    seed("clang", "gcc");
    startReady("gcc", "clang");
    expectNothing();
    seedReader.runAll();
    expectWarm("clang");
    learn();
    stop();
    assertFalse(Files.exists(file()));
  }

  @Test
  void lateSeedIsNotUsed() throws IOException {
    saveList("gcc");
    seed("clang");
    startReady("gcc", "clang");
    pass(WarmActor.SEED_TIMEOUT.minusMillis(1));
    expectNothing();
    pass(Duration.ofMillis(1));
    expectWarm("gcc");
    mounted("gcc", "/dev/loop0");
    seedReader.runAll();
    pass(Duration.ofHours(1));
    expectNothing();
  }

  @Test
  void invalidSeedIsNotUsed() throws IOException {
    saveList("gcc");
    seed("clang", "../../etc");
    startReady("gcc", "clang");
    seedReader.runAll();
    expectWarm("gcc");
    mounted("gcc", "/dev/loop0");
    pass(Duration.ofHours(1));
    expectNothing();
  }

  @Test
  void seedIsNotReadWithoutWarmMax() throws IOException {
    saveList("gcc");
    seed("gcc");
    max = 0;
    startReady("gcc");
    assertEquals(0, seedReader.waiting());
    pass(Duration.ofHours(1));
    expectNothing();
  }
}
