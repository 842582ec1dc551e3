package dev.lazymount.readahead;

import dev.lazymount.catalog.ImageFile;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which files of an image are used, in the order in which they are to be read. As text, each line
 * has fields separated by tabs:
 *
 * <ul>
 *   <li>{@code @}, the image's name, the generation, how often it was learned
 *   <li>for each file: {@code +}, its blocks, such as {@code 0-3,17}, its path in the image
 *   <li>{@code =}, the number of files, which shows that the text is complete
 * </ul>
 *
 * <p>Bounded: {@link #MAX_FILES} and {@link #MAX_BYTES}; files beyond these are dropped.
 *
 * @param name the image's name
 * @param generation which content of the image this is of: when the file was changed, and its inode
 *     number. The same on all hosts that share a storage
 * @param looks how often it was learned
 * @param files the files
 */
public record FileList(String name, String generation, int looks, List<Used> files) {
  /** Bytes in a block: the usual block of squashfs. */
  static final int BLOCK = 128 << 10;

  /** Of each file, only so many blocks count: 1 GiB. */
  static final int MAX_BLOCKS = 8192;

  static final int MAX_FILES = 512;

  /** The largest text of a list. */
  public static final int MAX_BYTES = 64 << 10;

  private static final int MAX_PATH = 1024;
  private static final int MAX_RANGES = 32;
  private static final int MAX_LOOKS = 1000;

  private static final Pattern GENERATION =
      Pattern.compile("(\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ) inode \\d{1,20}");
  private static final Pattern RANGES =
      Pattern.compile("\\d{1,4}(?:-\\d{1,4})?(?:,\\d{1,4}(?:-\\d{1,4})?){0,31}+");

  /**
   * A file.
   *
   * @param path below the top directory of the image
   * @param ranges which blocks of it are used, as text
   */
  public record Used(String path, String ranges) {
    /** With few ranges: the smallest gaps between them are filled. */
    static Used of(String path, BitSet blocks) {
      BitSet all = blocks.get(0, MAX_BLOCKS);
      String text = text(all);
      for (int gap = 1; text.chars().filter(c -> c == ',').count() >= MAX_RANGES; gap *= 2) {
        for (int end = all.nextClearBit(0); end < all.length(); ) {
          int next = all.nextSetBit(end);
          all.set(end, next - end <= gap ? next : end);
          end = all.nextClearBit(next);
        }
        text = text(all);
      }
      return new Used(path, text);
    }

    private static String text(BitSet blocks) {
      List<String> ranges = new ArrayList<>();
      for (int from = blocks.nextSetBit(0); from >= 0; ) {
        int end = blocks.nextClearBit(from);
        ranges.add(end - from == 1 ? "" + from : from + "-" + (end - 1));
        from = blocks.nextSetBit(end);
      }
      return String.join(",", ranges);
    }

    /** Which blocks. */
    BitSet blocks() {
      BitSet blocks = new BitSet();
      for (String range : ranges.split(",")) {
        int dash = range.indexOf('-');
        int from = Integer.parseInt(dash < 0 ? range : range.substring(0, dash));
        int to = dash < 0 ? from : Integer.parseInt(range.substring(dash + 1));
        blocks.set(from, Math.max(from, to) + 1);
      }
      return blocks;
    }

    private String line() {
      return "+\t" + ranges + "\t" + path + "\n";
    }
  }

  /** Why a text has no lists. */
  public static final class Damaged extends Exception {
    private static final long serialVersionUID = 1L;

    Damaged(String message) {
      super(message);
    }
  }

  /** Whether this path can be listed: anything that fits in a line. */
  static boolean canList(String path) {
    return !path.isEmpty()
        && path.length() <= MAX_PATH
        && path.chars().noneMatch(Character::isISOControl);
  }

  /** A list within its bounds: of the files, the first ones are kept. */
  static FileList of(String name, String generation, int looks, List<Used> files) {
    List<Used> kept = new ArrayList<>();
    int bytes = header(name, generation, looks).length() + 1024;
    for (Used file : files) {
      int more = file.line().getBytes(StandardCharsets.UTF_8).length;
      if (kept.size() < MAX_FILES && bytes + more <= MAX_BYTES) {
        kept.add(file);
        bytes += more;
      }
    }
    return new FileList(name, generation, Math.min(looks, MAX_LOOKS), List.copyOf(kept));
  }

  /** This list, and behind it the files that only another list of the same generation has. */
  public FileList and(FileList other) {
    Set<String> mine = new HashSet<>();
    files.forEach(file -> mine.add(file.path()));
    List<Used> all = new ArrayList<>(files);
    other.files().stream().filter(file -> !mine.contains(file.path())).forEach(all::add);
    return of(name, generation, Math.max(looks, other.looks), all);
  }

  /** The bytes of all blocks, at most: the last block of a file may be shorter. */
  public long bytes() {
    return files.stream().mapToLong(file -> (long) file.blocks().cardinality() * BLOCK).sum();
  }

  /** When the image was changed. */
  public Instant changed() {
    return Instant.parse(generation.substring(0, generation.indexOf(' ')));
  }

  /** Its text. */
  public String text() {
    StringBuilder text = new StringBuilder(header(name, generation, looks));
    files.forEach(file -> text.append(file.line()));
    return text.append("=\t").append(files.size()).append('\n').toString();
  }

  private static String header(String name, String generation, int looks) {
    return "@\t" + name + "\t" + generation + "\t" + looks + "\n";
  }

  /**
   * The lists in a text; lines between them that are not part of one are left out.
   *
   * @throws Damaged if a list is incomplete, out of its bounds, or can't be read
   */
  public static List<FileList> parse(String text) throws Damaged {
    List<FileList> lists = new ArrayList<>();
    FileList open = null;
    int bytes = 0;
    int number = 0;
    for (String line : (Iterable<String>) text.lines()::iterator) {
      number++;
      String[] fields = line.split("\t", -1);
      boolean begins = line.startsWith("@\t");
      if (open == null ? begins : !begins) {
        bytes = open == null ? 0 : bytes + line.getBytes(StandardCharsets.UTF_8).length + 1;
        if (open == null) {
          open = begin(fields, number);
        } else if (line.equals("=\t" + open.files().size())) {
          lists.add(of(open.name(), open.generation(), open.looks(), open.files()));
          open = null;
        } else if (bytes > MAX_BYTES || open.files().size() >= MAX_FILES) {
          throw new Damaged("line " + number + ": the list is too long");
        } else {
          open.files().add(file(fields, number));
        }
      } else if (open != null || line.startsWith("+\t") || line.startsWith("=\t")) {
        throw new Damaged("line " + number + " is out of place");
      }
    }
    if (open != null) {
      throw new Damaged("its end is missing");
    }
    return lists;
  }

  /** The text of each list in a text, by image name, unchecked: {@link #parse} checks each. */
  static Map<String, String> split(String text) {
    Map<String, String> lists = new HashMap<>();
    StringBuilder list = new StringBuilder();
    String name = "";
    for (String line : (Iterable<String>) text.lines()::iterator) {
      if (line.startsWith("@\t")) {
        name = line.split("\t", 3)[1];
        list.setLength(0);
      }
      list.append(line).append('\n');
      if (line.startsWith("=\t")) {
        lists.put(name, list.toString());
        list.setLength(0);
      }
    }
    return lists;
  }

  private static FileList begin(String[] fields, int number) throws Damaged {
    boolean good =
        fields.length == 4
            && ImageFile.refusal(fields[1]).isEmpty()
            && isGeneration(fields[2])
            && fields[3].matches("\\d{1,3}");
    if (!good) {
      throw new Damaged("line " + number + " does not begin a list");
    }
    return new FileList(fields[1], fields[2], Integer.parseInt(fields[3]), new ArrayList<>());
  }

  /** Whether it is of a time that can be, and not of one that no later image could follow. */
  static boolean isGeneration(String text) {
    Matcher generation = GENERATION.matcher(text);
    try {
      return generation.matches()
          && Instant.parse(generation.group(1)).isBefore(Instant.now().plus(Duration.ofDays(1)));
    } catch (DateTimeException e) {
      return false;
    }
  }

  private static Used file(String[] fields, int number) throws Damaged {
    boolean good =
        fields.length == 3
            && fields[0].equals("+")
            && RANGES.matcher(fields[1]).matches()
            && canList(fields[2]);
    Used file = new Used(good ? fields[2] : "", good ? fields[1] : "0");
    if (!good || file.blocks().length() > MAX_BLOCKS) {
      throw new Damaged("line " + number + " is not the blocks and the path of a file");
    }
    return file;
  }
}
