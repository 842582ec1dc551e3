package dev.lazymount.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.StringTokenizer;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;
import java.util.function.IntSupplier;

/**
 * A loop device (loop(4)): a block device whose content is a file. Read-only, and with AUTOCLEAR:
 * the kernel frees the device with its last user. So closing this object is all the cleanup there
 * is, whether the device is mounted or not, and a killed process leaves no unused device behind.
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
   * LOOP_CTL_GET_FREE reserves nothing: the first process to configure the device has it, and the
   * others get EBUSY. Each lost attempt means that another process attached a file, so all of them
   * fail only if that many files were attached in the meantime.
   */
  private static final int ATTEMPTS = 256;

  /**
   * The driver answers EAGAIN while another process, such as udev, works on the device. util-linux
   * repeats its calls too (repeat_on_eagain in lib/loopdev.c). The pauses are 1, 2, 4, ... ms, a
   * second in all.
   */
  private static final int EAGAIN_ATTEMPTS = 11;

  private static final String MAX_PART = "/sys/module/loop/parameters/max_part";

  /** How many minor numbers each device has; 0 until it has been read. */
  private static volatile int minorsPerDevice;

  private static final int INFO_OFFSET = 24;
  private static final int INFO_SIZE_LIMIT = 32;

  private final Fd fd;
  private final int number;

  private LoopDevice(Fd fd, int number) {
    this.fd = fd;
    this.number = number;
  }

  /**
   * Attaches a file to a free loop device: LOOP_CTL_GET_FREE and LOOP_CONFIGURE (Linux 5.8). Tries
   * the next device if another process takes the same one (EBUSY) or removes it (ENOENT, ENXIO).
   *
   * @param image opened for reading; may be closed afterwards
   * @param name stored in the device, see {@link #label}
   * @throws SyscallException EINVAL if the file is not a regular file, ENOENT if there is no
   *     /dev/loop-control, EACCES where a device cgroup forbids loop devices
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
   * Makes sure that there is a free device. Where there is none LOOP_CTL_GET_FREE creates one,
   * which takes longer than everything else in attaching a file; so it is done ahead of the next
   * mount.
   */
  public static void prepare() throws SyscallException {
    try (Fd control = Fd.openDevice("/dev/loop-control")) {
      free(control);
    }
  }

  private static int free(Fd control) throws SyscallException {
    int number =
        repeatOnEagain(
            () -> orErrno(LibC.ioctl(control.raw(), LOOP_CTL_GET_FREE, 0L)), LoopDevice::pause);
    if (number < 0) {
      throw new SyscallException("LOOP_CTL_GET_FREE", -number);
    }
    return number;
  }

  /** The result of a system call, or its errno as a negative number. */
  private static int orErrno(int result) {
    return result < 0 ? -LibC.errno() : result;
  }

  /**
   * Repeats a call while it returns -EAGAIN, for a second at most.
   *
   * @param call as {@link #orErrno}
   * @param pause waits for a number of milliseconds
   * @return the last result
   */
  static int repeatOnEagain(IntSupplier call, IntConsumer pause) {
    int result = call.getAsInt();
    for (int attempt = 1; result == -Errno.EAGAIN && attempt < EAGAIN_ATTEMPTS; attempt++) {
      pause.accept(1 << (attempt - 1));
      result = call.getAsInt();
    }
    return result;
  }

  private static void pause(int millis) {
    LockSupport.parkNanos(millis * 1_000_000L);
  }

  private static LoopDevice configure(int number, byte[] config) throws SyscallException {
    Fd device = Fd.openDevice("/dev/loop" + number);
    int result =
        repeatOnEagain(
            () -> orErrno(LibC.ioctl(device.raw(), LOOP_CONFIGURE, config)), LoopDevice::pause);
    if (result == 0) {
      return new LoopDevice(device, number);
    }
    device.close();
    throw new SyscallException("LOOP_CONFIGURE /dev/loop" + number, -result);
  }

  /**
   * The path of the device with this minor number, such as {@code /dev/loop3}. The number in the
   * name is the minor number, unless the module was loaded with max_part, which reserves minor
   * numbers for the partitions of each device (linux/drivers/block/loop.c, part_shift).
   */
  public static String path(int minor) {
    return path(minor, minorsPerDevice());
  }

  static String path(int minor, int minorsPerDevice) {
    return "/dev/loop" + minor / minorsPerDevice;
  }

  private static int minorsPerDevice() {
    if (minorsPerDevice == 0) {
      try {
        // One less than a power of two; fixed when the module is loaded.
        minorsPerDevice = Integer.parseInt(Fd.readSysfs(MAX_PART).strip()) + 1;
      } catch (SyscallException | NumberFormatException notLoaded) {
        return 1;
      }
    }
    return minorsPerDevice;
  }

  /** The device's path, such as {@code /dev/loop3}. */
  public String path() {
    return "/dev/loop" + number;
  }

  /** The device's minor number. */
  public int minor() {
    return number * minorsPerDevice();
  }

  /**
   * Opens a device that another mount uses, to mount it once more. It can't vanish while it is open
   * here: the kernel frees an AUTOCLEAR device with its last user, so it is verified after the
   * open.
   *
   * @param minor its minor number
   * @param device the file system of the backing file, as {@link FileStatus#device()}
   * @param inode the inode number of the backing file
   * @return empty unless the device has the whole file as this class attaches it, read-only and
   *     with AUTOCLEAR, and the file is not deleted
   */
  public static Optional<LoopDevice> reopen(int minor, long device, long inode) {
    try {
      Fd node = Fd.openDevice(path(minor));
      try {
        var info = Struct.of(status(node, path(minor)));
        if (info.getLong(0) == device
            && info.getLong(8) == inode
            && info.getLong(INFO_OFFSET) == 0
            && info.getLong(INFO_SIZE_LIMIT) == 0
            && info.getInt(INFO_FLAGS) == (LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR)
            && !BackingPath.of(minor).deleted()) {
          return Optional.of(new LoopDevice(node, minor / minorsPerDevice()));
        }
      } catch (SyscallException free) {
        // It was freed, which is as good as another file.
      }
      node.close();
    } catch (SyscallException removed) {
      // The caller attaches another device.
    }
    return Optional.empty();
  }

  private static byte[] status(Fd device, String path) throws SyscallException {
    byte[] info = new byte[232];
    int result =
        repeatOnEagain(
            () -> orErrno(LibC.ioctl(device.raw(), LOOP_GET_STATUS64, info)), LoopDevice::pause);
    if (result != 0) {
      throw new SyscallException("LOOP_GET_STATUS64 " + path, -result);
    }
    return info;
  }

  /** Closes the device. The kernel frees it now or, if it is mounted, with its last mount. */
  @Override
  public void close() {
    fd.close();
  }

  /**
   * The backing file of a loop device, by LOOP_GET_STATUS64. The kernel may ask the file's storage.
   * NFS answers from its cache, even without its server (seen on Linux 6.1), so the answer does not
   * mean that the file still exists.
   *
   * @param device the file system of the backing file, as {@link FileStatus#device()}
   * @param inode the inode number of the backing file
   * @param label the text that the attaching process stored; {@link #label} of a name if this
   *     daemon attached it
   */
  public record Backing(long device, long inode, String label) {
    /** Reads it from the device with this minor number. ENXIO if that device is free. */
    public static Backing of(int minor) throws SyscallException {
      String path = LoopDevice.path(minor);
      try (Fd node = Fd.openDevice(path)) {
        byte[] info = status(node, path);
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
   * The path of the backing file of a loop device, from sysfs, which asks no storage.
   *
   * @param path its path, or its last one; empty if the device is free or sysfs has no answer. An
   *     NFS client that deletes or replaces a file in use renames it to {@code .nfs...}
   * @param deleted whether the file was deleted, or replaced by rename
   */
  public record BackingPath(String path, boolean deleted) {
    /** Reads it for the device with this minor number. */
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

  /** The minor number of {@code /dev/loopN}; empty for any other text. */
  public static OptionalInt minor(String device) {
    return device.matches("/dev/loop[0-9]{1,7}")
        ? OptionalInt.of(Integer.parseInt(device.substring("/dev/loop".length())))
        : OptionalInt.empty();
  }

  /**
   * The minor numbers of the loop devices with a backing file of at least one sector (512 bytes).
   * /proc/partitions lists the block devices that are not empty: one read, where sysfs would take
   * one for each device that was ever in use, possibly thousands. Asks no storage.
   *
   * @throws IOException if /proc/partitions can't be read
   */
  public static Set<Integer> attachedMinors() throws IOException {
    Set<Integer> bound = new TreeSet<>();
    String major = Integer.toString(MAJOR);
    for (String line : Files.readAllLines(Path.of("/proc/partitions"))) {
      // A heading, an empty line, then: major, minor, number of blocks, name.
      StringTokenizer fields = new StringTokenizer(line);
      if (fields.countTokens() == 4 && fields.nextToken().equals(major)) {
        int minor = Integer.parseInt(fields.nextToken());
        fields.nextToken();
        // A partition has another name.
        if (path(minor).equals("/dev/" + fields.nextToken())) {
          bound.add(minor);
        }
      }
    }
    return bound;
  }

  /**
   * The form of a name that fits into a device's lo_file_name, 63 bytes. A longer name is cut and
   * ends with a digest, so that different names have different labels.
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
