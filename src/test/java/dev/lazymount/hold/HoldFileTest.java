package dev.lazymount.hold;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.linux.Fd;
import dev.lazymount.linux.Flock;
import dev.lazymount.mount.OperatorHold;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The file of holds. */
final class HoldFileTest {
  private static final Instant SINCE = Instant.parse("2026-11-23T12:00:00Z");
  private static final OperatorHold HOLD =
      new OperatorHold(SINCE, Optional.of(Instant.parse("2100-01-01T00:00:00Z")), "a \"b\" é");

  @TempDir private Path temporary;
  private Path state;
  private HoldFile file;

  @BeforeEach
  void inADirectoryThatIsNotThereYet() {
    state = temporary.resolve("state");
    file = new HoldFile(state);
  }

  private void put(String name, OperatorHold hold) throws IOException {
    file.update(
        holds -> {
          holds.put(name, hold);
          return holds;
        });
  }

  @Test
  void readingWithoutADirectoryCreatesNothing() throws IOException {
    assertEquals(Map.of(), file.read());
    assertFalse(Files.exists(state));
  }

  @Test
  void holdsAreReadBack() throws IOException {
    OperatorHold endless = new OperatorHold(SINCE, Optional.empty(), "");
    put("arm64/gcc", HOLD);
    put("a b", endless);
    assertEquals(Map.of("arm64/gcc", HOLD, "a b", endless), new HoldFile(state).read());
  }

  @Test
  void onlyItsOwnerCanReadTheFile() throws IOException {
    put("gcc", HOLD);
    assertEquals(
        "rw-------",
        PosixFilePermissions.toString(Files.getPosixFilePermissions(state.resolve("holds"))));
  }

  @Test
  void endedHoldsAreDropped() throws IOException {
    put("gcc", new OperatorHold(SINCE, Optional.of(SINCE.plusSeconds(1)), ""));
    put("clang", HOLD);
    assertEquals(Map.of("clang", HOLD), file.read());
  }

  @Test
  void thereIsALimit() throws IOException {
    file.update(
        holds -> {
          for (int i = 0; i < HoldFile.MOST; i++) {
            holds.put("c" + i, HOLD);
          }
          return holds;
        });
    IOException e = assertThrows(IOException.class, () -> put("one-more", HOLD));
    assertTrue(e.getMessage().startsWith("more than 1000 names"), e.getMessage());
    assertEquals(HoldFile.MOST, file.read().size());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "[]",
        "{\"holds\": 3}",
        "{\"holds\": [null]}",
        "{\"holds\": [{\"name\": \"../x\", \"since\": \"2026-11-23T12:00:00Z\"}]}",
        "{\"holds\": [{\"name\": \"gcc\", \"since\": \"yesterday\"}]}",
        "{\"holds\": [{\"since\": \"2026-11-23T12:00:00Z\"}]}"
      })
  void aDamagedFileIsNamedAndKept(String content) throws IOException {
    put("gcc", HOLD);
    Files.writeString(state.resolve("holds"), content);
    IOException e = assertThrows(IOException.class, file::read);
    assertTrue(e.getMessage().startsWith(state + "/holds is damaged: "), e.getMessage());
    assertThrows(IOException.class, () -> put("clang", HOLD));
    assertEquals(content, Files.readString(state.resolve("holds")));
  }

  @Test
  void aSymlinkIsNotFollowed() throws IOException {
    put("gcc", HOLD);
    Files.move(state.resolve("holds"), temporary.resolve("elsewhere"));
    Files.createSymbolicLink(state.resolve("holds"), temporary.resolve("elsewhere"));
    assertThrows(IOException.class, file::read);
  }

  @Test
  void anotherProcessIsWaitedForAndThenNamed() throws Exception {
    put("gcc", HOLD);
    try (Fd directory = Fd.openDirectory(state.toString());
        Flock lock = Flock.tryLock(directory, "holds.lock").orElseThrow()) {
      IOException e = assertThrows(IOException.class, file::read);
      assertEquals("another process has locked " + state.resolve("holds.lock"), e.getMessage());
    }
    assertEquals(1, file.read().size());
  }

  @Test
  void aReasonIsOnePrintableLineOfBoundedLength() {
    assertEquals("a?b", HoldFile.printable(" a\nb "));
    assertEquals(HoldFile.LONGEST_REASON, HoldFile.printable("x".repeat(1000)).length());
  }
}
