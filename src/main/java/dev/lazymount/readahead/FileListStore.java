package dev.lazymount.readahead;

import dev.lazymount.linux.PrivateDirectory;
import dev.lazymount.linux.SmallFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * The lists of this host: a file for each image in {@code state-dir/readahead}, for root only, at
 * most {@link #MAX} of them. All calls block for as long as the file system does.
 */
public final class FileListStore {
  /** With this many images in use, the list that was written longest ago is dropped. */
  static final int MAX = 1024;

  private static final String SUFFIX = ".files";
  private static final String FRESH = "new";
  private static final int NAME_MAX = 240;

  private final Path directory;
  private final Consumer<String> problems;

  /**
   * The lists in a state directory.
   *
   * @param problems receives a line for each list that is skipped
   */
  public FileListStore(Path stateDir, Consumer<String> problems) {
    this.directory = stateDir.resolve("readahead");
    this.problems = problems;
  }

  /** The list of an image; empty if there is none, or it can't be used. */
  public Optional<FileList> read(String name) {
    return read(directory.resolve(fileName(name))).filter(list -> list.name().equals(name));
  }

  private Optional<FileList> read(Path file) {
    try {
      String text = SmallFile.read(file, FileList.MAX_BYTES, LinkOption.NOFOLLOW_LINKS);
      List<FileList> lists = FileList.parse(text);
      if (lists.size() != 1) {
        throw new IOException("it has " + lists.size() + " lists");
      }
      return Optional.of(lists.get(0));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException | FileList.Damaged e) {
      problems.accept("skipped " + file + ": " + e.getMessage());
      return Optional.empty();
    }
  }

  /**
   * Writes the list of an image, in place of an older one.
   *
   * @throws IOException if that fails; then the older one is still there
   */
  void write(FileList list) throws IOException {
    PrivateDirectory.make(directory);
    Path file = directory.resolve(fileName(list.name()));
    SmallFile.replace(file, directory.resolve(FRESH), "rw-------", list.text());
    List<Path> files = files();
    if (files.size() > MAX) {
      Files.deleteIfExists(files.stream().min(Comparator.comparing(this::written)).orElseThrow());
    }
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(file -> file.toString().endsWith(SUFFIX)).sorted().toList();
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private FileTime written(Path file) {
    try {
      return Files.getLastModifiedTime(file, LinkOption.NOFOLLOW_LINKS);
    } catch (IOException e) {
      return FileTime.fromMillis(0);
    }
  }

  private static String fileName(String name) {
    String flat = name.replace("%", "%25").replace("/", "%2F");
    byte[] utf8 = flat.getBytes(StandardCharsets.UTF_8);
    return (utf8.length <= NAME_MAX ? flat : UUID.nameUUIDFromBytes(utf8)) + SUFFIX;
  }
}
