package dev.lazymount.trace;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Splits bytes into lines and truncates long ones, so that memory is bounded. Not thread-safe. */
final class LineSplitter {
  private static final int LONGEST = 512;

  private final ByteArrayOutputStream line = new ByteArrayOutputStream();

  /** The lines that these bytes complete, without line breaks; empty ones are left out. */
  List<String> feed(byte[] bytes) {
    List<String> lines = new ArrayList<>();
    for (byte b : bytes) {
      if (b == '\n') {
        if (line.size() > 0) {
          lines.add(line.toString(StandardCharsets.UTF_8));
        }
        line.reset();
      } else if (line.size() < LONGEST) {
        line.write(b);
      }
    }
    return lines;
  }
}
