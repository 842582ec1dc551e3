package dev.lazymount.catalog;

import dev.lazymount.text.Printable;
import java.util.ArrayList;
import java.util.List;

/** The errors of one scan: the first few as text, all of them counted. For one thread. */
final class ScanErrors {
  /** At most this many chars of a text from a file system are repeated. */
  private static final int MAX_SHOWN = 240;

  private final int limit;
  private final List<String> spelled = new ArrayList<>();
  private int count;
  private int refused;

  /** Spells out at most {@code limit} errors, and counts the others. */
  ScanErrors(int limit) {
    this.limit = limit;
  }

  /**
   * Notes one problem.
   *
   * @param where what it is about; may be any text
   * @param what the problem
   */
  void add(String where, String what) {
    if (count++ < limit) {
      spelled.add(printable(where) + ": " + what);
    }
  }

  /** Notes one problem that keeps an entry out of the catalog. */
  void refuse(String where, String what) {
    refused++;
    add(where, what);
  }

  /** The entries that were refused. */
  int refused() {
    return refused;
  }

  /** The first problems and, if there are more, a last line with their number. */
  List<String> list() {
    List<String> all = new ArrayList<>(spelled);
    if (count > spelled.size()) {
      all.add("and " + (count - spelled.size()) + " more");
    }
    return List.copyOf(all);
  }

  /** A text from a file system, safe and not too long to show. */
  static String printable(String text) {
    return Printable.shortened(text, MAX_SHOWN);
  }
}
