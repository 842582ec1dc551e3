package dev.lazymount.mount.kernel;

import dev.lazymount.linux.Directory;
import dev.lazymount.linux.Fd;
import dev.lazymount.linux.FileType;
import dev.lazymount.linux.SyscallException;
import dev.lazymount.mount.Mounter;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The source of a mount that reads its image file directly, without a loop device (erofs, since
 * Linux 6.12). The kernel takes a path as source, opens it again, and shows its text in the mount
 * table, which is later the only trace of the image file.
 *
 * <p>So the path is a symlink in the lock directory that leads to the descriptor that was checked,
 * and its name encodes the file and its generation. It exists for the duration of one system call.
 */
final class FileSource implements AutoCloseable {
  /** The flat name of the image file, and a {@link Mounter.Generation}. */
  private static final Pattern NAME =
      Pattern.compile("(.+)@(\\d{1,19}):(\\d{1,20}):(\\d{1,19}):(-?\\d{1,19})");

  private final Fd directory;
  private final String path;
  private final String name;

  private FileSource(Fd directory, String path, String name) {
    this.directory = directory;
    this.path = path;
    this.name = name;
  }

  /**
   * Makes the symlink; under the lock of the name.
   *
   * @param lockDir only root may write there
   * @param image opened and checked; stays open until this is closed
   */
  static FileSource of(String lockDir, ImageDirectory.Image image) throws SyscallException {
    String name = name(image.file(), image.generation());
    Fd directory = Fd.openDirectory(lockDir);
    try {
      directory.replaceSymlink(name, "/proc/self/fd/" + image.fd().raw());
      return new FileSource(directory, lockDir + "/" + name, name);
    } catch (SyscallException | RuntimeException e) {
      directory.close();
      throw e;
    }
  }

  /** The symlink's name. */
  static String name(String file, Mounter.Generation generation) {
    return String.format(
        "%s@%d:%s:%d:%d",
        NameLock.flat(file),
        generation.device(),
        // Some network file systems use a hash of 64 bits, which may be negative as a long.
        Long.toUnsignedString(generation.inode()),
        generation.size(),
        generation.mtimeNanos());
  }

  /**
   * Removes the symlinks that killed processes have left behind. If another process is using one at
   * this moment, its mount takes a loop device instead.
   */
  static void removeLeftBehind(String lockDir) throws SyscallException {
    try (Fd directory = Fd.openDirectory(lockDir)) {
      for (Directory.Entry entry : Directory.list(directory, Integer.MAX_VALUE).entries()) {
        if (entry.type() == FileType.SYMLINK && NAME.matcher(entry.name()).matches()) {
          directory.unlink(entry.name());
        }
      }
    }
  }

  /** The path to mount. */
  String path() {
    return path;
  }

  @Override
  public void close() {
    directory.unlink(name);
    directory.close();
  }

  /**
   * The generation of an image that a mount was made from.
   *
   * @param file the image
   * @param source as the mount table has it
   * @return empty if it was not made by this daemon, or from another image
   */
  static Optional<Mounter.Generation> generation(String file, String source) {
    Matcher m = NAME.matcher(source.substring(source.lastIndexOf('/') + 1));
    if (!m.matches() || !m.group(1).equals(NameLock.flat(file))) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new Mounter.Generation(
              Long.parseLong(m.group(2)),
              Long.parseUnsignedLong(m.group(3)),
              Long.parseLong(m.group(4)),
              Long.parseLong(m.group(5))));
    } catch (NumberFormatException notOurs) {
      return Optional.empty();
    }
  }

  /** Whether the name of such a symlink fits into NAME_MAX. */
  static boolean fits(String file) {
    return NameLock.flat(file).getBytes(StandardCharsets.UTF_8).length <= 255 - 4 * 20;
  }
}
