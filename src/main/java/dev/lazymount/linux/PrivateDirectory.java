package dev.lazymount.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** A directory that is root's alone. */
public final class PrivateDirectory {
  private static final Set<PosixFilePermission> PRIVATE =
      PosixFilePermissions.fromString("rwx------");

  private PrivateDirectory() {}

  /**
   * Makes it with mode 0700 if it is not there. /run/lock is open to all, and somebody else may
   * have come first.
   *
   * @throws IOException if it can't be made, or is something else or somebody else's; the message
   *     names it
   */
  public static void make(Path directory) throws IOException {
    try {
      if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
        Files.createDirectories(directory, PosixFilePermissions.asFileAttribute(PRIVATE));
      }
    } catch (IOException e) {
      throw new IOException("can't make " + directory + ": " + e, e);
    }
    if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)
        || !Files.getAttribute(directory, "unix:uid", LinkOption.NOFOLLOW_LINKS).equals(0)) {
      throw new IOException(directory + " is not a directory of root's; remove it");
    }
    Files.setPosixFilePermissions(directory, PRIVATE);
  }
}
