package dev.lazymount.doctor;

import dev.lazymount.catalog.Catalog;
import dev.lazymount.catalog.CatalogScan;
import dev.lazymount.config.Problem;
import dev.lazymount.config.Settings;
import dev.lazymount.config.SettingsChecks;
import dev.lazymount.doctor.Doctor.Check;
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

/** The directories of the settings: there, answering, and as closed as they have to be. */
final class DirectoryChecks {
  private static final String ROOT_SILENT = "the root's file server does not answer";
  private static final String IMAGES_SILENT = "the image storage does not answer";

  /** File systems over a network, where a lock of ours would be a lock of many machines. */
  private static final Set<String> REMOTE = Set.of("nfs", "nfs4", "cifs", "smb3", "ceph", "9p");

  private DirectoryChecks() {}

  static List<Check> all(Settings settings) {
    Duration soon = Duration.ofSeconds(5);
    return List.of(
        new Check("root", soon, ROOT_SILENT, () -> root(settings)),
        new Check("images", Duration.ofSeconds(20), IMAGES_SILENT, () -> images(settings)),
        new Check("apart", soon, IMAGES_SILENT, () -> apart(settings)),
        Check.of("run-dir", () -> own("run-dir", settings.runDir())),
        Check.of("lock-dir", () -> own("lock-dir", settings.lockDir())),
        Check.of("state-dir", () -> own("state-dir", settings.stateDir())));
  }

  private static Finding root(Settings settings) throws IOException {
    List<Problem> problems = SettingsChecks.root(settings);
    if (!problems.isEmpty()) {
      return wrong("root", problems);
    }
    return Finding.ok(
        "root", settings.root() + ", on " + Files.getFileStore(settings.root()).type());
  }

  private static Finding images(Settings settings) throws IOException {
    List<Problem> problems = SettingsChecks.images(settings);
    if (!problems.isEmpty()) {
      return wrong("images", problems);
    }
    long start = System.nanoTime();
    CatalogScan.Scan scan =
        CatalogScan.scan(
            settings.images().toString(),
            settings.root().toString(),
            settings.imageSuffixes(),
            Catalog.empty());
    String what =
        settings.images()
            + ": "
            + scan.catalog().size()
            + " images, scanned in "
            + Humanize.millis((System.nanoTime() - start) / 1e6);
    if (scan.catalog().size() == 0) {
      return Finding.warn(
          "images",
          what,
          "put images there that end with " + String.join(" or ", settings.imageSuffixes()));
    }
    return scan.problems().isEmpty()
        ? Finding.ok("images", what)
        : Finding.warn("images", what + "; " + scan.problems().get(0), "see to that entry");
  }

  private static Finding apart(Settings settings) {
    List<Problem> problems = SettingsChecks.apart(settings);
    return problems.isEmpty()
        ? Finding.ok("apart", "none of the directories lies inside another")
        : wrong("apart", problems);
  }

  private static Finding wrong(String subject, List<Problem> problems) {
    return Finding.fail(
        subject,
        problems.stream()
            .map(problem -> problem.value() + " " + problem.reason())
            .collect(Collectors.joining("; ")),
        problems.get(0).advice());
  }

  /** One that only root may write to; the daemon makes it if it is missing. */
  private static Finding own(String key, Path directory) throws IOException {
    if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
      return Finding.ok(key, directory + " is not there yet: the daemon makes it");
    }
    PosixFileAttributes there =
        Files.readAttributes(directory, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    String mode = PosixFilePermissions.toString(there.permissions());
    String what = directory + ", " + mode + " " + there.owner().getName();
    if (!there.isDirectory()) {
      return Finding.fail(key, directory + " is no directory", "remove it");
    }
    if (!Files.getAttribute(directory, "unix:uid", LinkOption.NOFOLLOW_LINKS).equals(0)) {
      return Finding.fail(key, what + ": not root's", "chown root:root " + directory);
    }
    boolean open =
        there.permissions().contains(PosixFilePermission.GROUP_WRITE)
            || there.permissions().contains(PosixFilePermission.OTHERS_WRITE);
    if (open) {
      return Finding.fail(key, what + ": others may write to it", "chmod 0700 " + directory);
    }
    String type = Files.getFileStore(directory).type();
    return REMOTE.contains(type)
        ? Finding.warn(key, what + ", on " + type, "set " + key + " to a local directory")
        : Finding.ok(key, what);
  }
}
