package dev.lazymount.doctor;

import dev.lazymount.catalog.Catalog;
import dev.lazymount.catalog.CatalogScan;
import dev.lazymount.config.Problem;
import dev.lazymount.config.Settings;
import dev.lazymount.config.SettingsChecks;
import dev.lazymount.doctor.Check.NeededBy;
import dev.lazymount.linux.SyscallException;
import dev.lazymount.text.Humanize;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Checks the configured directories: existence, response, owner and mode. */
final class DirectoryChecks {
  private static final Duration SOON = Duration.ofSeconds(5);
  private static final Duration SCAN = Duration.ofSeconds(20);

  private static final int NAMES_SHOWN = 3;
  private static final String IN_ROOT =
      "replace each symlink with a directory, or with a symlink inside root";

  private static final String ROOT_HANGS = "check the file server of root: it does not respond";
  private static final String IMAGES_HANG = "check the image storage: it does not respond";

  /** Network file systems, where a lock file would be shared with other hosts. */
  private static final Set<String> REMOTE = Set.of("nfs", "nfs4", "cifs", "smb3", "ceph", "9p");

  /**
   * What is known of one of the daemon's own directories.
   *
   * @param directory whether it is a directory
   * @param owner the owner's name
   * @param uid the owner's ID
   * @param mode the permissions
   * @param type the file system it is on
   */
  record Attributes(
      boolean directory, String owner, int uid, Set<PosixFilePermission> mode, String type) {
    static Attributes of(Path path) throws IOException {
      PosixFileAttributes posix =
          Files.readAttributes(path, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      return new Attributes(
          posix.isDirectory(),
          posix.owner().getName(),
          (int) Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS),
          posix.permissions(),
          Files.getFileStore(path).type());
    }
  }

  private DirectoryChecks() {}

  static List<Check> all(Settings settings) {
    return List.of(
        new Check("root", NeededBy.MOUNT, SOON, ROOT_HANGS, () -> root(settings)),
        new Check("images", NeededBy.MOUNT, SOON, IMAGES_HANG, () -> images(settings)),
        new Check("apart", NeededBy.START, SOON, IMAGES_HANG, () -> apart(settings)),
        new Check("scan", NeededBy.NEITHER, SCAN, IMAGES_HANG, () -> scan(settings)),
        Check.of("run-dir", () -> own("run-dir", settings.runDir())),
        Check.of("lock-dir", () -> own("lock-dir", settings.lockDir())),
        Check.of("state-dir", () -> own("state-dir", settings.stateDir())));
  }

  private static Finding root(Settings settings) throws IOException {
    List<Problem> problems = SettingsChecks.root(settings);
    return problems.isEmpty()
        ? Finding.ok("root", onFileSystem(settings.root()))
        : wrong("root", problems);
  }

  private static Finding images(Settings settings) throws IOException {
    List<Problem> problems = SettingsChecks.images(settings);
    return problems.isEmpty()
        ? Finding.ok("images", onFileSystem(settings.images()))
        : wrong("images", problems);
  }

  private static String onFileSystem(Path directory) throws IOException {
    return directory + ", on " + Files.getFileStore(directory).type();
  }

  private static Finding apart(Settings settings) {
    List<Problem> problems = SettingsChecks.apart(settings);
    return problems.isEmpty()
        ? Finding.ok("apart", "no directory is inside another")
        : wrong("apart", problems);
  }

  static Finding wrong(String subject, List<Problem> problems) {
    return Finding.fail(
        subject,
        problems.stream()
            .map(problem -> problem.key() + " = " + problem.value() + " " + problem.reason())
            .collect(Collectors.joining(", ")),
        problems.get(0).advice());
  }

  private static Finding scan(Settings settings) {
    long start = System.nanoTime();
    CatalogScan.Scan scan;
    try {
      scan =
          CatalogScan.scan(
              settings.images().toString(),
              settings.root().toString(),
              settings.imageSuffixes(),
              Catalog.empty());
    } catch (SyscallException e) {
      return Finding.fail("scan", e.getMessage(), "fix images first");
    }
    return scanned(
        settings,
        scan.catalog().size(),
        scan.problems(),
        scan.catalog().namesLeadingOut(),
        (System.nanoTime() - start) / 1e6);
  }

  /** {@code out} are the names of images that lead out of the root. */
  static Finding scanned(
      Settings settings, int images, List<String> problems, List<String> out, double millis) {
    String found = images + " images, scanned in " + Humanize.millis(millis);
    if (!problems.isEmpty()) {
      return Finding.warn("scan", found + "; " + problems.get(0), "correct that entry");
    }
    if (!out.isEmpty()) {
      return Finding.warn("scan", found + "; " + leadingOut(out), IN_ROOT);
    }
    return images > 0
        ? Finding.ok("scan", found)
        : Finding.warn(
            "scan",
            found,
            "put images into "
                + settings.images()
                + " whose names end with "
                + String.join(" or ", settings.imageSuffixes()));
  }

  private static String leadingOut(List<String> names) {
    boolean more = names.size() > NAMES_SHOWN;
    return (names.size() == 1
            ? "1 name leads out of root by a symlink, and can't be served: "
            : names.size() + " names lead out of root by symlinks, and can't be served: ")
        + String.join(", ", more ? names.subList(0, NAMES_SHOWN) : names)
        + (more ? " and others" : "");
  }

  /** The daemon creates a missing directory of its own. */
  private static Finding own(String key, Path path) throws IOException {
    return Files.exists(path, LinkOption.NOFOLLOW_LINKS)
        ? own(key, path, Attributes.of(path))
        : Finding.ok(key, path + " does not exist yet: the daemon creates it");
  }

  static Finding own(String key, Path path, Attributes found) {
    String what = path + ", " + PosixFilePermissions.toString(found.mode()) + " " + found.owner();
    if (!found.directory()) {
      return Finding.fail(key, path + " is not a directory", "remove it");
    }
    if (found.uid() != 0) {
      return Finding.fail(key, what + ": not owned by root", "chown root:root " + path);
    }
    if (found.mode().contains(PosixFilePermission.GROUP_WRITE)
        || found.mode().contains(PosixFilePermission.OTHERS_WRITE)) {
      return Finding.fail(key, what + ": writable by other users", "chmod 0700 " + path);
    }
    return REMOTE.contains(found.type())
        ? Finding.warn(
            key, what + ", on " + found.type(), "set " + key + " to a directory on a local disk")
        : Finding.ok(key, what);
  }
}
