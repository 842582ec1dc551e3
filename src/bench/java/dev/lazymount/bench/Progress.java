package dev.lazymount.bench;

/** What is going on, a line each on standard error. */
final class Progress {
  private Progress() {}

  static void show(Object... parts) {
    StringBuilder text = new StringBuilder();
    for (Object part : parts) {
      text.append(part);
    }
    System.err.println(text);
  }
}
