package dev.lazymount.linux;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lazymount.linux.ResidentMemory.Mapping;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.StringReader;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What may be released, and above all what may not. */
final class ResidentMemoryTest {
  private static final String SMAPS =
      """
      801000000-801004000 r--p 00000000 fe:00 77                 /usr/lib/a file.jsa
      Rss:                  16 kB
      Anonymous:             0 kB
      Swap:                  0 kB
      802000000-802004000 r--p 00004000 fe:00 77                 /usr/lib/moved.jsa
      Anonymous:             8 kB
      Swap:                  0 kB
      802800000-802804000 r--p 00004000 fe:00 77                 /usr/lib/moved and swapped.jsa
      Anonymous:             0 kB
      Swap:                 16 kB
      803000000-803004000 rw-p 00004000 fe:00 77                 /usr/lib/written.jsa
      Anonymous:             0 kB
      804000000-804004000 r--p 00000000 00:00 0
      Anonymous:             0 kB
      805000000-805002000 r-xp 00000000 fe:00 78                 /usr/lib/libjvm.so
      Anonymous:             0 kB
      806000000-806002000 rwxp 00000000 fe:00 78                 /usr/lib/code
      Anonymous:             0 kB
      7ffc0000000-7ffc0001000 r-xp 00000000 00:00 0              [vdso]
      Anonymous:             0 kB
      fff0000000000000-fff0000000001000 r--s 00000000 fe:00 79   /usr/lib/modules
      Anonymous:             0 kB
      """;

  @TempDir private Path folder;

  @Test
  void onlyUnchangedFilesAreReleased() throws Exception {
    assertEquals(
        List.of(
            new Mapping(0x801000000L, 0x4000),
            new Mapping(0x805000000L, 0x2000),
            new Mapping(0xfff0000000000000L, 0x1000)),
        ResidentMemory.unchanged(new BufferedReader(new StringReader(SMAPS))));
  }

  @Test
  void releasedFileReadsAsBefore() throws Exception {
    Path file = folder.resolve("file");
    byte[] content = new byte[1 << 20];
    new Random(1).nextBytes(content);
    Files.write(file, content);
    try (FileChannel channel = FileChannel.open(file)) {
      MappedByteBuffer mapped = channel.map(MapMode.READ_ONLY, 0, content.length).load();
      assertEquals(1024, resident(file));
      ResidentMemory.release();
      assertEquals(0, resident(file));
      byte[] read = new byte[content.length];
      mapped.get(read);
      assertArrayEquals(content, read);
    }
  }

  /** kB of a mapped file. */
  private static int resident(Path file) throws IOException {
    List<String> smaps = Files.readAllLines(Path.of("/proc/self/smaps"));
    int head = 0;
    while (!smaps.get(head).endsWith(file.toString())) {
      head++;
    }
    String rss =
        smaps.subList(head, smaps.size()).stream()
            .filter(line -> line.startsWith("Rss:"))
            .findFirst()
            .orElseThrow();
    return Integer.parseInt(rss.replaceAll("\\D", ""));
  }
}
