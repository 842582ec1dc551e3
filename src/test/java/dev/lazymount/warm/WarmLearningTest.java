package dev.lazymount.warm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.catalog.Catalog;
import dev.lazymount.catalog.ImageFile;
import dev.lazymount.config.Settings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Which uses are counted, and when the list is saved. */
final class WarmLearningTest extends WarmFixture {
  /** The names in the file, the most used first. */
  private List<String> saved() throws Exception {
    return WarmListFile.parse(Files.readString(file())).ranking(new WarmList(), now);
  }

  private void anHourLater() {
    now = now.plus(WarmActor.HOUR);
    pass(WarmActor.HOUR);
  }

  @Test
  void namesAreRankedByHoursOfUse() throws Exception {
    startReady("gcc", "clang");
    accessed("gcc");
    learn();
    assertEquals(List.of("gcc"), saved());
    anHourLater();
    accessed("clang");
    learn();
    anHourLater();
    accessed("clang");
    learn();
    assertEquals(List.of("clang", "gcc"), saved());
  }

  @Test
  void onlyNamesOfTheCatalogAreCounted() throws Exception {
    startReady("gcc");
    accessed("gcc");
    accessed("made-up");
    learn();
    assertEquals(List.of("gcc"), saved());
  }

  @Test
  void unchangedListIsNotSaved() throws Exception {
    startReady("gcc");
    accessed("gcc");
    learn();
    Files.delete(file());
    now = now.plusSeconds(300);
    accessed("gcc");
    learn();
    stop();
    assertFalse(Files.exists(file()));
  }

  @Test
  void accessIsCountedOnce() throws Exception {
    startReady("gcc");
    accessed("gcc");
    learn();
    String before = Files.readString(file());
    anHourLater();
    learn();
    stop();
    assertEquals(before, Files.readString(file()));
  }

  @Test
  void useAfterTheClockWasSetBackIsCounted() throws Exception {
    startReady("gcc", "clang");
    accessed("gcc");
    learn();
    now = now.minus(Duration.ofDays(365));
    accessed("clang");
    learn();
    assertEquals(List.of("clang", "gcc"), saved().stream().sorted().toList());
  }

  @Test
  void sameNameIsCountedAgainAfterTheClockWasSetBack() throws Exception {
    startReady("gcc", "clang");
    accessed("gcc");
    accessed("clang");
    learn();
    now = now.minus(Duration.ofDays(365));
    pass(WarmActor.HOUR);
    accessed("clang");
    learn();
    assertEquals(List.of("clang", "gcc"), saved());
  }

  @Test
  void stopSavesTheLastUses() throws Exception {
    startReady("gcc");
    accessed("gcc");
    stop();
    assertEquals(List.of("gcc"), saved());
  }

  @Test
  void usesAreAddedToTheListOfTheLastRun() throws Exception {
    saveList("gcc", "clang");
    startReady("gcc", "clang", "tcc");
    accessed("tcc");
    stop();
    assertEquals(List.of("clang", "gcc", "tcc"), saved().stream().sorted().toList());
  }

  @Test
  void warmMountIsNotAUse() throws Exception {
    saveList("gcc");
    String before = Files.readString(file());
    startReady("gcc");
    expectWarm("gcc");
    mounted("gcc", "/dev/loop0");
    pass(WarmActor.PAUSE);
    anHourLater();
    learn();
    stop();
    assertEquals(before, Files.readString(file()));
  }

  @Test
  void symlinksToAUsedImageAreCountedToo() throws Exception {
    start();
    catalog(
        Catalog.of(
            List.of(new ImageFile("clang-0101", "clang-0101.img")),
            Map.of(
                "clang-trunk", "clang-dev", "clang-dev", "clang-0101", "sub", "clang-0101/lib")));
    accessed("clang-0101");
    learn();
    assertEquals(
        List.of("clang-0101", "clang-dev", "clang-trunk"), saved().stream().sorted().toList());
  }

  @Test
  void failedSaveIsRetried() throws Exception {
    startReady("gcc");
    Path obstacle = Files.createDirectories(temp.resolve(WarmListFile.NEW).resolve("full"));
    accessed("gcc");
    learn();
    assertFalse(Files.exists(file()));
    Files.delete(obstacle);
    learn();
    assertEquals(List.of("gcc"), saved());
  }

  @Test
  void learnsInObserveMode() throws Exception {
    status.mode(Settings.Mode.OBSERVE);
    startReady("gcc");
    accessed("gcc");
    learn();
    assertEquals(List.of("gcc"), saved());
  }

  @Test
  void listIsBounded() throws Exception {
    String[] names =
        IntStream.range(0, WarmList.MAX_NAMES + 10)
            .mapToObj(i -> "gcc-" + i)
            .toArray(String[]::new);
    startReady(names);
    for (String name : names) {
      accessed(name);
    }
    learn();
    assertEquals(WarmList.MAX_NAMES, saved().size());
    assertTrue(Files.size(file()) < WarmListFile.MAX_BYTES);

    // A use that was dropped for lack of room is not counted a second time.
    Files.delete(file());
    learn();
    stop();
    assertFalse(Files.exists(file()));
  }
}
