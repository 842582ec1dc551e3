package dev.lazymount.linux;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * One mount of the mount table, /proc/self/mountinfo (proc_pid_mountinfo(5)). Reading the table
 * takes time that grows with the number of mounts, so a single mount is looked up here only where
 * there is no other way: to swap an image, and for a file system without a block device.
 *
 * @param id the mount's id
 * @param parent the id of the mount that it is attached to
 * @param device the device of its superblock, as {@link FileStatus#device()}
 * @param root the directory of the file system that is mounted
 * @param target the mount point
 * @param fsType the file system's type, such as {@code squashfs}
 * @param source the source, such as {@code /dev/loop3}
 */
public record MountInfo(
    int id, int parent, long device, String root, String target, String fsType, String source) {

  private static final int STATX_MNT_ID = 0x1000;
  private static final int STATX_MASK = 0;
  private static final int STATX_MNT_ID_OFFSET = 144;

  /**
   * The {@link #id} of the mount through which a file was opened (statx(2), STATX_MNT_ID); empty
   * before Linux 5.8.
   */
  public static OptionalInt idOf(Fd file) {
    byte[] statx = new byte[FileStatus.SIZE];
    int flags = LibC.AT_EMPTY_PATH | LibC.AT_STATX_DONT_SYNC;
    if (LibC.statx(file.raw(), LibC.cString(""), flags, STATX_MNT_ID, statx) != 0) {
      return OptionalInt.empty();
    }
    ByteBuffer b = Struct.of(statx);
    boolean known = (b.getInt(STATX_MASK) & STATX_MNT_ID) != 0;
    return known ? OptionalInt.of((int) b.getLong(STATX_MNT_ID_OFFSET)) : OptionalInt.empty();
  }

  /**
   * A device by name: {@code /dev/loop3}, or {@code 0:45} if it is no loop device.
   *
   * @param device as {@link FileStatus#device()}
   */
  public static String deviceName(long device) {
    int major = FileStatus.major(device);
    int minor = FileStatus.minor(device);
    return major == LoopDevice.MAJOR ? LoopDevice.path(minor) : major + ":" + minor;
  }

  /** A device as a column of /proc/PID/maps has it: two hexadecimal numbers, with blanks around. */
  public static String numberInMaps(long device) {
    return String.format(" %02x:%02x ", FileStatus.major(device), FileStatus.minor(device));
  }

  /** Reads the mount table of this process's mount namespace, in the kernel's order. */
  public static List<MountInfo> read() throws IOException {
    byte[] table = Files.readAllBytes(Path.of("/proc/self/mountinfo"));
    List<MountInfo> mounts = new ArrayList<>();
    new String(table, StandardCharsets.UTF_8)
        .lines()
        .forEach(line -> parse(line).ifPresent(mounts::add));
    return mounts;
  }

  /** Parses one line of the table; empty if it has another form. */
  public static Optional<MountInfo> parse(String line) {
    int separator = line.indexOf(" - ");
    if (separator < 0) {
      return Optional.empty();
    }
    String[] mount = line.substring(0, separator).split(" ", -1);
    String[] system = line.substring(separator + 3).split(" ", -1);
    int colon = mount.length < 5 ? -1 : mount[2].indexOf(':');
    if (colon < 0 || system.length < 2) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new MountInfo(
              Integer.parseInt(mount[0]),
              Integer.parseInt(mount[1]),
              FileStatus.device(
                  Long.parseLong(mount[2].substring(0, colon)),
                  Long.parseLong(mount[2].substring(colon + 1))),
              unescape(mount[3]),
              unescape(mount[4]),
              system[0],
              unescape(system[1])));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  /** The kernel escapes space, tab, newline and backslash as three octal digits. */
  private static String unescape(String field) {
    if (field.indexOf('\\') < 0) {
      return field;
    }
    StringBuilder plain = new StringBuilder(field.length());
    for (int i = 0; i < field.length(); i++) {
      if (field.charAt(i) == '\\' && field.substring(i + 1).matches("(?s)(?!000)[0-3][0-7]{2}.*")) {
        plain.append((char) Integer.parseInt(field.substring(i + 1, i + 4), 8));
        i += 3;
      } else {
        plain.append(field.charAt(i));
      }
    }
    return plain.toString();
  }
}
