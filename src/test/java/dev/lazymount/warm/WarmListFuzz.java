package dev.lazymount.warm;

import java.nio.charset.StandardCharsets;
import java.time.Instant;

/** A list of the most-used images. */
public final class WarmListFuzz {
  private static final Instant NOW = Instant.parse("2026-12-01T00:00:00Z");

  private WarmListFuzz() {}

  /** The file; what is read has to be the same after it was written and read again. */
  public static void fuzzerTestOneInput(byte[] data) throws WarmListFile.Damaged {
    String text = new String(data, StandardCharsets.UTF_8);
    try {
      WarmListFile.parseSeed(text, NOW);
    } catch (WarmListFile.Damaged expected) {
      // It says where.
    }
    WarmList list;
    try {
      list = WarmListFile.parse(text);
    } catch (WarmListFile.Damaged expected) {
      return;
    }
    String printed = WarmListFile.print(list, NOW);
    String again = WarmListFile.print(WarmListFile.parse(printed), NOW);
    if (!again.equals(printed)) {
      throw new AssertionError("read back differently: " + printed + " " + again);
    }
  }
}
