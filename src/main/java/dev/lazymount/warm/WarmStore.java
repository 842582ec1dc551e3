package dev.lazymount.warm;

import dev.lazymount.linux.Fd;
import dev.lazymount.linux.FileStatus;
import dev.lazymount.linux.Flock;
import dev.lazymount.linux.User;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/**
 * The file of the warm list in the state directory. It is replaced in one step, so that whoever
 * reads it, and whatever is cut short, finds the old list or the new one.
 *
 * <p>All is done on a descriptor of the directory, which has to be ours alone to write to. All
 * calls block for as long as the directory's file system does. Thread-safe.
 */
final class WarmStore implements AutoCloseable {
  static final String FILE = "warm.list";
  static final String DAMAGED = "warm.list.damaged";
  private static final String NEW = "warm.list.new";
  private static final String LOCK = "warm.list.lock";

  /**
   * More than a full list has: 4,096 lines of 32 bytes and a name, of 600 bytes in UTF-8 at most.
   */
  static final int MOST_BYTES = 4 << 20;

  private static final int FOREIGN_WRITE = 022;

  private final Path path;
  private Fd directory;
  private Flock lock;

  /** The file in this directory, which is made when it is first needed. */
  WarmStore(Path directory) {
    this.path = directory;
  }

  /**
   * The list that was kept.
   *
   * @param list empty if there is none
   * @param damage why there is none though there is a file, and what became of that; else null
   */
  record Kept(WarmList list, String damage) {}

  /**
   * Reads the list. A file that is none is renamed, for a person to look at.
   *
   * @throws IOException if the directory can't be used
   */
  synchronized Kept load() throws IOException {
    open();
    try (SecureDirectoryStream<Path> files = files()) {
      try {
        return new Kept(WarmText.parse(text(files)), null);
      } catch (NoSuchFileException none) {
        return new Kept(new WarmList(), null);
      } catch (WarmText.Damaged | CharacterCodingException e) {
        String why = e instanceof WarmText.Damaged ? e.getMessage() : "it is not UTF-8";
        files.move(Path.of(FILE), files, Path.of(DAMAGED));
        return new Kept(
            new WarmList(),
            path.resolve(FILE)
                + " is damaged: "
                + why
                + "; it is kept as "
                + DAMAGED
                + ", and a new list is begun");
      }
    }
  }

  /**
   * Replaces the list.
   *
   * @throws IOException if it can't be; then the old one is still there
   */
  synchronized void save(String text) throws IOException {
    open();
    try (SecureDirectoryStream<Path> files = files()) {
      Path fresh = Path.of(NEW);
      try {
        // One that a killed daemon left.
        files.deleteFile(fresh);
      } catch (NoSuchFileException usual) {
        // Nobody was killed in the middle.
      }
      try (SeekableByteChannel channel =
          files.newByteChannel(
              fresh,
              Set.of(
                  StandardOpenOption.CREATE_NEW,
                  StandardOpenOption.WRITE,
                  LinkOption.NOFOLLOW_LINKS),
              mode("rw-------"))) {
        ByteBuffer bytes = StandardCharsets.UTF_8.encode(text);
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
        ((FileChannel) channel).force(true);
      }
      files.move(fresh, files, Path.of(FILE));
      // The new name is on the disk, too, when the directory is.
      try (FileChannel channel = FileChannel.open(here(), StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }

  @Override
  public synchronized void close() {
    if (lock != null) {
      lock.close();
      lock = null;
    }
    if (directory != null) {
      directory.close();
      directory = null;
    }
  }

  private void open() throws IOException {
    if (lock != null) {
      return;
    }
    if (!Files.isDirectory(path)) {
      Files.createDirectories(path, mode("rwx------"));
    }
    Fd opened = Fd.openDirectory(path.toString());
    try {
      FileStatus status = opened.status();
      boolean ours = status.owner() == 0 || status.owner() == User.id();
      if (!ours || (status.mode() & FOREIGN_WRITE) != 0) {
        throw new FileSystemException(
            path.toString(), null, "others may write to it; make it root's, with mode 0700");
      }
      Optional<Flock> taken = Flock.tryLock(opened, LOCK);
      lock =
          taken.orElseThrow(
              () ->
                  new FileSystemException(
                      path.toString(),
                      null,
                      "another daemon keeps its list there; give one of them another state-dir"));
      directory = opened;
    } finally {
      if (directory == null) {
        opened.close();
      }
    }
  }

  private static String text(SecureDirectoryStream<Path> files)
      throws IOException, WarmText.Damaged {
    Path file = Path.of(FILE);
    BasicFileAttributes attributes =
        files
            .getFileAttributeView(file, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
            .readAttributes();
    if (!attributes.isRegularFile()) {
      throw new WarmText.Damaged("it is not a regular file");
    }
    try (SeekableByteChannel channel =
        files.newByteChannel(file, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS))) {
      return text(channel);
    }
  }

  /** All of a small file, as UTF-8. */
  private static String text(SeekableByteChannel channel) throws IOException, WarmText.Damaged {
    ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(channel.size(), MOST_BYTES) + 1);
    int read = 0;
    while (read >= 0 && bytes.hasRemaining()) {
      read = channel.read(bytes);
    }
    if (bytes.position() > MOST_BYTES) {
      throw new WarmText.Damaged("it is larger than 4 MiB");
    }
    return StandardCharsets.UTF_8.newDecoder().decode(bytes.flip()).toString();
  }

  /**
   * A seed: somebody else's list, on whatever file system, which may hang for ever.
   *
   * @throws IOException if it can't be read
   * @throws WarmText.Damaged if it is no list
   */
  static WarmList seed(Path file, Instant now) throws IOException, WarmText.Damaged {
    if (!Files.readAttributes(file, BasicFileAttributes.class).isRegularFile()) {
      throw new WarmText.Damaged("it is not a regular file");
    }
    try (SeekableByteChannel channel = Files.newByteChannel(file)) {
      return WarmText.parseSeed(text(channel), now);
    }
  }

  /** The open directory, also if its path is another one's by now. */
  private Path here() {
    return Path.of("/proc/self/fd/" + directory.raw());
  }

  @SuppressWarnings("StreamResourceLeak") // It is the caller who closes it.
  private SecureDirectoryStream<Path> files() throws IOException {
    DirectoryStream<Path> stream = Files.newDirectoryStream(here());
    if (stream instanceof SecureDirectoryStream<Path> secure) {
      return secure;
    }
    stream.close();
    throw new IOException("this JVM can't work on descriptors of directories");
  }

  private static FileAttribute<?> mode(String permissions) {
    return PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions));
  }
}
