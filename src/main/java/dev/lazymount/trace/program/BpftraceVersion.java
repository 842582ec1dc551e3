package dev.lazymount.trace.program;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A release of bpftrace, and every choice that depends on it. Supported are 0.17 to 0.27; a newer
 * one, or one that does not report its version, is treated as the newest known.
 *
 * @param major such as 0
 * @param minor such as 23
 */
public record BpftraceVersion(int major, int minor) implements Comparable<BpftraceVersion> {
  /** The oldest supported release. */
  public static final BpftraceVersion OLDEST = new BpftraceVersion(0, 17);

  /** A release that did not report its version. */
  public static final BpftraceVersion UNKNOWN = new BpftraceVersion(Integer.MAX_VALUE, 0);

  private static final Pattern VERSION = Pattern.compile("\\bv?(\\d{1,6})\\.(\\d{1,6})\\b");

  /**
   * How long each of so many strings may be, bytes with the NUL, so that all fit into the 512 bytes
   * of stack that the kernel allows a program: measured with 0.17. Later releases keep strings
   * elsewhere, but need no longer ones.
   */
  private static final int[] COMPONENT_LENGTHS = {0, 160, 112, 88, 64, 56, 48, 40, 32};

  /** The same for the path program, which prints one string of its own: 200 worked with 0.17. */
  private static final int PATH_LENGTH = 192;

  /**
   * 0.21 uses more of the stack than the releases before and after it: "Looks like the BPF stack
   * limit is exceeded". Longest strings that load, measured with 0.21.2 and 0.21.3.
   */
  private static final BpftraceVersion SHORT_STRINGS = new BpftraceVersion(0, 21);

  private static final int SHORT_COMPONENT_LENGTH = 104;
  private static final int SHORT_PATH_LENGTH = 112;

  private static final Pattern LOST =
      Pattern.compile("(?:WARNING: )?Lost (\\d{1,18}) events.*", Pattern.DOTALL);

  private static final Pattern ATTACHED = Pattern.compile("Attach(?:ing|ed) \\d+ probes?.*");

  /** Signals end a process with a status of 128 and their number; there are 64. */
  private static final int SIGNAL_BASE = 128;

  private static final int LAST_SIGNAL = 64;

  /**
   * The version in what {@code bpftrace --version} prints, such as {@code bpftrace v0.23.2}.
   *
   * @return {@link #UNKNOWN} if there is none in it
   */
  public static BpftraceVersion parse(String printed) {
    Matcher m = VERSION.matcher(printed);
    return m.find()
        ? new BpftraceVersion(Integer.parseInt(m.group(1)), Integer.parseInt(m.group(2)))
        : UNKNOWN;
  }

  /** Why this release can't be used and what to install instead; empty if it can. */
  public Optional<String> refusal() {
    return compareTo(OLDEST) < 0
        ? Optional.of(
            "bpftrace " + this + " is not supported; install bpftrace " + OLDEST + " or newer")
        : Optional.empty();
  }

  /**
   * The longest path that the path program prints, bytes with the NUL. Shorter with 0.21, see
   * {@link #SHORT_STRINGS}.
   */
  int pathLength() {
    return equals(SHORT_STRINGS) ? SHORT_PATH_LENGTH : PATH_LENGTH;
  }

  /**
   * The longest component that the resolved program prints, bytes with the NUL, if it prints so
   * many. Shorter with 0.21.
   */
  int componentLength(int components) {
    int length = COMPONENT_LENGTHS[components];
    return equals(SHORT_STRINGS) ? Math.min(length, SHORT_COMPONENT_LENGTH) : length;
  }

  /** The most components that the resolved program can print. */
  static int mostComponents() {
    return COMPONENT_LENGTHS.length - 1;
  }

  /**
   * A string of at most so many bytes, in bpftrace's language. The bound matters from 0.24 on:
   * there the longest string is left at its default of 1,024 bytes (see {@link #environment}), and
   * without a bound every string of an event takes that much of the buffer.
   */
  static String string(String pointer, int length) {
    return "str(" + pointer + ", " + length + ")";
  }

