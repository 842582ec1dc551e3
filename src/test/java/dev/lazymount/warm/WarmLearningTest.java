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

/** What the list learns, and when it is written. */
final class WarmLearningTest extends WarmFixture {
  private Path file() {
    return temp.resolve(WarmStore.FILE);
  }

  /** What is in the file now, the most used first. */
  private List<String> saved() throws Exception {
    return WarmText.parse(Files.readString(file())).ranking(new WarmList(), now);
  }

  private void anHourLater() {
    now = now.plus(Duration.ofHours(1));
  }

  @Test
  void whatIsUsedIsOnTheListAfterTheNextLook() throws Exception {
    startReady("gcc", "clang");
    accessed("gcc");
    look();
    assertEquals(List.of("gcc"), saved());
    anHourLater();
    accessed("clang");
    look();
    anHourLater();
    accessed("clang");
    look();
    assertEquals(List.of("clang", "gcc"), saved());
  }

  @Test
  void onlyNamesOfTheCatalogAreTaken() throws Exception {
    startReady("gcc");
    accessed("gcc");
    accessed("made-up");
    look();
    assertEquals(List.of("gcc"), saved());
  }

  @Test
  void whatIsNoNewsIsNotWritten() throws Exception {
    startReady("gcc");
    accessed("gcc");
    look();
    Files.delete(file());
    now = now.plusSeconds(300);
    accessed("gcc");
    look();
    stop();
    assertFalse(Files.exists(file()));
  }

  @Test
  void anAccessOfLongAgoIsNotCountedAgain() throws Exception {
    startReady("gcc");
    accessed("gcc");
    look();
    String before = Files.readString(file());
    anHourLater();
    look();
    stop();
    assertEquals(before, Files.readString(file()));
  }

  @Test
  void atTheEndTheRestIsWritten() throws Exception {
    startReady("gcc");
    accessed("gcc");
    stop();
    assertEquals(List.of("gcc"), saved());
  }

  @Test
  void anEarlierDaemonsListIsGoneOnWith() throws Exception {
    kept("gcc", "clang");
    startReady("gcc", "clang", "tcc");
    accessed("tcc");
    stop();
    assertEquals(List.of("clang", "gcc", "tcc"), saved().stream().sorted().toList());
  }

  @Test
  void aListThatIsNotReadYetIsNotWrittenOver() throws Exception {
    kept("gcc", "clang");
    start();
    images("gcc", "clang", "tcc");
    accessed("tcc");
    stop();
    assertEquals(List.of("gcc", "clang"), saved());
  }

  @Test
  void aMountedImageThatIsReadIsUsedThoughNobodyWasSeen() throws Exception {
    kept("gcc", "clang");
    sectors.putAll(Map.of("/dev/loop0", 50L, "/dev/loop1", 50L));
    startReady("gcc", "clang");
    mounted("gcc", "/dev/loop0");
    mounted("clang", "/dev/loop1");
    pass(WarmActor.STEP);
    files.runAll();
    for (int hour = 0; hour < 3; hour++) {
      anHourLater();
      sectors.merge("/dev/loop1", 8L, Long::sum);
      look();
    }
    assertEquals(List.of("clang", "gcc"), saved());
  }

  @Test
  void toBeMountedAheadIsNoUse() throws Exception {
    kept("gcc");
    String before = Files.readString(file());
    sectors.put("/dev/loop0", 50L);
    startReady("gcc");
    expectWarm("gcc");
    mounted("gcc", "/dev/loop0");
    pass(WarmActor.STEP);
    files.runAll();
    anHourLater();
    look();
    stop();
    assertEquals(before, Files.readString(file()));
  }

  @Test
  void aSymlinkToWhatIsUsedIsUsedToo() throws Exception {
    start();
    files.runAll();
    catalog(
        Catalog.of(
            List.of(new ImageFile("clang-0101", "clang-0101.img")),
            Map.of(
                "clang-trunk", "clang-dev", "clang-dev", "clang-0101", "sub", "clang-0101/lib")));
    accessed("clang-0101");
    look();
    assertEquals(
        List.of("clang-0101", "clang-dev", "clang-trunk"), saved().stream().sorted().toList());
  }

  @Test
  void aSaveThatFailsIsTriedAgain() throws Exception {
    startReady("gcc");
    Path obstacle = Files.createDirectory(temp.resolve("warm.list.new"));
    accessed("gcc");
    look();
    assertFalse(Files.exists(file()));
    Files.delete(obstacle);
    look();
    assertEquals(List.of("gcc"), saved());
  }

  @Test
  void inObserveModeItLearns() throws Exception {
    status.mode(Settings.Mode.OBSERVE);
    startReady("gcc");
    accessed("gcc");
    look();
    assertEquals(List.of("gcc"), saved());
  }

  @Test
  void itIsBounded() throws Exception {
    String[] names =
        IntStream.range(0, WarmList.MOST + 10).mapToObj(i -> "gcc-" + i).toArray(String[]::new);
    startReady(names);
    for (String name : names) {
      accessed(name);
    }
    look();
    assertEquals(WarmList.MOST, saved().size());
    assertTrue(Files.size(file()) < WarmStore.MOST_BYTES);
  }
}
