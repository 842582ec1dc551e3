package dev.lazymount.mount.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.linux.FileStatus;
import dev.lazymount.linux.FileType;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TopDirectoryTest {
  @ParameterizedTest(name = "image {0} {1}:{2} over {3} {4}:{5}")
  @CsvSource({
    "0755, 0, 0, 0755, 0, 0",
    "0755, 0, 0, 0700, 0, 0",
    "0755, 0, 0, 0755, 1000, 1000",
    "0555, 0, 0, 0755, 0, 0",
    "0755, 0, 0, 0750, 0, 50",
    "0750, 0, 50, 0750, 0, 50",
    "0500, 1000, 0, 0700, 1000, 1000",
    "0700, 0, 0, 0700, 0, 0",
    "0711, 0, 0, 0711, 0, 0",
    "0777, 7, 7, 0755, 1000, 1000",
  })
  void grantsEnough(
      String mode, int owner, int group, String otherMode, int otherOwner, int otherGroup) {
    assertEquals(
        Optional.empty(),
        TopDirectory.locksOut(
            directory(mode, owner, group, 0), directory(otherMode, otherOwner, otherGroup, 0)));
  }

  @ParameterizedTest(name = "image {0} {1}:{2} over {3} {4}:{5}")
  @CsvSource({
    "0700, 0, 0, 0755, 0, 0",
    "0711, 0, 0, 0755, 0, 0",
    "0744, 0, 0, 0755, 0, 0",
    "0750, 0, 0, 0755, 0, 0",
    "0750, 0, 0, 0750, 0, 50",
    "0705, 0, 50, 0755, 0, 0",
    "0700, 0, 0, 0700, 1000, 1000",
    "0055, 1000, 0, 0755, 0, 0",
    "0700, 1001, 0, 0700, 1000, 0",
  })
  void grantsLess(
      String mode, int owner, int group, String otherMode, int otherOwner, int otherGroup) {
    assertTrue(
        TopDirectory.locksOut(
                directory(mode, owner, group, 0), directory(otherMode, otherOwner, otherGroup, 0))
            .isPresent());
  }

  @Test
  void bothModesAreInTheReason() {
    assertEquals(
        "the top directory of the image grants less (mode 0700, owner 0, group 0) than the"
            + " directory that it would cover (mode 0755, owner 1000, group 50)",
        TopDirectory.locksOut(directory("0700", 0, 0, 0), directory("0755", 1000, 50, 0))
            .orElseThrow());
  }

  @Test
  void newerIsAWholeSecondNewer() {
    FileStatus image = directory("0755", 0, 0, 7_000_000_000L);
    assertFalse(TopDirectory.isNewer(directory("0755", 0, 0, 7_999_999_999L), image));
    assertFalse(TopDirectory.isNewer(directory("0755", 0, 0, 6_000_000_000L), image));
    assertTrue(TopDirectory.isNewer(directory("0755", 0, 0, 8_000_000_000L), image));
  }

  private static FileStatus directory(String mode, int owner, int group, long mtimeNanos) {
    return new FileStatus(
        FileType.DIRECTORY, 1, 2, 3, mtimeNanos, Integer.parseInt(mode, 8), owner, group, true);
  }
}
