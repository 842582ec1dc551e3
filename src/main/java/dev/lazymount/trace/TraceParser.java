package dev.lazymount.trace;

import dev.lazymount.status.Access;
import dev.lazymount.status.ImageUse;
import dev.lazymount.text.Printable;
import dev.lazymount.trace.TraceBatch.Sample;
import dev.lazymount.trace.TraceBatch.Unparsed;
import dev.lazymount.trace.program.BpftraceVersion;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Parses the output of a trace into events. Takes bytes as they are read; a read may end anywhere.
 *
 * <p>An event begins with the mark at the start of a line and ends with the mark at the end of one.
 * There may be line breaks between them: a path may contain any, but the process that chose the
 * path does not know the mark. So no path can forge an event, a tick or a report of lost events.
 *
 * <p>Everything else is printed by bpftrace itself; of that only "Lost N events" matters.
 *
 * <p>Bounded: an event longer than {@link #MAX_EVENT}, or any other line of any length, is skipped
 * and counted, and memory does not grow. Not thread-safe; no I/O.
 */
public final class TraceParser {
  /** The longest event, bytes: two strings, the mark twice and the rest need less than half. */
  static final int MAX_EVENT = 1024;

  /** The most bytes of a line that was not understood that are shown. */
  private static final int SAMPLE = 120;

  private static final byte[] USED = "used ".getBytes(StandardCharsets.US_ASCII);

  /** Device and pid, neither of which has more digits. */
  private static final Pattern USE_NUMBERS = Pattern.compile("(\\d{1,10}) (\\d{1,9})");

  private final byte[] mark;
  private final byte[] canaryPrefix;
  private final byte[] pending = new byte[MAX_EVENT];
  private int length;
  private boolean skipping;

  private final Repeated commName = new Repeated();
  private final Repeated callName = new Repeated();

  private List<Access> accesses = new ArrayList<>();
  private List<ImageUse> uses = new ArrayList<>();
  private List<String> canaries = new ArrayList<>();
  private long lost;
  private long unparsed;
  private final Map<Unparsed, Sample> samples = new EnumMap<>(Unparsed.class);
  private boolean newWindow;
  private long now;

  /**
   * A parser for one run of a trace.
   *
   * @param mark the secret word of this run
   * @param canaryPrefix how the path of a canary begins; the token follows
   */
  public TraceParser(String mark, String canaryPrefix) {
    this.mark = mark.getBytes(StandardCharsets.US_ASCII);
    this.canaryPrefix = canaryPrefix.getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Takes the next bytes.
   *
   * @param bytes as read; not kept
   * @param nowNanos the time of reading, System.nanoTime()
   * @return all events that these bytes complete
   */
  public TraceBatch feed(byte[] bytes, long nowNanos) {
    now = nowNanos;
    int from = 0;
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] == '\n') {
        line(bytes, from, i);
        from = i + 1;
      }
    }
    keep(bytes, from, bytes.length);
    TraceBatch batch =
        new TraceBatch(
            accesses, uses, canaries, lost, unparsed, List.copyOf(samples.values()), newWindow);
    accesses = new ArrayList<>();
    uses = new ArrayList<>();
    canaries = new ArrayList<>();
    lost = 0;
    unparsed = 0;
    samples.clear();
    newWindow = false;
    return batch;
  }

  /** A line has ended at {@code to}; its beginning may be pending. */
  private void line(byte[] bytes, int from, int to) {
    if (skipping) {
      // The rest of a line that was too long.
      skipping = false;
      length = 0;
      return;
    }
    if (length == 0 && to - from <= MAX_EVENT && complete(bytes, from, to)) {
      event(bytes, from, to);
      return;
    }
    keep(bytes, from, to);
    if (skipping) {
      skipping = false;
      return;
    }
    dropCutOff();
    if (!startsWithMark(pending, 0, length)) {
      other();
      length = 0;
    } else if (complete(pending, 0, length)) {
      event(pending, 0, length);
      length = 0;
    } else {
      // An event with a line break in it continues on the next line.
      keep(new byte[] {'\n'}, 0, 1);
      skipping = false;
    }
  }

  /** No line inside a path begins with the mark, so the event before one that does was cut off. */
  private void dropCutOff() {
    int lastLine = length;
    while (lastLine > 0 && pending[lastLine - 1] != '\n') {
      lastLine--;
    }
    if (lastLine > 0 && startsWithMark(pending, lastLine, length)) {
      unparsed(Unparsed.CUT_OFF, pending, 0, lastLine);
      System.arraycopy(pending, lastLine, pending, 0, length - lastLine);
      length -= lastLine;
    }
  }

  private void keep(byte[] bytes, int from, int to) {
    if (skipping) {
      return;
    }
    int more = to - from;
    if (length + more > pending.length) {
      boolean begun = length > 0;
      unparsed(Unparsed.TOO_LONG, begun ? pending : bytes, begun ? 0 : from, begun ? length : to);
      skipping = true;
      length = 0;
      return;
    }
    System.arraycopy(bytes, from, pending, length, more);
    length += more;
  }

  private boolean startsWithMark(byte[] b, int from, int to) {
    return to - from > mark.length
        && b[from + mark.length] == ' '
        && Arrays.equals(b, from, from + mark.length, mark, 0, mark.length);
  }

  /** A tick, or begins and ends with the mark. */
  private boolean complete(byte[] b, int from, int to) {
    return startsWithMark(b, from, to) && (endsWithMark(b, from, to) || isTick(b, from, to));
  }

  private boolean endsWithMark(byte[] b, int from, int to) {
    int start = to - mark.length;
    return start - 1 > from + mark.length
        && b[start - 1] == '\t'
        && Arrays.equals(b, start, to, mark, 0, mark.length);
  }

  private boolean isTick(byte[] b, int from, int to) {
    int at = from + mark.length + 1;
    return to - at == 4 && b[at] == 't' && b[at + 1] == 'i' && b[at + 2] == 'c' && b[at + 3] == 'k';
  }

  /**
   * {@code MARK pid kind:call path TAB comm TAB MARK}. Kind {@code w} is a write, else a use;
   * {@code x} and {@code d} are uses by a call of another name.
   */
  private void event(byte[] b, int from, int to) {
    int at = from + mark.length + 1;
    if (isTick(b, from, to)) {
      newWindow = true;
      return;
    }
    int end = to - mark.length - 1;
    if (startsWith(b, at, end, USED)) {
      use(b, from, to);
      return;
    }
    int pid = 0;
    while (at < end && b[at] >= '0' && b[at] <= '9') {
      pid = pid * 10 + (b[at++] - '0');
    }
    int call = at + 1;
    int path = indexOf(b, ' ', call, end) + 1;
    int tab = indexOf(b, '\t', path, end);
    if (b[at] != ' ' || path == 0 || tab < 0) {
      unparsed(Unparsed.MALFORMED, b, from, to);
      return;
    }
    if (startsWith(b, path, tab, canaryPrefix)) {
      canaries.add(text(b, path + canaryPrefix.length, tab));
      return;
    }
    boolean hasKind = path - call > 2 && b[call + 1] == ':';
    boolean writes = hasKind && b[call] == 'w';
    accesses.add(
        new Access(
            text(b, path, tab),
            pid,
            commName.text(b, tab + 1, end),
            hasKind ? call(b, call, path - 1) : callName.text(b, call, path - 1),
            writes ? Access.Kind.WRITE : Access.Kind.USE,
            now));
  }

  private String call(byte[] b, int kind, int to) {
    return switch (b[kind]) {
      case 'x' -> "exec";
      case 'd' -> "opendir";
      default -> callName.text(b, kind + 2, to);
    };
  }

  /** {@code MARK used device pid TAB comm TAB MARK}. */
  private void use(byte[] b, int from, int to) {
    int at = from + mark.length + 1 + USED.length;
    int end = to - mark.length - 1;
    int tab = indexOf(b, '\t', at, end);
    Matcher numbers = USE_NUMBERS.matcher(tab < 0 ? "" : text(b, at, tab));
    if (!numbers.matches()) {
      unparsed(Unparsed.MALFORMED, b, from, to);
      return;
    }
    uses.add(
        new ImageUse(
            Long.parseLong(numbers.group(1)),
            Integer.parseInt(numbers.group(2)),
            commName.text(b, tab + 1, end),
            now));
  }

  /** A line without the mark. */
  private void other() {
    if (length == 0) {
      return;
    }
    String line = text(pending, 0, length);
    long events = BpftraceVersion.lostEvents(line);
    if (events > 0) {
      lost += events;
    } else if (pending[0] != '@' && !BpftraceVersion.isStartMessage(line)) {
      // Lines that begin with @ are maps, which bpftrace prints at its end.
      unparsed(Unparsed.FOREIGN, pending, 0, length);
    }
  }

  private void unparsed(Unparsed kind, byte[] b, int from, int to) {
    unparsed++;
    if (!samples.containsKey(kind)) {
      // Without the mark, which is a secret and must not get into the log.
      String line =
          text(b, from, Math.min(to, from + SAMPLE)).replace(text(mark, 0, mark.length), "");
      samples.put(kind, new Sample(kind, Printable.of(line.strip())));
    }
  }

  private static boolean startsWith(byte[] b, int from, int to, byte[] prefix) {
    return to - from >= prefix.length
        && Arrays.equals(b, from, from + prefix.length, prefix, 0, prefix.length);
  }

  private static int indexOf(byte[] b, char c, int from, int to) {
    for (int i = from; i < to; i++) {
      if (b[i] == c) {
        return i;
      }
    }
    return -1;
  }

  private static String text(byte[] b, int from, int to) {
    return new String(b, from, to - from, StandardCharsets.UTF_8);
  }

  /** A field that is often the same as in the previous event; then it is the same string. */
  private static final class Repeated {
    private byte[] bytes = {};
    private String text = "";

    private String text(byte[] b, int from, int to) {
      if (!Arrays.equals(b, from, to, bytes, 0, bytes.length)) {
        bytes = Arrays.copyOfRange(b, from, to);
        text = TraceParser.text(b, from, to);
      }
      return text;
    }
  }
}
