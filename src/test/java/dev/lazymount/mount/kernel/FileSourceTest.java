package dev.lazymount.mount.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lazymount.mount.Mounter;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The name that encodes which content a mount without a loop device was made from. */
final class FileSourceTest {
  private static final Mounter.Generation PLAIN = new Mounter.Generation(45, 8123, 4096, 17);

  /** An inode number from a hash of 64 bits, and a file from before 1970. */
  private static final Mounter.Generation EXTREME =
      new Mounter.Generation(45, -8123, 4096, -1_000_000_000L);

  private static Optional<Mounter.Generation> read(String file, String name) {
    return FileSource.generation(file, "/run/lock/lazymount/" + name);
  }

  @Test
  void nameEncodesTheGeneration() {
    for (Mounter.Generation each : new Mounter.Generation[] {PLAIN, EXTREME}) {
      assertEquals(
          Optional.of(each), read("arm64/gcc.img", FileSource.name("arm64/gcc.img", each)));
    }
  }

  @Test
  void otherNamesAreNotParsed() {
    String name = FileSource.name("arm64/gcc.img", PLAIN);
    assertEquals(Optional.empty(), read("arm64/gcc2.img", name));
    assertEquals(Optional.empty(), read("arm64/gcc.img", "gcc.img"));
    assertEquals(Optional.empty(), read("arm64/gcc.img", name + "0".repeat(20)));
  }
}
