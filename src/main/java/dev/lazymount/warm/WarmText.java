package dev.lazymount.warm;

import dev.lazymount.catalog.ImageFile;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A {@link WarmList} as text: a line for each compiler, with its score, the newest hour of its use
 * and its name, those used most first; lines that begin with # are for people. The last line counts
 * the others, so that a file cut off somewhere is known as such.
 */
final class WarmText {
  /** Why a text is no warm list. */
  static final class Damaged extends Exception {
    private static final long serialVersionUID = 1L;

    Damaged(String message) {
      super(message);
    }

    Damaged(String message, Throwable cause) {
      super(message, cause);
    }
  }

  private static final String HEAD =
      """
      # The compilers used most on this node. lazymount keeps this list and mounts the first ones at
      # its start (warm.max). Each hour in which one is used counts 1, and half of it a week later.
      # To begin anew, stop lazymount and delete this file.
      # score  last used             compiler
      """;

  private static final Pattern ENTRY =
      Pattern.compile("(\\d{1,3}\\.\\d{1,6}) +(\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ) +(.+)");

  private WarmText() {}

  static String print(WarmList list, Instant now) {
    StringBuilder text = new StringBuilder(HEAD);
    for (Map.Entry<String, WarmList.Entry> entry : list.sorted(now)) {
      text.append(
          String.format(
              Locale.ROOT,
              "%9.4f  %s  %s%n",
              entry.getValue().score(),
              entry.getValue().used(),
              entry.getKey()));
    }
    return text.append(end(list.size())).append('\n').toString();
  }

  private static String end(int size) {
    return "# " + size + " in all";
  }

  /** Reads what {@link #print} has written. */
  static WarmList parse(String text) throws Damaged {
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
    if (lines.isEmpty() || !lines.get(lines.size() - 1).equals(end(list.size()))) {
      throw new Damaged("its end is missing");
    }
    return list;
  }

  /**
   * Reads what a person or another node has written: lines as above, or names alone, which count as
   * used once {@code now}. No last line is needed.
   */
  static WarmList parseSeed(String text, Instant now) throws Damaged {
    List<String> lines = text.lines().toList();
    WarmList list = new WarmList();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).strip();
      if (!line.isEmpty() && !line.startsWith("#")) {
        Matcher entry = ENTRY.matcher(line);
        if (entry.matches()) {
          add(list, entry.group(3), entry(entry, i), i);
        } else {
          add(list, line, new WarmList.Entry(1, WarmList.hour(now)), i);
        }
      }
    }
    return list;
  }

  private static WarmList.Entry entry(Matcher entry, int line) throws Damaged {
    double score = Double.parseDouble(entry.group(1));
    if (score > WarmList.HIGHEST) {
      throw new Damaged("line " + (line + 1) + " has a score that no use comes to");
    }
    try {
      return new WarmList.Entry(score, Instant.parse(entry.group(2)));
    } catch (DateTimeException e) {
      throw new Damaged("line " + (line + 1) + " has a time that is none", e);
    }
  }

  private static void add(WarmList list, String name, WarmList.Entry entry, int line)
      throws Damaged {
    if (ImageFile.refusal(name).isPresent()) {
      throw new Damaged("line " + (line + 1) + " has a name that no compiler can have");
    }
    if (list.contains(name)) {
      throw new Damaged("line " + (line + 1) + " has a name that was there before");
    }
    if (list.size() == WarmList.MOST) {
      throw new Damaged("it has more than " + WarmList.MOST + " names");
    }
    list.put(name, entry);
  }
}
