package dev.lazymount.linux;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** A directory that only root can access. */
public final class PrivateDirectory {
  private static final Set<PosixFilePermission> PRIVATE =
      PosixFilePermissions.fromString("rwx------");
  private static final Set<PosixFilePermission> PUBLIC =
      PosixFilePermissions.fromString("rwxr-xr-x");

  private PrivateDirectory() {}

  /**
   * Makes sure that a directory exists, belongs to root and has mode 0700. The check matters in a
   * parent that is open to all, such as /run/lock, where another user may create it first.
   *
   * @throws IOException if it can't be created, or is a symlink, not a directory or not root's; the
   *     message names it
   */
  public static void make(Path directory) throws IOException {
    try {
      if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
        create(directory);
      }
    } catch (IOException e) {
      throw new IOException("can't create " + directory + ": " + e, e);
    }
    if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)
        || !Files.getAttribute(directory, "unix:uid", LinkOption.NOFOLLOW_LINKS).equals(0)) {
      throw new IOException(directory + " is not a directory owned by root; remove it");
    }
    Files.setPosixFilePermissions(directory, PRIVATE);
  }

  /**
   * Creates a directory with mode 0700. Missing parents get mode 0755, whatever the umask: others
   * may have directories in them, as in /run/lock.
   *
   * @throws IOException if one can't be created
   */
  public static void create(Path directory) throws IOException {
    createParent(directory.toAbsolutePath().getParent());
    createOne(directory, PRIVATE);
  }

  private static void createParent(Path parent) throws IOException {
    if (parent != null && !Files.isDirectory(parent)) {
      createParent(parent.getParent());
      createOne(parent, PUBLIC);
    }
  }

  private static void createOne(Path directory, Set<PosixFilePermission> mode) throws IOException {
    try {
      Files.createDirectory(directory, PosixFilePermissions.asFileAttribute(mode));
      Files.setPosixFilePermissions(directory, mode);
    } catch (FileAlreadyExistsException e) {
      // Another process, such as a second daemon, may have created it in the meantime.
      if (!Files.isDirectory(directory)) {
        throw e;
      }
    }
  }
}