  /**
   * The condition that a string begins with a prefix, in bpftrace's language.
   *
   * <p>Not strncmp(): 0.25 may take it for the kernel's function of that name and refuse it. Two
   * comparisons, because str(pointer, n) holds n - 1 bytes up to 0.23 and n bytes from 0.24 on; the
   * one that does not fit never holds, but for the prefix itself.
   *
   * @param length of the prefix, bytes
   */
  static String beginsWith(String pointer, String prefix, int length) {
    return string(pointer, length)
        + " == \""
        + prefix
        + "\" || "
        + string(pointer, length + 1)
        + " == \""
        + prefix
        + "\"";
  }

  /**
   * The environment that sets bpftrace's bounds.
   *
   * <p>BPFTRACE_STRLEN sets the longest string up to 0.19 and, as an alias, up to 0.23. 0.24 and
   * newer ignore it and keep their default of 1,024, which is intended: with less than that, str()
   * of 0.24.0 to 0.26.1 writes one byte past its buffer, and the verifier refuses the program
   * (fixed by upstream commit 23c670004). So BPFTRACE_MAX_STRLEN, its name from 0.20 on, is not
   * set.
   *
   * <p>The size of maps is BPFTRACE_MAP_KEYS_MAX up to 0.19, and BPFTRACE_MAX_MAP_KEYS from 0.20
   * on.
   *
   * @param stringLength bytes with the NUL
   * @param maxKeys entries of a map
   * @param perfPages pages of each buffer between kernel and bpftrace
   */
  public static Map<String, String> environment(int stringLength, int maxKeys, int perfPages) {
    String keys = Integer.toString(maxKeys);
    return Map.of(
        "BPFTRACE_STRLEN",
        Integer.toString(stringLength),
        "BPFTRACE_MAP_KEYS_MAX",
        keys,
        "BPFTRACE_MAX_MAP_KEYS",
        keys,
        "BPFTRACE_PERF_RB_PAGES",
        Integer.toString(perfPages));
  }

  /**
   * The number of lost events that a line reports, or 0 if it is no such report: {@code Lost 12
   * events}, on standard output up to 0.23 and with {@code WARNING:} before it on standard error
   * from 0.24 on.
   */
  public static long lostEvents(String line) {
    Matcher m = LOST.matcher(line);
    return m.matches() ? Long.parseLong(m.group(1)) : 0;
  }

  /**
   * Whether a line only says that probes are being attached: on standard output up to 0.23, on
   * standard error from 0.24 on.
   */
  public static boolean isStartMessage(String line) {
    return ATTACHED.matcher(line).matches();
  }

  /**
   * Whether a line of standard error can be the reason why bpftrace ended. From 0.24 on the last
   * lines often are not: 0.25 warns of signed operands at each start, and 0.27 of some 40 things
   * with excerpts of the program.
   */
  public static boolean isError(String line) {
    return (line.contains("ERROR") || line.contains("error:")) && !isHarmless(line);
  }

  /**
   * Whether a line looks like an error and is none: without CAP_SYS_RESOURCE bpftrace reports that
   * it can't set RLIMIT_MEMLOCK, and works.
   */
  public static boolean isHarmless(String line) {
    return line.contains("RLIMIT_MEMLOCK");
  }

  /**
   * The signal that an exit status stands for. 255 stands for none: with it 0.23 and newer end if
   * the kernel refuses the program.
   */
  public static OptionalInt signal(int status) {
    int signal = status - SIGNAL_BASE;
    return signal > 0 && signal <= LAST_SIGNAL ? OptionalInt.of(signal) : OptionalInt.empty();
  }

  @Override
  public int compareTo(BpftraceVersion other) {
    return major != other.major
        ? Integer.compare(major, other.major)
        : Integer.compare(minor, other.minor);
  }

  /** As bpftrace writes it, without patch level. */
  @Override
  public String toString() {
    return equals(UNKNOWN) ? "of unknown version" : major + "." + minor;
  }
}
