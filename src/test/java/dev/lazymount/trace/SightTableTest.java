package dev.lazymount.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lazymount.status.ProgramName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What ./dev vm-test proves of the hooked program is what the table in trace.md says. */
final class SightTableTest {
  /**
   * A line of sight.sh; what overlayfs shows depends on the kernel, and the table has the newer.
   */
  private static final Pattern WAY = Pattern.compile("  way ([A-Z0-9_]+) (yes|no|\\S+SEEN\") .+");

  @Test
  void virtualMachineProvesTheTable() throws IOException {
    Map<String, Boolean> proven = new TreeMap<>();
    for (String line : Files.readAllLines(Path.of("src/vm-test/sight.sh"))) {
      Matcher way = WAY.matcher(line);
      if (way.matches() && !way.group(1).equals("FENCE")) {
        proven.put(way.group(1), !way.group(2).equals("no"));
      }
    }
    Map<String, Boolean> table = new TreeMap<>();
    for (OpenMethod method : OpenMethod.values()) {
      table.put(method.name(), method.expected().get(ProgramName.HOOKED));
    }
    assertEquals(table, proven);
  }
}
