package dev.lazymount.bench;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The options of one benchmark: {@code --quick}, and {@code --name value}. */
final class Options {
  /** The command line can't be understood. */
  static final class Invalid extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private Invalid(String message) {
      super(message);
    }
  }

  private final boolean quick;
  private final Map<String, String> given = new HashMap<>();

  Options(List<String> words) {
    quick = words.contains("--quick");
    List<String> pairs = words.stream().filter(word -> !word.equals("--quick")).toList();
    for (int i = 0; i < pairs.size(); i += 2) {
      if (!pairs.get(i).startsWith("--") || i + 1 == pairs.size()) {
        throw new Invalid("not an option with its value: " + pairs.get(i));
      }
      given.put(pairs.get(i).substring(2), pairs.get(i + 1));
    }
  }

  /** Whether a short run is wanted. */
  boolean quick() {
    return quick;
  }

  /** A positive number. */
  int number(String option, int usually, int whenQuick) {
    return numbers(option, List.of(usually), List.of(whenQuick)).get(0);
  }

  /** Numbers with commas between them. */
  List<Integer> numbers(String option, List<Integer> usually, List<Integer> whenQuick) {
    String text = given.remove(option);
    if (text == null) {
      return quick ? whenQuick : usually;
    }
    if (!text.matches("\\d{1,8}(,\\d{1,8})*")) {
      throw new Invalid("--" + option + " wants numbers, not " + text);
    }
    return Arrays.stream(text.split(",", -1)).map(Integer::valueOf).toList();
  }

  /** A word. */
  String word(String option, String usually) {
    String text = given.remove(option);
    return text == null ? usually : text;
  }

  /** All options have been asked for; what is left is none. */
  void complete() {
    if (!given.isEmpty()) {
      throw new Invalid("unknown: --" + String.join(", --", given.keySet()));
    }
  }
}
