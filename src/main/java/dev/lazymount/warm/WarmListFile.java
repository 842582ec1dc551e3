package dev.lazymount.warm;

import dev.lazymount.catalog.ImageFile;
import dev.lazymount.linux.PrivateDirectory;
import dev.lazymount.linux.SmallFile;
import dev.lazymount.linux.User;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads and writes a {@link WarmList} as text: one line for each compiler, with its score, the hour
 * of its last use and its name, the highest score first. Lines that begin with {@code #} are
 * comments; the last one counts the others, so that a truncated file is noticed.
 *
 * <p>All calls block for as long as the file system does. Not thread-safe.
 */
public final class WarmListFile {
  /** Its name in the state directory. */
  public static final String NAME = "warm.list";

  static final String DAMAGED = "warm.list.damaged";
  static final String NEW = "warm.list.new";

  /** A full list has less: 4,096 lines of 32 bytes and a name of at most 600 bytes in UTF-8. */
  public static final int MAX_BYTES = 4 << 20;

  private static final String HEAD =
      """
      # The compilers used most on this node. lazymount updates this list, and mounts the first
      # warm.max of them when it starts. Each hour of use counts 1, and half of that a week later.
      # To start over, stop lazymount and delete this file.
      #   score  last used             compiler
      """;

  private static final Pattern ENTRY =
      Pattern.compile("(\\d{1,3}\\.\\d{1,6}) +(\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ) +(.+)");

  /** Why a text is not a warm list. */
  public static final class Damaged extends Exception {
    private static final long serialVersionUID = 1L;

    Damaged(String message) {
      super(message);
    }

    Damaged(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /**
   * What was read.
   *
   * @param list empty if there is no file, or it was damaged
   * @param damage what was wrong with the file, and where it is now
   */
  record Loaded(WarmList list, Optional<String> damage) {}

  private final Path directory;
  private final Path file;

  /** The file in this directory, which is created with mode 0700 when it is first needed. */
  WarmListFile(Path directory) {
    this.directory = directory;
    this.file = directory.resolve(NAME);
  }

  /**
   * Reads the list. A damaged file is renamed, so that an operator can look at it, and an empty
   * list is returned.
   *
   * @throws IOException if the directory can't be used, or the file can't be read
   */
  Loaded load() throws IOException {
    prepareDirectory();
    try {
      return new Loaded(parse(read(file, LinkOption.NOFOLLOW_LINKS)), Optional.empty());
    } catch (NoSuchFileException e) {
      return new Loaded(new WarmList(), Optional.empty());
    } catch (Damaged e) {
      Files.move(file, directory.resolve(DAMAGED), StandardCopyOption.ATOMIC_MOVE);
      String damage = file + " is damaged: " + e.getMessage() + ". It was renamed to " + DAMAGED;
      return new Loaded(new WarmList(), Optional.of(damage + ", and a new list is started"));
    }
  }

  /**
   * Replaces the list in one step.
   *
   * @throws IOException if that fails; then the old list is still there
   */
  void save(WarmList list, Instant now) throws IOException {
    prepareDirectory();
    SmallFile.replace(file, directory.resolve(NEW), "rw-------", print(list, now));
  }

  /**
   * Reads a seed: a warm list of another node, or a file with one compiler's name a line. It may be
   * on a file system that hangs.
   *
   * @param now when a name without a time counts as used
   * @throws IOException if it can't be read
   * @throws Damaged if it is not a list
   */
  static WarmList readSeed(Path file, Instant now) throws IOException, Damaged {
    return parseSeed(read(file), now);
  }

  /** No other user may write to it: then its files need no further checks. */
  private void prepareDirectory() throws IOException {
    if (!Files.isDirectory(directory)) {
      PrivateDirectory.create(directory);
    }
    Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(directory);
    Object owner = Files.getAttribute(directory, "unix:uid");
    boolean ours = owner.equals(0) || owner.equals(User.id());
    if (!ours
        || permissions.contains(PosixFilePermission.GROUP_WRITE)
        || permissions.contains(PosixFilePermission.OTHERS_WRITE)) {
      throw new FileSystemException(
          directory.toString(), null, "other users can write to it; it must be root's, mode 0700");
    }
  }

  private static String read(Path file, LinkOption... links) throws IOException, Damaged {
    try {
      return SmallFile.read(file, MAX_BYTES, links);
    } catch (SmallFile.Invalid e) {
      throw new Damaged(e.getMessage(), e);
    }
  }

  /** The text of a list. */
  public static String print(WarmList list, Instant now) {
    StringBuilder text = new StringBuilder(HEAD);
    for (Map.Entry<String, WarmList.Entry> entry : list.sorted(now)) {
      text.append(
          String.format(
              Locale.ROOT,
              "%9.4f  %s  %s%n",
              entry.getValue().score(),
              entry.getValue().lastUsed(),
              entry.getKey()));
    }
    return text.append(lastLine(list.size())).append('\n').toString();
  }

  private static String lastLine(int size) {
    return "# " + size + " in all";
  }

  /** Reads what {@link #print} has written. */
  public static WarmList parse(String text) throws Damaged {
    List<String> lines = text.lines().toList();
    WarmList list = new WarmList();
    for (int i = 0; i < lines.size(); i++) {
      if (!lines.get(i).startsWith("#")) {
        Matcher entry = ENTRY.matcher(lines.get(i).strip());
        if (!entry.matches()) {
          throw new Damaged("line " + (i + 1) + " is not a score, a time and a name");
        }
        add(list, entry.group(3), entry(entry, i), i);
      }
    }
    if (lines.isEmpty() || !lines.get(lines.size() - 1).equals(lastLine(list.size()))) {
      throw new Damaged("its end is missing");
    }
    return list;
  }

  /**
   * Lines as above, or names alone, which count as used once {@code now}; no last line needed.
   * Lines with a tab as their second character are for the read-ahead.
   */
  public static WarmList parseSeed(String text, Instant now) throws Damaged {
    WarmList list = new WarmList();
    int i = -1;
    // Not a list of all lines: with those of the read-ahead, it can be a quarter of the heap.
    for (String each : (Iterable<String>) text.lines()::iterator) {
      i++;
      String line = each.strip();
      if (!line.isEmpty() && !line.startsWith("#") && line.indexOf('\t') != 1) {
        Matcher entry = ENTRY.matcher(line);
        if (entry.matches()) {
          add(list, entry.group(3), entry(entry, i), i);
        } else {
          add(list, line, new WarmList.Entry(1, now), i);
        }
      }
    }
    return list;
  }

  private static WarmList.Entry entry(Matcher entry, int line) throws Damaged {
    double score = Double.parseDouble(entry.group(1));
    if (score > WarmList.MAX_SCORE) {
      throw new Damaged("line " + (line + 1) + " has a score above " + (int) WarmList.MAX_SCORE);
    }
    try {
      return new WarmList.Entry(score, Instant.parse(entry.group(2)));
    } catch (DateTimeException e) {
      throw new Damaged("line " + (line + 1) + " has an invalid time", e);
    }
  }

  private static void add(WarmList list, String name, WarmList.Entry entry, int line)
      throws Damaged {
    if (ImageFile.refusal(name).isPresent()) {
      throw new Damaged("line " + (line + 1) + " has an invalid name");
    }
    if (list.contains(name)) {
      throw new Damaged("line " + (line + 1) + " repeats a name");
    }
    if (list.size() == WarmList.MAX_NAMES) {
      throw new Damaged("it has more than " + WarmList.MAX_NAMES + " names");
    }
    list.put(name, entry);
  }
}
