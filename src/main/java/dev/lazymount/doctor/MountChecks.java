package dev.lazymount.doctor;

import dev.lazymount.config.Settings;
import dev.lazymount.doctor.Check.NeededBy;
import dev.lazymount.linux.FileSystemTypes;
import dev.lazymount.linux.ProcessMounts;
import dev.lazymount.linux.Propagation;
import dev.lazymount.linux.User;
import dev.lazymount.mount.MountFailure;
import dev.lazymount.mount.Mounter;
import dev.lazymount.mount.kernel.KernelMounter;
import dev.lazymount.text.Humanize;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Checks whether images can be mounted, and whether other mount namespaces see the mounts. */
final class MountChecks {
  private static final String NAME = "tiny";

  private static final String IMAGE = "/dev/lazymount/doctor/probe.img";

  private static final Path LOOP_CONTROL = Path.of("/dev/loop-control");
  private static final Path OWN_NAMESPACE = Path.of("/proc/self/ns/mnt");
  private static final Path FIRST_NAMESPACE = Path.of("/proc/1/ns/mnt");

  private MountChecks() {}

  static List<Check> all(Settings settings) {
    return List.of(
        Check.of("loop devices", NeededBy.START, () -> loopDevices(Files.exists(LOOP_CONTROL))),
        Check.of("squashfs", NeededBy.START, () -> squashfs(FileSystemTypes.known())),
        Check.of("mount", () -> mount(settings)),
        Check.of("namespace", MountChecks::namespace),
        Check.of("propagation", () -> propagation(settings.root())));
  }

  static Finding loopDevices(boolean there) {
    return there
        ? Finding.ok("loop devices", LOOP_CONTROL + " exists")
        : Finding.fail(
            "loop devices",
            "no " + LOOP_CONTROL + ": the kernel has no loop devices",
            "run modprobe loop");
  }

  /** By the names of the file systems that the kernel supports. */
  static Finding squashfs(Set<String> fileSystems) {
    List<String> known = Stream.of("squashfs", "erofs").filter(fileSystems::contains).toList();
    return known.contains("squashfs")
        ? Finding.ok("squashfs", "the kernel supports " + String.join(" and ", known))
        : Finding.fail("squashfs", "the kernel does not support squashfs", "run modprobe squashfs");
  }

  /** Mounts a tiny image detached, so that it is visible nowhere, and reads it. */
  private static Finding mount(Settings settings) throws IOException {
    Path directory = Files.createTempDirectory("lazymount-doctor-");
    try (InputStream image = MountChecks.class.getResourceAsStream(IMAGE)) {
      Files.createDirectories(directory.resolve("root").resolve(NAME));
      Files.createDirectory(directory.resolve("images"));
      Files.copy(image, directory.resolve("images").resolve(NAME + ".img"));
      long start = System.nanoTime();
      new KernelMounter(
              directory.resolve("root"),
              directory.resolve("images"),
              directory,
              settings.imageSuffixes(),
              settings.mount())
          .rehearse(new Mounter.Request(NAME, NAME + ".img", List.of()));
      return Finding.ok(
          "mount",
          "a tiny image was mounted, read and unmounted in "
              + Humanize.millis((System.nanoTime() - start) / 1e6));
    } catch (MountFailure e) {
      return mountFailed(e.getMessage(), settings.mount().options());
    } finally {
      delete(directory);
    }
  }

  static Finding mountFailed(String why, List<String> options) {
    return Finding.fail(
        "mount",
        why,
        options.isEmpty()
            ? "if this is a container, run lazymount on the host; else give it CAP_SYS_ADMIN"
            : "run doctor again with --set mount.options=[]");
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }

  private static Finding namespace() throws IOException {
    String own = Files.readSymbolicLink(OWN_NAMESPACE).toString();
    try {
      return namespace(own, Files.readSymbolicLink(FIRST_NAMESPACE).toString());
    } catch (IOException e) {
      String why = e instanceof AccessDeniedException ? "EACCES" : e.getMessage();
      return ProcessMounts.sharesMountsWith(1)
          ? Finding.ok("namespace", "the mount namespace of process 1, by the ids of its mounts")
          : namespaceUnknown(why, User.isRoot());
    }
  }

  /** By the targets of the links, such as {@code mnt:[4026531841]}. */
  static Finding namespace(String own, String first) {
    return own.equals(first)
        ? Finding.ok("namespace", "the mount namespace of process 1")
        : Finding.warn(
            "namespace",
            "not the mount namespace of process 1: mounts made here may be invisible to other"
                + " processes",
            "run doctor and the daemon outside containers, and without PrivateMounts= and similar"
                + " unit settings");
  }

  static Finding namespaceUnknown(String why, boolean root) {
    return Finding.warn(
        "namespace",
        FIRST_NAMESPACE
            + " can't be read ("
            + why
            + "), so it is unknown whether mounts made here are visible to other processes",
        root
            ? "if this is a container, run lazymount on the host; on the host, root also needs"
                + " CAP_SYS_PTRACE to read it"
            : "run doctor as root");
  }

  private static Finding propagation(Path root) throws IOException {
    try {
      return propagation(root, Propagation.of(root.toRealPath()));
    } catch (NoSuchFileException e) {
      return Finding.warn("propagation", "unknown: root does not exist", "fix root first");
    }
  }

  static Finding propagation(Path root, Optional<Propagation> found) {
    if (found.isEmpty()) {
      return Finding.warn(
          "propagation", root + " is not in the mount table", "check findmnt -T " + root);
    }
    Propagation there = found.get();
    String mount = "mount " + there.mountPoint();
    return there.shared()
        ? Finding.ok("propagation", mount + " is shared: slave namespaces receive new mounts")
        : Finding.warn(
            "propagation",
            mount
                + (there.slave() ? " is a slave and not shared" : " is private")
                + ": mount namespaces that exist already, such as sandboxes, do not receive new"
                + " mounts",
            "run mount --make-shared " + there.mountPoint());
  }
}
