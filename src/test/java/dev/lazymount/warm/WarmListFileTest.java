package dev.lazymount.warm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The format of the list, and its file on a real file system. */
class WarmListFileTest {
  private static final Instant NOON = Instant.parse("2026-11-23T12:00:00Z");
  private static final WarmList NONE = new WarmList();

  /** As written by the first release, with its comments. */
  private static final String FIRST_RELEASE =
      """
      # The compilers used most on this node. lazymount keeps this list and mounts the first ones at
      # its start (warm.max). Each hour in which one is used counts 1, and half of it a week later.
      # To begin anew, stop lazymount and delete this file.
      #   score  last used             compiler
         1.9041  2026-11-23T12:00:00Z  gcc 15 ä
         1.0000  2026-11-23T12:00:00Z  arm64/gcc-8.2.0
      # 2 in all
      """;

  @TempDir private Path temp;
  private Path state;
  private WarmListFile file;

  @BeforeEach
  void open() {
    state = temp.resolve("a/state");
    file = new WarmListFile(state);
  }

  private Path path() {
    return state.resolve(WarmListFile.NAME);
  }

  private static WarmList list(String... names) {
    WarmList list = new WarmList();
    List.of(names).forEach(name -> list.used(name, NOON));
    return list;
  }

  /** One used twice, and one used once. */
  private static WarmList twoNames() {
    WarmList list = list("gcc 15 ä", "arm64/gcc-8.2.0");
    list.nextHour();
    list.used("gcc 15 ä", NOON);
    return list;
  }

