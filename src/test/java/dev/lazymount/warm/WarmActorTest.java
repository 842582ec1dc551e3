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
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What is mounted ahead, and when. */
final class WarmActorTest extends WarmFixture {
  @Test
  void theMostUsedAreMountedOneAfterTheOther() throws IOException {
    kept("gcc", "clang", "tcc");
    max = 2;
    startReady("clang", "gcc", "tcc");
    expectWarm("gcc");
    expectNothing();
    mounted("gcc", "/dev/loop0");
    pass(WarmActor.STEP);
    expectWarm("clang");
    mounted("clang", "/dev/loop1");
    pass(Duration.ofHours(1));
    expectNothing();
  }

  @Test
  void nothingIsMountedBeforeTheListIsRead() throws IOException {
    kept("gcc");
    start();
    ready();
    images("gcc");
    expectNothing();
    files.runAll();
    expectWarm("gcc");
  }

  @Test
  void nothingIsMountedBeforeTheFirstScan() throws IOException {
    kept("gcc");
    start();
    ready();
    files.runAll();
    expectNothing();
    images("gcc");
    expectWarm("gcc");
  }

  @Test
  void nothingIsMountedBeforeReady() throws IOException {
    kept("gcc");
    start();
    files.runAll();
    images("gcc");
    pass(Duration.ofSeconds(20));
    expectNothing();
    ready();
    expectWarm("gcc");
    ready();
    expectNothing();
  }

  @Test
  void whileAnythingElseIsMountedOrStuckItWaits() throws IOException {
    kept("gcc", "clang");
    mounting("rust");
    startReady("gcc", "clang", "rust");
    pass(Duration.ofSeconds(20));
    expectNothing();
    status.mounts().put(line("rust").state(MountState.STUCK, now, "no answer").build());
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
  void whileTheStorageDoesNotAnswerItWaits() throws IOException {
    kept("gcc");
    status.storage("it does not answer");
    startReady("gcc");
    pass(Duration.ofSeconds(20));
    expectNothing();
    status.storage(null);
    pass(WarmActor.BUSY);
    expectWarm("gcc");
  }

  @Test
  void anImageThatCantBeMountedHoldsUpNoOther() throws IOException {
    kept("bad", "gcc");
    startReady("bad", "gcc");
    expectWarm("bad");
    status.mounts().put(line("bad").state(MountState.QUARANTINED, now, "cut off").build());
    pass(WarmActor.STEP);
    expectWarm("gcc");
    status.mounts().put(line("gcc").state(MountState.FAILED, now, "EIO").build());
    pass(Duration.ofHours(1));
    expectNothing();
  }

  @Test
  void inObserveModeNothingIsMounted() throws IOException {
    kept("gcc");
    status.mode(Settings.Mode.OBSERVE);
    startReady("gcc");
    pass(Duration.ofHours(1));
    expectNothing();
  }

  @Test
  void whatIsMountedAlreadyTakesItsPlaceAndIsLeftAlone() throws IOException {
    kept("gcc", "clang", "tcc");
    max = 2;
    mounted("gcc", "/dev/loop0");
    startReady("gcc", "clang", "tcc");
    expectWarm("clang");
    mounted("clang", "/dev/loop1");
    pass(Duration.ofHours(1));
    expectNothing();
  }

  @Test
  void whatIsUnmountedLaterIsNotMountedAgain() throws IOException {
    kept("gcc");
    startReady("gcc");
    expectWarm("gcc");
    mounted("gcc", "/dev/loop0");
    pass(WarmActor.STEP);
    status.mounts().put(line("gcc").state(MountState.UNMOUNTED, now, "nobody used it").build());
    images("gcc", "new");
    ready();
    look();
    expectNothing();
  }

  @Test
  void namesThatAreNoImagesAnyMoreTakeNoPlace() throws IOException {
    kept("gone", "gcc");
    max = 1;
    startReady("gcc");
    expectWarm("gcc");
  }

  @Test
  void aNameThatIsASymlinkNowMountsWhatItLeadsToAndOnlyOnce() throws IOException {
    kept("clang-trunk", "clang-0101", "clang-0102", "gcc");
    max = 2;
    start();
    files.runAll();
    catalog(
        Catalog.of(
            List.of(new ImageFile("clang-0102", "clang-0102.img"), new ImageFile("gcc", "gcc.img")),
            Map.of("clang-trunk", "clang-0102")));
    ready();
    expectWarm("clang-0102");
    mounted("clang-0102", "/dev/loop0");
    pass(WarmActor.STEP);
    expectWarm("gcc");
  }

  @Test
  void aDamagedListIsAnEmptyOne() throws IOException {
    kept("gcc");
    Path file = temp.resolve(WarmStore.FILE);
    Files.writeString(file, Files.readString(file).replace("gcc", "../gcc"));
    seed("clang");
    startReady("gcc", "clang");
    lost.runAll();
    expectWarm("clang");
    assertTrue(Files.exists(temp.resolve(WarmStore.DAMAGED)));
  }

  @Test
  void aStateDirectoryThatIsNoneStopsNothing() throws Exception {
    state = Files.writeString(temp.resolve("file"), "");
    seed("gcc");
    startReady("gcc");
    lost.runAll();
    expectWarm("gcc");
    accessed("gcc");
    look();
    stop();
    assertEquals("", Files.readString(state));
  }

  private void seed(String... names) throws IOException {
    seed = Optional.of(Files.writeString(temp.resolve("seed"), String.join("\n", names)));
  }

  @Test
  void aSeedStandsInForWhatIsNotLearnedYet() throws Exception {
    seed("clang", "gcc");
    startReady("gcc", "clang");
    expectNothing();
    lost.runAll();
    expectWarm("clang");
    look();
    stop();
    assertFalse(Files.exists(temp.resolve(WarmStore.FILE)), "it is not taken for own use");
  }

  @Test
  void aSeedThatHangsIsNotWaitedForAndUsedWhenItComes() throws IOException {
    kept("gcc");
    seed("clang", "tcc");
    max = 2;
    startReady("gcc", "clang", "tcc");
    pass(WarmActor.SEED_PATIENCE.minusMillis(1));
    expectNothing();
    pass(Duration.ofMillis(1));
    expectWarm("gcc");
    mounted("gcc", "/dev/loop0");
    pass(Duration.ofHours(1));
    expectNothing();
    lost.runAll();
    expectWarm("clang");
    mounted("clang", "/dev/loop1");
    pass(Duration.ofHours(1));
    expectNothing();
  }

  @Test
  void aBadSeedIsNoSeed() throws IOException {
    kept("gcc");
    seed("clang", "../../etc");
    startReady("gcc", "clang");
    lost.runAll();
    expectWarm("gcc");
    mounted("gcc", "/dev/loop0");
    pass(Duration.ofHours(1));
    expectNothing();
  }

  @Test
  void withNothingToMountTheSeedIsNotRead() throws IOException {
    kept("gcc");
    seed("gcc");
    max = 0;
    startReady("gcc");
    assertEquals(0, lost.waiting());
    pass(Duration.ofHours(1));
    expectNothing();
  }
}
