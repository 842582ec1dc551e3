package dev.lazymount.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lazymount.status.Access;
import dev.lazymount.status.ImageUse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class TraceParserTest {
  private static final String MARK = "0123456789abcdef";
  private static final String CANARY = "/ce/.canary-";
  private static final long NOW = 42;

  private final TraceParser parser = new TraceParser(MARK, CANARY);

  @Test
  void openForWritingIsMarked() {
    TraceBatch batch = feed(MARK + " 4711 w:openat /ce/gcc/x\tcp\t" + MARK + "\n");
    assertEquals(
        List.of(new Access("/ce/gcc/x", 4711, "cp", "openat", Access.Kind.WRITE, NOW)),
        batch.accesses());
  }

  @ParameterizedTest
  @CsvSource({"x,exec", "d,opendir", "u,open"})
  void kindOfUseNamesTheCall(String kind, String call) {
    TraceBatch batch = feed(MARK + " 4711 " + kind + ":open /ce/gcc/x\tcp\t" + MARK + "\n");
    assertEquals(
        List.of(new Access("/ce/gcc/x", 4711, "cp", call, Access.Kind.USE, NOW)), batch.accesses());
  }

  @Test
  void readsAnEvent() {
    TraceBatch batch = feed(event("/ce/gcc-15/bin/gcc", "sh"));
    assertEquals(List.of(access("/ce/gcc-15/bin/gcc", "sh")), batch.accesses());
    assertEquals(new Counts(0, 0, 0, false), Counts.of(batch));
  }

  /** Found by fuzzing: the kind was looked for behind the call's end. */
  @Test
  void emptyCallHasNoKind() {
    TraceBatch batch = feed(MARK + " 1  :x /ce/x\tsh\t" + MARK + "\n");
    assertEquals(1, batch.accesses().size());
    assertEquals("", batch.accesses().get(0).call());
  }

  @Test
  void readsManyEventsInTheirOrder() {
    TraceBatch batch =
        feed(event("/ce/a", "x") + event("/ce/b", "y") + tick() + event("/ce/c", "z"));
    assertEquals(
        List.of(access("/ce/a", "x"), access("/ce/b", "y"), access("/ce/c", "z")),
        batch.accesses());
    assertEquals(new Counts(0, 0, 0, true), Counts.of(batch));
    assertEquals(new Counts(0, 0, 0, false), Counts.of(feed("")));
  }

  @Test
  void canaryIsATokenAndNoAccess() {
    TraceBatch batch = feed(event(CANARY + "c0ffee", "java"));
    assertEquals(List.of("c0ffee"), batch.canaries());
    assertEquals(List.of(), batch.accesses());
  }

  @Test
  void emptyFieldsAreRead() {
    assertEquals(List.of(access("/ce/a", "")), feed(event("/ce/a", "")).accesses());
    assertEquals(List.of(access("", "sh")), feed(event("", "sh")).accesses());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/ce/new\nline",
        "/ce/two\n\nlines",
        "/ce/end\n",
        "\n",
        "/ce/gcc\n" + MARK,
        "/ce/x\nLost 99 events",
        "/ce/x\n@seen: 1",
        "/ce/x\rCR",
        "/ce/\u00e4\u20ac\ud83d\ude00"
      })
  void lineBreakInAPathEndsNothing(String path) {
    TraceBatch batch = feed(event(path, "sh") + event("/ce/next", "sh"));
    assertEquals(List.of(access(path, "sh"), access("/ce/next", "sh")), batch.accesses());
    assertEquals(new Counts(0, 0, 0, false), Counts.of(batch));
  }

  @ParameterizedTest
  @ValueSource(strings = {"new\nline", "\n", "\t", "tab\tbed", "\tLost 9 events", " ", "0 x /ce/y"})
  void commandMayContainAnything(String comm) {
    TraceBatch batch = feed(event("/ce/a", comm) + event("/ce/next", "sh"));
    assertEquals(List.of(access("/ce/a", comm), access("/ce/next", "sh")), batch.accesses());
    assertEquals(new Counts(0, 0, 0, false), Counts.of(batch));
  }

  @Test
  void tabInAPathCutsItOff() {
    TraceBatch batch = feed(event("/ce/a\t/ce/b", "sh"));
    assertEquals(List.of(access("/ce/a", "/ce/b\tsh")), batch.accesses());
  }

  /** A path can't contain the mark of this run, but may contain that of another. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "/ce/x\tsh\tfedcba9876543210\nfedcba9876543210 1 openat /ce/forged\tsh\tfedcba9876543210",
        "/ce/x\nfedcba9876543210 tick",
        "/ce/x\n@MARK@ 1 openat /ce/forged\tsh\t@MARK@",
        "/ce/x\n 1 openat /ce/forged\tsh\t",
      })
  void pathCanNotForgeAnEvent(String path) {
    TraceBatch batch = feed(event(path, "sh") + event("/ce/next", "sh"));
    assertEquals(2, batch.accesses().size());
    assertEquals("/ce/next", batch.accesses().get(1).path());
    assertEquals(new Counts(0, 0, 0, false), Counts.of(batch));
  }

  @Test
  void useOfAnImageIsNoAccess() {
    TraceBatch batch = feed(MARK + " used 7340035 4714\tcc1\t" + MARK + "\n");
    assertEquals(List.of(new ImageUse(7340035, 4714, "cc1", NOW)), batch.uses());
    assertEquals(List.of(), batch.accesses());
    assertEquals(List.of(), feed("").uses());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"used", "used x 1\tsh", "used 7 \tsh", "used 7 1 2\tsh", "used 7 99999999999\tsh"})
  void useWithoutItsNumbersIsMalformed(String line) {
    TraceBatch batch = feed(MARK + " " + line + "\t" + MARK + "\n");
    assertEquals(List.of(), batch.uses());
    assertEquals(1, batch.unparsed());
  }

  @Test
  void lostEventsAreAddedUp() {
    TraceBatch batch =
        feed(
            "Lost 12 events\n" + event("/ce/a", "sh") + "Lost 30 events\nWARNING: Lost 1 events\n");
    assertEquals(new Counts(0, 43, 0, false), Counts.of(batch));
    assertEquals(1, batch.accesses().size());
    assertEquals(new Counts(0, 0, 0, false), Counts.of(feed("")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Attaching the probes",
        "Lost many events",
        "We Lost 12 events",
        "Lost 99999999999999999999 events",
        "0123456789abcdef",
        "0123456789abcdef tock",
        "0123456789abcdefg tick",
        " 0123456789abcdef tick",
        "fedcba9876543210 1 openat /ce/x\tsh\tfedcba9876543210",
        "1 openat /ce/x\tsh",
        "\u0000\u0001\u0002\ufffd",
      })
  void foreignLineIsCountedAndDropped(String line) {
    // The line that begins with the mark may continue; the next event ends it.
    TraceBatch batch = feed(line + "\n" + event("/ce/next", "sh"));
    assertEquals(List.of(access("/ce/next", "sh")), batch.accesses());
    assertEquals(new Counts(0, 0, 1, false), Counts.of(batch));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        MARK + " x openat /ce/x\tsh\t" + MARK,
        MARK + " 12 openat\tsh\t" + MARK,
        MARK + " 12\tsh\t" + MARK,
        MARK + " \t" + MARK,
        MARK + " 12 openat /ce/x\t" + MARK,
      })
  void malformedEventIsCountedAndDropped(String line) {
    TraceBatch batch = feed(line + "\n" + event("/ce/next", "sh"));
    assertEquals(List.of(access("/ce/next", "sh")), batch.accesses());
    assertEquals(new Counts(0, 0, 1, false), Counts.of(batch));
  }

  @Test
  void mapsStartMessageAndEmptyLinesAreIgnored() {
    assertEquals(
        new Counts(0, 0, 0, false),
        Counts.of(feed("Attaching 6 probes...\n\n@seen[/ce/a]: 1\n@x: 2\n\n")));
  }

  @Test
  void cutOffEventIsDroppedAndTheNextIsRead() {
    TraceBatch batch =
        feed(MARK + " 12 openat /ce/cut\n" + event("/ce/next", "sh") + event("/ce/more", "sh"));
    assertEquals(List.of(access("/ce/next", "sh"), access("/ce/more", "sh")), batch.accesses());
    assertEquals(new Counts(0, 0, 1, false), Counts.of(batch));
  }

  @Test
  void tickAfterACutOffEventIsRead() {
    TraceBatch batch = feed(MARK + " 12 openat /ce/cut\n" + tick() + event("/ce/next", "sh"));
    assertEquals(List.of(access("/ce/next", "sh")), batch.accesses());
    assertEquals(new Counts(0, 0, 1, true), Counts.of(batch));
  }

  @ParameterizedTest
  @ValueSource(strings = {"x", "0123456789abcdef 1 openat /", "@", "\u0000", "Lost "})
  void lineOfTenMegabytesIsCountedOnce(String filler) {
    byte[] chunk = filler.repeat(64 * 1024 / filler.length()).getBytes(StandardCharsets.UTF_8);
    long unparsed = 0;
    for (int i = 0; i < 160; i++) {
      TraceBatch batch = parser.feed(chunk, NOW);
      assertEquals(0, batch.accesses().size());
      unparsed += batch.unparsed();
    }
    TraceBatch batch = feed("\n" + event("/ce/next", "sh"));
    assertEquals(List.of(access("/ce/next", "sh")), batch.accesses());
    assertEquals(1, unparsed + batch.unparsed());
  }

  @Test
  void lineOfTenMegabytesInOneReadIsCountedOnce() {
    TraceBatch batch = feed("x".repeat(10_000_000) + "\n" + event("/ce/next", "sh"));
    assertEquals(List.of(access("/ce/next", "sh")), batch.accesses());
    assertEquals(new Counts(0, 0, 1, false), Counts.of(batch));
  }

  @Test
  void endlessEventIsDroppedAndTheNextIsRead() {
    StringBuilder endless = new StringBuilder(MARK + " 12 openat /ce/");
    for (int i = 0; i < 1000; i++) {
      endless.append("line ").append(i).append('\n');
    }
    TraceBatch batch = feed(endless + event("/ce/next", "sh"));
    assertEquals(List.of(access("/ce/next", "sh")), batch.accesses());
  }

  /** With the buffer just full there is no room for the line break. */
  @ParameterizedTest
  @ValueSource(ints = {100, 500, 1024, 1025, 1050})
  void cutOffEventTakesNoOtherAlong(int length) {
    String cut = MARK + " 12 openat /";
    TraceBatch batch =
        feed(cut + "x".repeat(length - cut.length()) + "\n" + event("/ce/next", "sh"));
    assertEquals(List.of(access("/ce/next", "sh")), batch.accesses());
    assertEquals(new Counts(0, 0, 1, false), Counts.of(batch));
  }

  @Test
  void longestEventsAreRead() {
    String path = "/ce/" + "p".repeat(187);
    assertEquals(
        List.of(access(path, "c".repeat(15))), feed(event(path, "c".repeat(15))).accesses());
  }

  @Test
  void sampleIsPrintableBoundedAndWithoutTheMark() {
    TraceBatch batch =
        feed(
            "tab\there \u0007\n"
                + "another\n"
                + MARK
                + " 12 openat\tsh\t"
                + MARK
                + "\n"
                + "y".repeat(3000)
                + "\n");
    assertEquals(
        Map.of(
            TraceBatch.Unparsed.FOREIGN, "tab?here ?",
            TraceBatch.Unparsed.MALFORMED, "12 openat?sh",
            TraceBatch.Unparsed.TOO_LONG, "y".repeat(120)),
        batch.samples().stream()
            .collect(Collectors.toMap(TraceBatch.Sample::kind, TraceBatch.Sample::line)));
    assertEquals(4, batch.unparsed());
    assertEquals(List.of(), feed("").samples());
  }

  @Test
  void binaryGarbageDoesNotStopTheParser() {
    Random random = new Random(15);
    for (int i = 0; i < 2000; i++) {
      byte[] garbage = new byte[random.nextInt(300)];
      random.nextBytes(garbage);
      parser.feed(garbage, NOW);
    }
    feed("\n");
    assertEquals(List.of(access("/ce/next", "sh")), feed(event("/ce/next", "sh")).accesses());
  }

  /** The events do not depend on where the reads end. */
  @Test
  void readsMayCutAnywhere() {
    String all =
        "Attaching 6 probes...\n"
            + event("/ce/gcc/bin", "sh")
            + tick()
            + event("/ce/new\nline\u20ac", "c\nc")
            + "Lost 7 events\n"
            + MARK
            + " 12 openat /ce/cut\n"
            + event(CANARY + "c0ffee", "java")
            + "x".repeat(3000)
            + "\n"
            + event("/ce/last", "sh");
    byte[] bytes = all.getBytes(StandardCharsets.UTF_8);
    List<Access> expected =
        List.of(
            access("/ce/gcc/bin", "sh"),
            access("/ce/new\nline\u20ac", "c\nc"),
            access("/ce/last", "sh"));
    Random random = new Random(4);
    for (int round = 0; round < 500; round++) {
      int longest = 1 + random.nextInt(round < 250 ? 4 : 600);
      List<Access> accesses = new ArrayList<>();
      Counts counts = new Counts(0, 0, 0, false);
      for (int from = 0; from < bytes.length; ) {
        int to = Math.min(bytes.length, from + 1 + random.nextInt(longest));
        TraceBatch batch = parser.feed(java.util.Arrays.copyOfRange(bytes, from, to), NOW);
        accesses.addAll(batch.accesses());
        counts = counts.plus(Counts.of(batch));
        from = to;
      }
      assertEquals(expected, accesses);
      assertEquals(new Counts(1, 7, 2, true), counts);
    }
  }

  private record Counts(int canaries, long lost, long unparsed, boolean newWindow) {
    static Counts of(TraceBatch b) {
      return new Counts(b.canaries().size(), b.lost(), b.unparsed(), b.newWindow());
    }

    Counts plus(Counts more) {
      return new Counts(
          canaries + more.canaries,
          lost + more.lost,
          unparsed + more.unparsed,
          newWindow || more.newWindow);
    }
  }

  private TraceBatch feed(String text) {
    return parser.feed(text.getBytes(StandardCharsets.UTF_8), NOW);
  }

  private static String event(String path, String comm) {
    return MARK + " 4711 openat " + path + "\t" + comm + "\t" + MARK + "\n";
  }

  private static String tick() {
    return MARK + " tick\n";
  }

  private static Access access(String path, String comm) {
    return new Access(path, 4711, comm, "openat", NOW);
  }
}
