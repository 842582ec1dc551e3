package dev.lazymount.doctor;

import dev.lazymount.config.Settings;
import dev.lazymount.doctor.Doctor.Check;
import dev.lazymount.linux.FileSystemTypes;
import dev.lazymount.linux.Propagation;
import dev.lazymount.mount.MountFailure;
import dev.lazymount.mount.Mounter;
import dev.lazymount.mount.kernel.KernelMounter;
import dev.lazymount.text.Humanize;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Whether images can be mounted, and whether others would see that. */
final class MountChecks {
  private static final String NAME = "tiny";

  /** A tiny squashfs image, to mount as a probe. */
  private static final String IMAGE = "/dev/lazymount/doctor/probe.img";

  private static final Path OWN_NAMESPACE = Path.of("/proc/self/ns/mnt");
  private static final Path FIRST_NAMESPACE = Path.of("/proc/1/ns/mnt");

  private MountChecks() {}

  static List<Check> all(Settings settings) {
    return List.of(
        Check.of("loop devices", MountChecks::loop),
        Check.of("squashfs", MountChecks::squashfs),
        Check.of("mount", () -> mount(settings)),
        Check.of("namespace", MountChecks::namespace),
        Check.of("propagation", () -> propagation(settings.root())));
  }

  private static Finding loop() {
    return Files.exists(Path.of("/dev/loop-control"))
        ? Finding.ok("loop devices", "/dev/loop-control is there")
        : Finding.fail("loop devices", "no /dev/loop-control", "modprobe loop");
  }

  private static Finding squashfs() throws IOException {
    Set<String> all = FileSystemTypes.known();
    List<String> known = Stream.of("squashfs", "erofs").filter(all::contains).toList();
    return known.contains("squashfs")
        ? Finding.ok("squashfs", "the kernel has " + String.join(" and ", known))
        : Finding.fail("squashfs", "the kernel has none", "modprobe squashfs");
  }

  /** Mounts it detached, reads it and releases it: no path shows it. */
  private static Finding mount(Settings settings) throws IOException {
    Path folder = Files.createTempDirectory("lazymount-doctor-");
    try (InputStream image = MountChecks.class.getResourceAsStream(IMAGE)) {
      Files.createDirectories(folder.resolve("root").resolve(NAME));
      Files.createDirectory(folder.resolve("images"));
      Files.copy(image, folder.resolve("images").resolve(NAME + ".img"));
      long start = System.nanoTime();
      new KernelMounter(
              folder.resolve("root"),
              folder.resolve("images"),
              folder,
              settings.imageSuffixes(),
              settings.mount())
          .rehearse(new Mounter.Request(NAME, NAME + ".img", List.of()));
      return Finding.ok(
          "mount",
          "a tiny image mounted, read and let go in "
              + Humanize.millis((System.nanoTime() - start) / 1e6));
    } catch (MountFailure e) {
      return Finding.fail(
          "mount",
          e.getMessage(),
          settings.mount().options().isEmpty()
              ? "is this a container, or a capability missing?"
              : "try without mount.options");
    } finally {
      delete(folder);
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }

  private static Finding namespace() throws IOException {
    String own = Files.readSymbolicLink(OWN_NAMESPACE).toString();
    String first;
    try {
      first = Files.readSymbolicLink(FIRST_NAMESPACE).toString();
    } catch (IOException e) {
      return Finding.warn(
          "namespace", "that of process 1 can't be read", "run this as root, on the host");
    }
    return own.equals(first)
        ? Finding.ok("namespace", "the mount namespace of process 1")
        : Finding.warn(
            "namespace",
            "not the mount namespace of process 1: mounts made from here may be seen by nobody"
                + " else",
            "run this and the daemon outside containers, without PrivateMounts= and the like");
  }

  private static Finding propagation(Path root) throws IOException {
    Optional<Propagation> found = Propagation.of(root.toRealPath());
    if (found.isEmpty()) {
      return Finding.warn("propagation", root + " is not in the mount table", "findmnt -T " + root);
    }
    Propagation there = found.get();
    String mount = "mount " + there.mountPoint();
    return there.shared()
        ? Finding.ok("propagation", mount + " is shared: namespaces that follow it see new mounts")
        : Finding.warn(
            "propagation",
            mount
                + (there.slave() ? " is a slave only" : " is private")
                + ": mounts are not seen in namespaces made earlier, such as jails",
            "mount --make-shared " + there.mountPoint());
  }
}
