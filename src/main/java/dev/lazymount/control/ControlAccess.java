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
 * Limits who may connect to the control socket, by file modes alone: its owner, and optionally one
 * group. The run directory stays closed to all others until the socket has its mode, so there is no
 * moment at which another user could connect.
 */
final class ControlAccess {
  private ControlAccess() {}

  /**
   * Sets the modes of a newly created socket.
   *
   * @param runDir has mode 0700; with a group it becomes 0710
   * @throws IOException if the group does not exist, or the daemon may not assign it (EPERM)
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
      throw new IOException("group " + group + " does not exist (lazymount.control.group)", e);
    }
  }

  private static void give(Path path, GroupPrincipal group, String mode) throws IOException {
    PosixFileAttributeView view =
        Files.getFileAttributeView(path, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
    try {
      view.setGroup(group);
    } catch (FileSystemException e) {
      throw new IOException(
          "can't change the group of "
              + path
              + " to "
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
