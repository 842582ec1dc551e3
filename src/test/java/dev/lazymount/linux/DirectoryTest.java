package dev.lazymount.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real directories, with names that are none to Java. */
final class DirectoryTest {
  @TempDir private Path temp;

  private Directory.Listing list(int most) throws SyscallException {
    try (Fd directory = Fd.openDirectory(temp.toString())) {
      return Directory.list(directory, most);
    }
  }

  /** Makes so many files whose names begin with a byte that is not UTF-8. */
  private void foreign(int count) throws Exception {
    Process sh = new ProcessBuilder("sh", "-s", "--", temp.toString()).start();
    String script =
        "cd \"$1\" && byte=$(printf '\\377') && i=0 && while [ $i -lt "
            + count
            + " ]; do : >\"$byte$i\" && i=$((i + 1)); done";
    try (OutputStream stdin = sh.getOutputStream()) {
      stdin.write(script.getBytes(StandardCharsets.UTF_8));
    }
    assertEquals(0, sh.waitFor());
  }

  @Test
  void namesThatAreNotUtf8AreLeftOutAndCountTowardsTheLimit() throws Exception {
    foreign(5);
    Files.createFile(temp.resolve("gcc.img"));
    Directory.Listing all = list(6);
    assertTrue(all.complete());
    assertEquals(List.of(new Directory.Entry("gcc.img", FileType.FILE)), all.entries());
    assertFalse(list(5).complete());
    foreign(3000);
    assertFalse(list(100).complete());
  }
}
