package dev.lazymount.learned;

import dev.lazymount.linux.SmallFile;
import dev.lazymount.readahead.FileList;
import dev.lazymount.readahead.FileListStore;
import dev.lazymount.warm.WarmList;
import dev.lazymount.warm.WarmListFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a host has learned, or the merged lists of many. As text: a line with the version, the text
 * of the warm list, that of each list of used files, and a last line that shows that it is
 * complete. The daemon reads it as {@code warm.seed}.
 *
 * @param merged whether it is of many hosts
 * @param warm the compilers
 * @param files lists of used files, of some of them
 */
public record Learned(boolean merged, WarmList warm, List<FileList> files) {
  /** The largest text: that of the seed that a daemon reads. */
  public static final int MAX_BYTES = WarmListFile.MAX_BYTES;

  private static final Pattern HEAD = Pattern.compile("# lazymount learned (\\d{1,9})(, merged)?");
  private static final int VERSION = 1;

  /**
   * What this host has learned, as text. Bounded in memory: reads one list at a time.
   *
   * @param problems receives a line for each list of used files that is skipped
   * @throws IOException if the warm list can't be read
   */
  public static String export(Path stateDir, Consumer<String> problems) throws IOException {
    return print(false, warmList(stateDir), new FileListStore(stateDir, problems)::read);
  }

  private static WarmList warmList(Path stateDir) throws IOException {
    try {
      Path file = stateDir.resolve(WarmListFile.NAME);
      return WarmListFile.parse(
          SmallFile.read(file, WarmListFile.MAX_BYTES, LinkOption.NOFOLLOW_LINKS));
    } catch (NoSuchFileException e) {
      return new WarmList();
    } catch (WarmListFile.Damaged e) {
      throw new IOException("the warm list is damaged: " + e.getMessage(), e);
    }
  }

  /** The text; lists of used files that do not fit are left out, those of the least used first. */
  static String print(boolean merged, WarmList warm, Function<String, Optional<FileList>> filesOf) {
    Instant now = Instant.now();
    StringBuilder text = new StringBuilder("# lazymount learned " + VERSION);
    text.append(merged ? ", merged\n" : "\n").append(WarmListFile.print(warm, now));
    long bytes = utf8(text.toString()) + 100;
    int lists = 0;
    for (Map.Entry<String, WarmList.Entry> entry : warm.sorted(now)) {
      String list = filesOf.apply(entry.getKey()).map(FileList::text).orElse("");
      long more = utf8(list);
      if (more > 0 && bytes + more <= MAX_BYTES) {
        text.append(list);
        bytes += more;
        lists++;
      }
    }
    return text.append(lastLine(lists)).append('\n').toString();
  }

  private static long utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  private static String lastLine(int lists) {
    return "# end, after " + lists + " lists of files";
  }

  /**
   * Reads what {@link #export} has written, or a warm list alone.
   *
   * @throws IOException if it is of another version, incomplete or damaged
   */
  public static Learned parse(String text) throws IOException {
    try {
      int end = text.indexOf('\n');
      Matcher head = HEAD.matcher(end < 0 ? text : text.substring(0, end));
      if (!head.matches()) {
        return new Learned(false, WarmListFile.parse(text), List.of());
      }
      if (Integer.parseInt(head.group(1)) != VERSION) {
        throw new IOException("it has version " + head.group(1) + ", this is version " + VERSION);
      }
      List<FileList> files = FileList.parse(text);
      String last = lastLine(files.size()) + "\n";
      int lists = text.indexOf("\n@\t");
      int warm = lists < 0 ? text.length() - last.length() : lists + 1;
      if (!text.endsWith("\n" + last)) {
        throw new IOException("its end is missing");
      }
      return new Learned(
          head.group(2) != null, WarmListFile.parse(text.substring(end + 1, warm)), files);
    } catch (WarmListFile.Damaged | FileList.Damaged e) {
      throw new IOException(e.getMessage(), e);
    }
  }
}
