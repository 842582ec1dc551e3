package dev.lazymount.readahead;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FileListTest {
  private static final String GENERATION = "2026-11-20T10:00:00Z inode 1311";
  private static final String TEXT =
      """
      @\tarm64/gcc-14\t2026-11-20T10:00:00Z inode 1311\t2
      +\t0-3,17\tbin/g++
      +\t0\tlib/größe
      =\t2
      """;

  private static BitSet blocks(int... all) {
    BitSet blocks = new BitSet();
    IntStream.of(all).forEach(blocks::set);
    return blocks;
  }

  private static FileList list(String... paths) {
    List<FileList.Used> files = new ArrayList<>();
    for (String path : paths) {
      files.add(FileList.Used.of(path, blocks(0)));
    }
    return FileList.of("gcc", GENERATION, 1, files);
  }

  @Test
  void textIsReadBack() throws FileList.Damaged {
    FileList list = FileList.parse(TEXT).get(0);
    assertEquals("arm64/gcc-14", list.name());
    assertEquals(2, list.looks());
    assertEquals(Instant.parse("2026-11-20T10:00:00Z"), list.changed());
    assertEquals(blocks(0, 1, 2, 3, 17), list.files().get(0).blocks());
    assertEquals(6L * FileList.BLOCK, list.bytes());
    assertEquals(TEXT, list.text());
  }

  @Test
  void linesBetweenListsAreLeftOut() throws FileList.Damaged {
    String text = "# a seed\n 1.0 2026-11-23T12:00:00Z gcc\n" + TEXT + "gcc\n" + list("a").text();
    assertEquals(List.of(FileList.parse(TEXT).get(0), list("a")), FileList.parse(text));
    assertEquals(Map.of("arm64/gcc-14", TEXT, "gcc", list("a").text()), FileList.split(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "@\tgcc\t2026-11-20T10:00:00Z inode 1\t1\n",
        "@\tgcc\t2026-11-20T10:00:00Z inode 1\t1\n+\t0\ta\n=\t2\n",
        "@\t../gcc\t2026-11-20T10:00:00Z inode 1\t1\n=\t0\n",
        "@\tgcc\t2026-13-20T10:00:00Z inode 1\t1\n=\t0\n",
        "@\tgcc\t9999-11-20T10:00:00Z inode 1\t1\n=\t0\n",
        "@\tgcc\t2026-11-20T10:00:00Z inode 1\t1\n+\t8192\ta\n=\t1\n",
        "@\tgcc\t2026-11-20T10:00:00Z inode 1\t1\n+\t0-\ta\n=\t1\n",
        "@\tgcc\t2026-11-20T10:00:00Z inode 1\t1\n+\t0\ta\tb\n=\t1\n",
        "@\tgcc\t2026-11-20T10:00:00Z inode 1\t1\n+\t0\ta\u001b[2J\n=\t1\n",
        "@\tgcc\t2026-11-20T10:00:00Z inode 1\t1\ngcc\n=\t0\n",
        "+\t0\ta\n"
      })
  void damagedTextIsRefused(String text) {
    assertThrows(FileList.Damaged.class, () -> FileList.parse(text));
  }

  @Test
  void textBeyondTheBoundsIsRefused() {
    StringBuilder many = new StringBuilder("@\tgcc\t" + GENERATION + "\t1\n");
    for (int i = 0; i <= FileList.MAX_FILES; i++) {
      many.append("+\t0\t").append(i).append('\n');
    }
    String text = many + "=\t" + (FileList.MAX_FILES + 1) + "\n";
    assertThrows(FileList.Damaged.class, () -> FileList.parse(text));
  }

  @Test
  void listIsBounded() {
    String[] many =
        IntStream.range(0, 600).mapToObj(i -> "a".repeat(300) + i).toArray(String[]::new);
    assertTrue(list(many).text().length() <= FileList.MAX_BYTES);
    String[] small = IntStream.range(0, 600).mapToObj(i -> "" + i).toArray(String[]::new);
    assertEquals(FileList.MAX_FILES, list(small).files().size());
  }

  @Test
  void smallestGapsOfManyRangesAreFilled() {
    BitSet blocks = new BitSet();
    for (int i = 0; i < 80; i++) {
      blocks.set(i < 40 ? 2 * i : 100 * i);
    }
    FileList.Used file = FileList.Used.of("a", blocks);
    assertTrue(file.ranges().split(",").length <= 32, file.ranges());
    assertTrue(file.ranges().startsWith("0-78,"), file.ranges());
    BitSet kept = file.blocks();
    kept.and(blocks);
    assertEquals(blocks, kept);
  }

  @Test
  void unionKeepsTheOrderOfTheFirst() {
    FileList both = list("b", "a").and(list("c", "a"));
    assertEquals(List.of("b", "a", "c"), both.files().stream().map(FileList.Used::path).toList());
  }

  @Test
  void storeSkipsADamagedList(@TempDir Path dir) throws IOException, FileList.Damaged {
    List<String> problems = new ArrayList<>();
    FileListStore store = new FileListStore(dir, problems::add);
    store.write(FileList.parse(TEXT).get(0));
    assertEquals(TEXT, store.read("arm64/gcc-14").orElseThrow().text());
    assertFalse(store.read("gcc").isPresent());
    Path file = dir.resolve("readahead/arm64%2Fgcc-14.files");
    Files.writeString(file, "damaged");
    assertFalse(store.read("arm64/gcc-14").isPresent());
    assertEquals(1, problems.size(), problems.toString());
  }

  @Test
  void shortMemoryIsAProblem() {
    String meminfo = "MemTotal: 1000 kB\nMemFree: 5 kB\nMemAvailable:    %d kB\n";
    String calm = "some avg10=0.99 avg60=50.00 avg300=0.00 total=1\n";
    String busy = "some avg10=1.01 avg60=0.00 avg300=0.00 total=1\n";
    assertTrue(MemoryState.parse(meminfo.formatted(100), calm).problem().isEmpty());
    assertTrue(MemoryState.parse(meminfo.formatted(100), "").problem().isEmpty());
    assertTrue(MemoryState.parse(meminfo.formatted(99), calm).problem().isPresent());
    assertTrue(MemoryState.parse(meminfo.formatted(100), busy).problem().isPresent());
  }
}
