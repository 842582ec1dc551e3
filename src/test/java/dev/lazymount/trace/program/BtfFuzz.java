package dev.lazymount.trace.program;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/** Type information of a kernel: offsets, or a reason why there are none. */
public final class BtfFuzz {
  private static Path file;

  private BtfFuzz() {}

  /** The whole file. */
  public static void fuzzerTestOneInput(byte[] data) throws IOException {
    if (file == null) {
      Path memory = Path.of("/dev/shm");
      file =
          Files.isWritable(memory)
              ? Files.createTempFile(memory, "lazymount-fuzz-", ".btf")
              : Files.createTempFile("lazymount-fuzz-", ".btf");
      file.toFile().deleteOnExit();
    }
    Files.write(file, data);
    try {
      Btf.read(
          file,
          List.of(new Btf.Member("file", "f_inode"), new Btf.Member("a", "b")),
          Set.of("security_file_open"));
    } catch (IOException expected) {
      // It says why.
    }
  }
}
