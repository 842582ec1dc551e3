package dev.lazymount.warm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
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
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The file of the list, on a real file system. */
class WarmStoreTest {
  private static final Instant NOON = Instant.parse("2026-11-23T12:00:00Z");

  @TempDir private Path temp;
  private Path state;
  private WarmStore store;

  @BeforeEach
  void open() {
    state = temp.resolve("a/state");
    store = new WarmStore(state);
  }

  @AfterEach
  void close() {
    store.close();
  }

  private Path file() {
    return state.resolve(WarmStore.FILE);
  }

  private static String text(String... names) {
    WarmList list = new WarmList();
    List.of(names).forEach(name -> list.used(name, NOON));
    return WarmText.print(list, NOON);
  }

  private static String mode(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }

  private List<String> files() throws IOException {
    try (Stream<Path> files = Files.list(state)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void whatIsSavedIsLoadedByTheNext() throws IOException {
    assertEquals(0, store.load().list().size());
    store.save(text("gcc"));
    store.save(text("gcc", "clang"));
    store.close();
    WarmStore.Kept kept = store.load();
    assertEquals(2, kept.list().size());
    assertNull(kept.damage());
    assertEquals(List.of("warm.list", "warm.list.lock"), files());
  }

  @Test
  void itIsForItsOwnerAlone() throws IOException {
    store.save(text("gcc"));
    assertEquals("rwx------", mode(state));
    assertEquals("rw-------", mode(file()));
  }

  @Test
  void aDamagedListIsSetAsideAndANewOneBegun() throws IOException {
    Files.createDirectories(state);
    Files.writeString(file(), "1.0 2026");
    WarmStore.Kept kept = store.load();
    assertEquals(0, kept.list().size());
    assertTrue(kept.damage().contains(file() + " is damaged: line 1 "), kept.damage());
    assertEquals("1.0 2026", Files.readString(state.resolve(WarmStore.DAMAGED)));
    assertFalse(Files.exists(file()));
    store.save(text("gcc"));
    assertEquals(1, store.load().list().size());
  }

  @Test
  void bytesThatAreNoTextAreDamage() throws IOException {
    Files.createDirectories(state);
    Files.write(file(), new byte[] {'#', ' ', (byte) 0xff, (byte) 0xfe});
    assertTrue(store.load().damage().contains("it is not UTF-8"));
  }

  @Test
  void aListTooLargeToBeOneIsNotReadToItsEnd() throws IOException {
    Files.createDirectories(state);
    try (FileChannel channel =
        FileChannel.open(file(), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(new byte[] {'#'}), 1L << 40);
    }
    assertTrue(store.load().damage().contains("larger than 4 MiB"));
  }

  @Test
  void whatIsNoRegularFileIsSetAsideAndNeverOpened() throws IOException {
    Files.createDirectories(state);
    Path elsewhere = Files.writeString(temp.resolve("elsewhere"), text("gcc"));
    Files.createSymbolicLink(file(), elsewhere);
    assertTrue(store.load().damage().contains("not a regular file"));
    store.save(text("gcc", "clang"));
    assertEquals(text("gcc"), Files.readString(elsewhere));
  }

  @Test
  void aFileThatAKilledDaemonLeftIsNoHindrance() throws IOException {
    Files.createDirectories(state);
    Path elsewhere = Files.writeString(temp.resolve("elsewhere"), "x");
    Files.createSymbolicLink(state.resolve("warm.list.new"), elsewhere);
    store.save(text("gcc"));
    assertEquals(1, store.load().list().size());
    assertEquals("x", Files.readString(elsewhere));
    assertEquals(List.of("warm.list", "warm.list.lock"), files());
  }

  @Test
  void aDirectoryThatOthersCanWriteToIsNotUsed() throws IOException {
    Files.createDirectories(state);
    Files.setPosixFilePermissions(state, PosixFilePermissions.fromString("rwxrwx---"));
    IOException e = assertThrows(IOException.class, () -> store.load());
    assertTrue(e.getMessage().contains("others may write to it"), e.getMessage());
    assertEquals(List.of(), files());
  }

  @Test
  void twoDaemonsDontShareAList() throws IOException {
    store.load();
    try (WarmStore second = new WarmStore(state)) {
      IOException e = assertThrows(IOException.class, second::load);
      assertTrue(e.getMessage().contains("another daemon"), e.getMessage());
      store.close();
      second.load();
    }
  }

  @Test
  void aSaveThatFailsLeavesTheOldList() throws IOException {
    store.save(text("gcc"));
    Files.createDirectories(state.resolve("warm.list.new/in-the-way"));
    assertThrows(IOException.class, () -> store.save(text("gcc", "clang")));
    assertEquals(1, store.load().list().size());
  }

  @Test
  void theStateDirectoryMayBeASymlink() throws IOException {
    Path real = Files.createDirectories(temp.resolve("real"));
    Files.setPosixFilePermissions(real, PosixFilePermissions.fromString("rwx------"));
    Path link = Files.createSymbolicLink(temp.resolve("link"), real);
    try (WarmStore linked = new WarmStore(link)) {
      linked.save(text("gcc"));
    }
    assertTrue(Files.exists(real.resolve(WarmStore.FILE)));
  }

  @Test
  void aSeedMustBeAFile() throws Exception {
    Path seed = Files.writeString(temp.resolve("seed"), "gcc\nclang\n");
    assertEquals(2, WarmStore.seed(seed, NOON).size());
    assertThrows(WarmText.Damaged.class, () -> WarmStore.seed(temp, NOON));
    assertThrows(IOException.class, () -> WarmStore.seed(temp.resolve("none"), NOON));
  }
}
