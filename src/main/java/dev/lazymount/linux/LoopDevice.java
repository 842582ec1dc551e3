package dev.lazymount.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.StringTokenizer;
import java.util.TreeSet;
import java.util.UUID;

/**
 * A loop device (loop(4)): a file seen as a block device. Read-only, and with AUTOCLEAR: the kernel
 * frees it with its last user, so that closing this object is all the cleaning up there is, mounted
 * or not, and also when the process is killed.
 */
public final class LoopDevice implements AutoCloseable {
  /** The major number of loop devices. */
  public static final int MAJOR = 7;

  private static final long LOOP_CONFIGURE = 0x4C0A;
  private static final long LOOP_GET_STATUS64 = 0x4C05;
  private static final long LOOP_CTL_GET_FREE = 0x4C82;
  private static final int LO_FLAGS_READ_ONLY = 1;
  private static final int LO_FLAGS_AUTOCLEAR = 4;

  /** struct loop_config: fd, block size, struct loop_info64, 8 reserved words. */
  private static final int CONFIG_SIZE = 4 + 4 + 232 + 64;

  private static final int INFO = 8;
  private static final int INFO_FLAGS = 52;
  private static final int INFO_FILE_NAME = 56;
  private static final int FILE_NAME_SIZE = 64;
  private static final String DELETED = " (deleted)";

  /**
   * LOOP_CTL_GET_FREE reserves nothing, so whoever configures first has the device and the others
   * get EBUSY. Everybody makes progress once somebody has, so that this many rounds are lost only
   * if as many others won in the meantime.
   */
  private static final int ATTEMPTS = 256;

  private static final String MAX_PART = "/sys/module/loop/parameters/max_part";

  /** How many minor numbers each device has; 0 until that was asked. */
  private static volatile int minorsEach;

  private final Fd fd;
  private final int number;

  private LoopDevice(Fd fd, int number) {
    this.fd = fd;
    this.number = number;
  }

  /**
   * Attaches a file to a free loop device: LOOP_CTL_GET_FREE and LOOP_CONFIGURE (Linux 5.8), again
   * with the next device while another process takes the same one (EBUSY) or removes it (ENOENT,
   * ENXIO).
   *
   * @param image opened for reading; may be closed afterwards
   * @param name kept by the kernel, see {@link #label}
   */
  public static LoopDevice attach(Fd image, String name) throws SyscallException {
    byte[] config = config(image, name);
    try (Fd control = Fd.openDevice("/dev/loop-control")) {
      for (int attempt = 1; ; attempt++) {
        int number = free(control);
        try {
          return configure(number, config);
        } catch (SyscallException e) {
          if (!e.is(Errno.EBUSY, Errno.ENOENT, Errno.ENXIO) || attempt == ATTEMPTS) {
            throw e;
          }
        }
      }
    }
  }

  /**
   * Sees to it that there is a free device: where none is, LOOP_CTL_GET_FREE makes one, which takes
   * longer than all the rest of attaching. So that is done ahead, and nobody waits for it.
   */
  public static void prepare() throws SyscallException {
    try (Fd control = Fd.openDevice("/dev/loop-control")) {
      free(control);
    }
  }

  private static int free(Fd control) throws SyscallException {
    int number = LibC.ioctl(control.raw(), LOOP_CTL_GET_FREE, 0L);
    if (number < 0) {
      throw new SyscallException("LOOP_CTL_GET_FREE", LibC.errno());
    }
    return number;
  }

  private static LoopDevice configure(int number, byte[] config) throws SyscallException {
    Fd device = Fd.openDevice("/dev/loop" + number);
    if (LibC.ioctl(device.raw(), LOOP_CONFIGURE, config) == 0) {
      return new LoopDevice(device, number);
    }
    int errno = LibC.errno();
    device.close();
    throw new SyscallException("LOOP_CONFIGURE /dev/loop" + number, errno);
  }

  /**
   * The path of the device with this minor number, such as {@code /dev/loop3}: its number and its
   * minor number are the same, unless the module was loaded with the parameter max_part, which
   * leaves minor numbers between them for partitions (linux/drivers/block/loop.c, part_shift).
   */
  public static String path(int minor) {
    return path(minor, minorsEach());
  }

  static String path(int minor, int minorsEach) {
    return "/dev/loop" + minor / minorsEach;
  }

  private static int minorsEach() {
    if (minorsEach == 0) {
      try {
        // A power of two less one; set when the module is loaded, and never again.
        minorsEach = Integer.parseInt(Fd.readSysfs(MAX_PART).strip()) + 1;
      } catch (SyscallException | NumberFormatException notLoaded) {
        return 1;
      }
    }
    return minorsEach;
  }

