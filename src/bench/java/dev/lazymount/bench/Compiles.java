package dev.lazymount.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Runs compiles as an unprivileged user, each in a directory of its own, and times them
 * (src/bench/c/jail.c).
 */
final class Compiles {
  /** An unprivileged user: a compiler that runs as root might replace files of this machine. */
  private static final String UID = "65534";

  /**
   * What a compiler uses of this machine, read back after the caches were dropped: the storage is
   * to be cold and not the machine.
   */
  static final String READ_BACK =
      "cat /etc/ld.so.cache /usr/bin/env /bin/sh /lib/*/libc.so.6 /lib/*/libm.so.6 /lib/*/libz.so.1"
          + " /lib/*/libgcc_s.so.1 /lib/*/libtinfo.so.6 >/dev/null 2>&1; true";

  private final Workspace workspace;

  Compiles(Workspace workspace) throws IOException, InterruptedException {
    this.workspace = workspace;
    workspace.compile("jail");
    // The user has to get at what is in there.
    allow("711", workspace.folder());
  }

  /** Makes every storage cold, but for one in memory. */
  void dropCaches() throws IOException, InterruptedException {
    workspace.run(List.of("sync"), List.of());
    Files.writeString(Path.of("/proc/sys/vm/drop_caches"), "3\n");
    workspace.run(List.of("/bin/sh", "-c", READ_BACK), List.of());
  }

  /**
   * One compile.
   *
   * @param at the compiler's directory
   * @param sandboxed whether in a mount namespace of its own
   * @return milliseconds from before its process was made to its end
   */
  double millis(Compiler compiler, Path at, boolean sandboxed)
      throws IOException, InterruptedException {
    Path folder = Files.createTempDirectory(workspace.folder(), "compile-");
    compiler.writeProgram(folder);
    allow("777", folder);
    List<String> words = new ArrayList<>();
    Collections.addAll(words, sandboxed ? "slave" : "run", UID, folder.toString());
    words.addAll(compiler.command(at));
    String nanos = workspace.c("jail", List.of(), words.toArray(String[]::new)).get(0);
    if (!Files.exists(folder.resolve("program.o"))) {
      throw new IOException(compiler.title() + " in " + at + " compiled nothing");
    }
    workspace.run(List.of("rm", "-rf", folder.toString()), List.of());
    return Long.parseLong(nanos) / 1e6;
  }

  private void allow(String mode, Path folder) throws IOException, InterruptedException {
    workspace.run(List.of("chmod", mode, folder.toString()), List.of());
  }
}
