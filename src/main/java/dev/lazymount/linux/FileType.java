package dev.lazymount.linux;

import java.util.Locale;

/** The types of files on Linux. */
public enum FileType {
  /** A regular file. */
  FILE(8),
  /** A directory. */
  DIRECTORY(4),
  /** A symbolic link. */
  SYMLINK(10),
  /** A named pipe. */
  FIFO(1),
  /** A socket. */
  SOCKET(12),
  /** A character device. */
  CHARACTER_DEVICE(2),
  /** A block device. */
  BLOCK_DEVICE(6),
  /** Not reported by the file system. */
  UNKNOWN(0);

  /** Both d_type of getdents64(2) and the upper four bits of st_mode. */
  private final int code;

  FileType(int code) {
    this.code = code;
  }

  static FileType of(int code) {
    for (FileType type : values()) {
      if (type.code == code) {
        return type;
      }
    }
    return UNKNOWN;
  }

  static FileType ofMode(int mode) {
    return of((mode >> 12) & 15);
  }

  /** The type for messages, such as {@code block device}. */
  public String displayName() {
    return name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}
