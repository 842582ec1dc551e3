package dev.lazymount.trace;

import dev.lazymount.config.Settings;
import dev.lazymount.kernel.ChildProcess;
import dev.lazymount.kernel.Scripts;
import dev.lazymount.kernel.Site;
import dev.lazymount.trace.program.BpftraceVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;

/**
 * The bpftrace releases that everything has to work on: that of the machine, and those of the trees
 * in the system property {@code lazymount.trees} (directories separated by commas; one in {@code
 * lazymount.trixie} without it). They differ in their language, in where they keep strings and
 * maps, and in how they report lost events.
 *
 * @param tree a file system tree that has bpftrace; empty for the one in PATH
 */
record BpftraceUnderTest(Optional<Path> tree) {
  static final BpftraceUnderTest INSTALLED = new BpftraceUnderTest(Optional.empty());

  /** All releases. */
  static Stream<BpftraceUnderTest> all() {
    String trees =
        System.getProperty("lazymount.trees", System.getProperty("lazymount.trixie", "nowhere"));
    return Stream.concat(
        Stream.of(INSTALLED),
        Stream.of(trees.split(",", -1))
            .map(tree -> new BpftraceUnderTest(Optional.of(Path.of(tree)))));
  }

  /** Each program with each release: arguments of a test. */
  static Stream<Arguments> withEachProgram() {
    return TraceRecorder.programs().stream()
        .flatMap(program -> all().map(bpftrace -> Arguments.of(program, bpftrace)));
  }

  /**
   * The value of the setting trace.bpftrace.
   *
   * @param folder where a script may be written
   */
  String command(Path folder) throws IOException {
    if (tree.isEmpty()) {
      return "bpftrace";
    }
    if (!Files.isExecutable(tree.get().resolve("usr/bin/bpftrace"))) {
      throw new AssertionError(
          "no bpftrace in "
              + tree.get()
              + " (system property lazymount.trees): ./dev test makes it, or `debootstrap"
              + " --variant=minbase --include=bpftrace trixie DIRECTORY`");
    }
    // The tree becomes the root of a mount namespace with nothing else but /proc and /sys: it is
    // not changed, nothing remains, and no other mount is kept busy. nsenter leaves a chroot first,
    // whose root is no mount point, which pivot_root(2) requires.
    return Scripts.write(
            folder.resolve("bpftrace-" + this),
            "exec 3<" + tree.get(),
            "exec unshare --mount --propagation unchanged nsenter --mount=/proc/self/ns/mnt sh -c"
                + " '",
            "  mount --make-rprivate / && tree=$(readlink /proc/self/fd/3) && exec 3<&- &&",
            "  cd \"$tree\" && mount --rbind . . && cd \"$tree\" &&",
            "  mount --rbind /proc proc && mount --rbind /sys sys &&",
            "  pivot_root . mnt && umount -l /mnt && exec /usr/bin/bpftrace \"$@\"' sh \"$@\"")
        .toString();
  }

  /** The version that it reports; it has to be one that is supported. */
  BpftraceVersion version(Path folder) throws IOException {
    String said = ChildProcess.run(command(folder), "--version").orFail();
    BpftraceVersion version = BpftraceVersion.parse(said);
    if (version.equals(BpftraceVersion.UNKNOWN) || version.refusal().isPresent()) {
      throw new AssertionError(this + " is no supported release: " + said);
    }
    return version;
  }

  /** A site's settings with this bpftrace, and with more. */
  Settings settings(Site site, String... more) throws IOException {
    List<String> all = new ArrayList<>(List.of(more));
    all.add("trace.bpftrace=" + command(site.scratch()));
    return TraceRecorder.settings(site, all.toArray(String[]::new));
  }

  /** The name of its tree's directory, as in the names of tests. */
  @Override
  public String toString() {
    return tree.map(path -> path.getFileName().toString()).orElse("installed");
  }
}
