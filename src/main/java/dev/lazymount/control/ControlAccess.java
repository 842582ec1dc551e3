package dev.lazymount.control;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipalNotFoundException;
import java.util.Optional;

/**
 * Who may reach the control socket, by file modes alone: its owner, and a group if there is one.
 * The directory is closed to all others until the socket has its mode, so that there is no moment
 * in which it could be reached by somebody else.
 */
final class ControlAccess {
  private ControlAccess() {}

  /**
   * Sets the modes of a socket that was just made.
   *
   * @param runDir has mode 0700; with a group it becomes 0710
   * @throws IOException if there is no such group, or we may not give it to a file
   */
  static void allow(Path runDir, Path socket, Optional<String> group) throws IOException {
    if (group.isEmpty()) {
      Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-------"));
      return;
    }
    GroupPrincipal members = members(group.get());
    give(socket, members, "rw-rw----");
    give(runDir, members, "rwx--x---");
  }

  private static GroupPrincipal members(String group) throws IOException {
    try {
      return Path.of("/")
          .getFileSystem()
          .getUserPrincipalLookupService()
          .lookupPrincipalByGroupName(group);
    } catch (UserPrincipalNotFoundException e) {
      throw new IOException("there is no group " + group + " (lazymount.control.group)", e);
    }
  }

  private static void give(Path path, GroupPrincipal group, String mode) throws IOException {
    PosixFileAttributeView view =
        Files.getFileAttributeView(path, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
    try {
      view.setGroup(group);
    } catch (FileSystemException e) {
      throw new IOException(
          "can't give "
              + path
              + " to group "
              + group.getName()
              + ": "
              + e.getReason()
              + "; under systemd, add SupplementaryGroups="
              + group.getName()
              + " to the unit",
          e);
    }
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
  }
}
