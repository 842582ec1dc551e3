package dev.lazymount.trace;

import dev.lazymount.kernel.ChildProcess;
import dev.lazymount.kernel.Scripts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The bpftrace releases that everything has to work on. They differ in their language, in where
 * they keep strings and maps, and in how they tell what they lost.
 */
enum BpftraceVersion {
  /** The one of the machine, on Debian 12 it is 0.17. */
  INSTALLED("v0.17") {
    @Override
    String command(Path folder) {
      return "bpftrace";
    }
  },

  /** The one of Debian 13, 0.23, in a tree of it. */
  DEBIAN_13("v0.23") {
    @Override
    String command(Path folder) throws IOException {
      Path tree = Path.of(System.getProperty("lazymount.trixie", "nowhere"));
      if (!Files.isExecutable(tree.resolve("usr/bin/bpftrace"))) {
        throw new AssertionError(
            "no bpftrace in "
                + tree
                + " (system property lazymount.trixie): ./dev test makes it, or `debootstrap"
                + " --variant=minbase --include=bpftrace trixie DIRECTORY`");
      }
      // The tree becomes the root of a mount namespace that has nothing else but /proc and /sys: it
      // is not changed, nothing is left, and no mount of anybody else is kept busy.
      return Scripts.write(
              folder.resolve("bpftrace-debian-13"),
              "exec unshare --mount --propagation private sh -c '",
              "  cd \"$0\" && mount --rbind . . && cd \"$0\" &&",
              "  mount --rbind /proc proc && mount --rbind /sys sys &&",
              "  pivot_root . mnt && umount -l /mnt && exec /usr/bin/bpftrace \"$@\"' \\",
              "  " + tree + " \"$@\"")
          .toString();
    }
  };

  private final String version;

  BpftraceVersion(String version) {
    this.version = version;
  }

  /**
   * What the setting trace.bpftrace has to be.
   *
   * @param folder where a script may be written
   */
  abstract String command(Path folder) throws IOException;

  /** The same, and it is made sure that it is the release it should be. */
  String checked(Path folder) throws IOException {
    String command = command(folder);
    String said = ChildProcess.run(command, "--version").orFail();
    if (!said.contains(version)) {
      throw new AssertionError(command + " is not bpftrace " + version + ": " + said);
    }
    return command;
  }
}