  private void makeStateDirectory() throws IOException {
    Files.createDirectories(
        state, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
  }

  private String damage() throws IOException {
    return file.load().damage().orElseThrow();
  }

  private static String mode(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }

  private List<String> files() throws IOException {
    try (Stream<Path> files = Files.list(state)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  // --- the format ---

  @Test
  void printedListIsParsed() throws Exception {
    String text = WarmListFile.print(twoNames(), NOON);
    WarmList read = WarmListFile.parse(text);
    assertEquals(List.of("gcc 15 ä", "arm64/gcc-8.2.0"), read.ranking(NONE, NOON));
    assertEquals(text, WarmListFile.print(read, NOON));
  }

  @Test
  void listOfTheFirstReleaseIsParsed() throws Exception {
    WarmList read = WarmListFile.parse(FIRST_RELEASE);
    assertEquals(List.of("gcc 15 ä", "arm64/gcc-8.2.0"), read.ranking(NONE, NOON));
    assertEquals(1.9041, read.sorted(NOON).get(0).getValue().score(), 1e-9);
  }

  @Test
  void printedListIsReadable() {
    List<String> lines = WarmListFile.print(twoNames(), NOON).lines().toList();
    assertTrue(lines.get(0).startsWith("# "), lines.get(0));
    assertTrue(
        lines.contains("   1.0000  2026-11-23T12:00:00Z  arm64/gcc-8.2.0"), lines.toString());
    assertEquals("# 2 in all", lines.get(lines.size() - 1));
  }

  @Test
  void emptyListIsParsed() throws Exception {
    assertEquals(0, WarmListFile.parse(WarmListFile.print(NONE, NOON)).size());
  }

  @Test
  void listTruncatedAnywhereIsDamaged() {
    String text = WarmListFile.print(twoNames(), NOON).stripTrailing();
    for (int length = 0; length < text.length(); length++) {
      String cut = text.substring(0, length);
      assertThrows(
          WarmListFile.Damaged.class, () -> WarmListFile.parse(cut), () -> "cut to: " + cut);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "gcc",
        "1 2026-11-23T12:00:00Z gcc",
        "-1.0 2026-11-23T12:00:00Z gcc",
        "NaN 2026-11-23T12:00:00Z gcc",
        "251.0 2026-11-23T12:00:00Z gcc",
        "1.0 2026-13-23T12:00:00Z gcc",
        "1.0 2026-11-23T12:00:00Z ../etc",
        "1.0 2026-11-23T12:00:00Z /etc",
        "1.0 2026-11-23T12:00:00Z a\u0007b",
        "1.0 2026-11-23T12:00:00Z",
        "",
      })
  void invalidLineIsDamage(String line) {
    String text = "# \n" + line + "\n# 1 in all";
    WarmListFile.Damaged damaged =
        assertThrows(WarmListFile.Damaged.class, () -> WarmListFile.parse(text));
    assertTrue(damaged.getMessage().startsWith("line 2 "), damaged.getMessage());
  }

  @Test
  void repeatedNameIsDamage() {
    String line = "1.0 2026-11-23T12:00:00Z gcc\n";
    assertThrows(WarmListFile.Damaged.class, () -> WarmListFile.parse(line + line + "# 1 in all"));
  }

  // --- warm.list ---

  @Test
  void savedListIsLoaded() throws IOException {
    assertEquals(0, file.load().list().size());
    file.save(list("gcc"), NOON);
    file.save(list("gcc", "clang"), NOON);
    WarmListFile.Loaded loaded = new WarmListFile(state).load();
    assertEquals(2, loaded.list().size());
    assertEquals(Optional.empty(), loaded.damage());
    assertEquals(List.of(WarmListFile.NAME), files());
  }

  @Test
  void onlyTheOwnerHasAccess() throws IOException {
    file.save(list("gcc"), NOON);
    assertEquals("rwx------", mode(state));
    assertEquals("rw-------", mode(path()));
    assertEquals("rwxr-xr-x", mode(state.getParent()));
  }

  @Test
  void damagedListIsSetAside() throws IOException {
    makeStateDirectory();
    Files.writeString(path(), "1.0 2026");
    WarmListFile.Loaded loaded = file.load();
    assertEquals(0, loaded.list().size());
    String damage = loaded.damage().orElseThrow();
    assertTrue(damage.contains(path() + " is damaged: line 1 "), damage);
    assertEquals("1.0 2026", Files.readString(state.resolve(WarmListFile.DAMAGED)));
    assertFalse(Files.exists(path()));
    file.save(list("gcc"), NOON);
    assertEquals(1, file.load().list().size());
  }

  @Test
  void bytesThatAreNotUtf8AreDamage() throws IOException {
    makeStateDirectory();
    Files.write(path(), new byte[] {'#', ' ', (byte) 0xff, (byte) 0xfe});
    assertTrue(damage().contains("it is not UTF-8"));
  }

  @Test
  void oversizedListIsNotReadToItsEnd() throws IOException {
    makeStateDirectory();
    try (FileChannel channel =
        FileChannel.open(path(), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(new byte[] {'#'}), 1L << 40);
    }
    assertTrue(damage().contains("larger than 4 MiB"));
  }

  @Test
  void symlinkIsDamageAndIsNotFollowed() throws IOException {
    makeStateDirectory();
    String text = WarmListFile.print(list("gcc"), NOON);
    Path elsewhere = Files.writeString(temp.resolve("elsewhere"), text);
    Files.createSymbolicLink(path(), elsewhere);
    assertTrue(damage().contains("not a regular file"));
    file.save(list("gcc", "clang"), NOON);
    assertEquals(text, Files.readString(elsewhere));
  }

  @Test
  void leftoverOfAKilledDaemonIsReplaced() throws IOException {
    makeStateDirectory();
    Path elsewhere = Files.writeString(temp.resolve("elsewhere"), "x");
    Files.createSymbolicLink(state.resolve(WarmListFile.NEW), elsewhere);
    file.save(list("gcc"), NOON);
    assertEquals(1, file.load().list().size());
    assertEquals("x", Files.readString(elsewhere));
    assertEquals(List.of(WarmListFile.NAME), files());
  }

  @Test
  void directoryWritableByOthersIsRefused() throws IOException {
    makeStateDirectory();
    Files.setPosixFilePermissions(state, PosixFilePermissions.fromString("rwxrwx---"));
    for (IOException e :
        List.of(
            assertThrows(IOException.class, () -> file.load()),
            assertThrows(IOException.class, () -> file.save(list("gcc"), NOON)))) {
      assertTrue(e.getMessage().contains("other users can write to it"), e.getMessage());
    }
    assertEquals(List.of(), files());
  }

  @Test
  void failedSaveLeavesTheOldList() throws IOException {
    file.save(list("gcc"), NOON);
    Files.createDirectories(state.resolve(WarmListFile.NEW).resolve("full"));
    assertThrows(IOException.class, () -> file.save(list("gcc", "clang"), NOON));
    assertEquals(1, file.load().list().size());
  }

  @Test
  void stateDirectoryMayBeASymlink() throws IOException {
    makeStateDirectory();
    Path link = Files.createSymbolicLink(temp.resolve("link"), state);
    new WarmListFile(link).save(list("gcc"), NOON);
    assertTrue(Files.exists(path()));
  }

  // --- the seed ---

  @Test
  void seedMayHaveNamesAndLinesOfAList() throws Exception {
    String seed =
        """
        # popular

         gcc-15.1.0
        clang 21
           4.0000  2026-11-23T12:00:00Z  tcc
        # 9 in all
        """;
    assertEquals(
        List.of("tcc", "gcc-15.1.0", "clang 21"),
        WarmListFile.parseSeed(seed, NOON).ranking(NONE, NOON));
    assertEquals(2, WarmListFile.parseSeed(WarmListFile.print(twoNames(), NOON), NOON).size());
  }

  @ParameterizedTest
  @CsvSource({
    "a//b, line 2 has an invalid name",
    "../x, line 2 has an invalid name",
    "gcc, line 2 repeats a name"
  })
  void seedWithAnInvalidNameIsDamaged(String name, String reason) {
    WarmListFile.Damaged damaged =
        assertThrows(
            WarmListFile.Damaged.class, () -> WarmListFile.parseSeed("gcc\n" + name, NOON));
    assertEquals(reason, damaged.getMessage());
  }

  @Test
  void seedIsBounded() {
    String names =
        IntStream.rangeClosed(0, WarmList.MAX_NAMES)
            .mapToObj(i -> "gcc-" + i)
            .collect(Collectors.joining("\n"));
    assertThrows(WarmListFile.Damaged.class, () -> WarmListFile.parseSeed(names, NOON));
  }

  @Test
  void seedMustBeARegularFile() throws Exception {
    Path seed = Files.writeString(temp.resolve("seed"), "gcc\nclang\n");
    assertEquals(2, WarmListFile.readSeed(seed, NOON).size());
    assertThrows(WarmListFile.Damaged.class, () -> WarmListFile.readSeed(temp, NOON));
    assertThrows(IOException.class, () -> WarmListFile.readSeed(temp.resolve("missing"), NOON));
  }
}