  /** The device's path, such as {@code /dev/loop3}. */
  public String path() {
    return "/dev/loop" + number;
  }

  /** Lets go of the device; unless it is mounted, the kernel frees it. */
  @Override
  public void close() {
    fd.close();
  }

  /**
   * The file behind a loop device, by LOOP_GET_STATUS64. The kernel may ask the file's storage for
   * it; NFS answers from memory, also without its server (seen on Linux 6.1), and so does not say
   * whether the file is still there.
   *
   * @param device the file's own file system, as {@link FileStatus#device()}
   * @param inode the file's inode number
   * @param label what whoever attached it has called it; {@link #label} of a name if it was us
   */
  public record Backing(long device, long inode, String label) {
    /** The backing file of the loop device with this minor number; ENXIO if it is free. */
    public static Backing of(int minor) throws SyscallException {
      String path = LoopDevice.path(minor);
      try (Fd node = Fd.openDevice(path)) {
        byte[] info = new byte[232];
        if (LibC.ioctl(node.raw(), LOOP_GET_STATUS64, info) != 0) {
          throw new SyscallException("LOOP_GET_STATUS64 " + path, LibC.errno());
        }
        var b = Struct.of(info);
        int end = INFO_FILE_NAME;
        while (end < INFO_FILE_NAME + FILE_NAME_SIZE && info[end] != 0) {
          end++;
        }
        String label =
            new String(info, INFO_FILE_NAME, end - INFO_FILE_NAME, StandardCharsets.UTF_8);
        return new Backing(b.getLong(0), b.getLong(8), label);
      }
    }
  }

  /**
   * Where the file behind a loop device is, as the kernel has it in sysfs; asks no storage.
   *
   * @param path its path, or the one it had; empty text if the device is free or sysfs does not
   *     say. A file that an NFS client has in use and deletes, or replaces, is at a name that
   *     begins with {@code .nfs} from then on
   * @param deleted whether the path leads to it no more: it was deleted, or replaced by rename
   */
  public record BackingPath(String path, boolean deleted) {
    /** Of the file behind the loop device with this minor number. */
    public static BackingPath of(int minor) {
      try {
        String name = LoopDevice.path(minor).substring("/dev/".length());
        String path = Fd.readSysfs("/sys/block/" + name + "/loop/backing_file").strip();
        return path.endsWith(DELETED)
            ? new BackingPath(path.substring(0, path.length() - DELETED.length()), true)
            : new BackingPath(path, false);
      } catch (SyscallException e) {
        return new BackingPath("", false);
      }
    }
  }

  /**
   * The minor numbers of the loop devices that have a file of at least one sector (512 bytes), from
   * /proc/partitions, which tells the block devices that are not empty: one read, and not a look at
   * each of the thousands that may have been in use once. Asks no storage.
   *
   * @throws IOException if it can't be read
   */
  public static Set<Integer> attachedMinors() throws IOException {
    Set<Integer> bound = new TreeSet<>();
    String major = Integer.toString(MAJOR);
    for (String line : Files.readAllLines(Path.of("/proc/partitions"))) {
      // Major, minor, number of blocks, name; two lines of heading.
      StringTokenizer fields = new StringTokenizer(line);
      if (fields.countTokens() == 4 && fields.nextToken().equals(major)) {
        int minor = Integer.parseInt(fields.nextToken());
        fields.nextToken();
        // Partitions have names of their own.
        if (path(minor).equals("/dev/" + fields.nextToken())) {
          bound.add(minor);
        }
      }
    }
    return bound;
  }

  /**
   * A name as the kernel keeps it (lo_file_name, which has room for 63 bytes). A longer one ends
   * with a digest, so that no two have the same.
   */
  public static String label(String name) {
    byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
    if (utf8.length < FILE_NAME_SIZE) {
      return name;
    }
    String digest = "~" + UUID.nameUUIDFromBytes(utf8);
    int kept = name.length();
    while (name.substring(0, kept).getBytes(StandardCharsets.UTF_8).length + digest.length()
        >= FILE_NAME_SIZE) {
      kept--;
    }
    return name.substring(0, kept) + digest;
  }

  private static byte[] config(Fd image, String name) {
    byte[] config = new byte[CONFIG_SIZE];
    var b = Struct.of(config);
    b.putInt(0, image.raw());
    b.putInt(INFO + INFO_FLAGS, LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR);
    byte[] label = label(name).getBytes(StandardCharsets.UTF_8);
    System.arraycopy(label, 0, config, INFO + INFO_FILE_NAME, label.length);
    return config;
  }
}
