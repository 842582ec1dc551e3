package dev.lazymount.linux;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** A text file of bounded size that is read and replaced as a whole. Blocks with its storage. */
public final class SmallFile {
  /** The file is there, and is no such file. */
  public static final class Invalid extends IOException {
    private static final long serialVersionUID = 1L;

    Invalid(String message) {
      super(message);
    }

    Invalid(String message, Throwable cause) {
      super(message, cause);
    }
  }

  private SmallFile() {}

  /**
   * Its text.
   *
   * @param most the most bytes it may have
   * @param links {@code NOFOLLOW_LINKS} to refuse a symlink
   * @throws Invalid if it is not a regular file, larger, or not UTF-8
   * @throws IOException if it can't be read
   */
  public static String read(Path file, int most, LinkOption... links) throws IOException {
    // Before the open, which would wait at a FIFO.
    if (!Files.readAttributes(file, BasicFileAttributes.class, links).isRegularFile()) {
      throw new Invalid("it is not a regular file");
    }
    Set<OpenOption> options = new HashSet<>(List.of(links));
    options.add(StandardOpenOption.READ);
    try (SeekableByteChannel channel = Files.newByteChannel(file, options)) {
      ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(channel.size(), most) + 1);
      int read = 0;
      while (read >= 0 && bytes.hasRemaining()) {
        read = channel.read(bytes);
      }
      if (bytes.position() > most) {
        throw new Invalid(
            "it is larger than "
                + (most < 1 << 20 ? (most >> 10) + " KiB" : (most >> 20) + " MiB"));
      }
      return StandardCharsets.UTF_8.newDecoder().decode(bytes.flip()).toString();
    } catch (CharacterCodingException e) {
      throw new Invalid("it is not UTF-8", e);
    }
  }

  /**
   * Replaces it: writes a new file, fsync(2), rename(2), and fsync(2) of the directory. A reader,
   * and a process killed at any moment, finds the old text or the new one.
   *
   * @param fresh the new file, in the same directory; one left by a killed process is deleted
   * @param mode such as {@code rw-------}
   * @throws IOException if that fails; then the old text is still there
   */
  public static void replace(Path file, Path fresh, String mode, String text) throws IOException {
    Files.deleteIfExists(fresh);
    try (FileChannel channel =
        FileChannel.open(
            fresh,
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(mode)))) {
      ByteBuffer bytes = StandardCharsets.UTF_8.encode(text);
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
    try (FileChannel channel = FileChannel.open(file.getParent(), StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
