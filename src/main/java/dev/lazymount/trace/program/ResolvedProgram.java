package dev.lazymount.trace.program;

import dev.lazymount.config.Settings;
import dev.lazymount.linux.SuperblockId;
import dev.lazymount.linux.SyscallException;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The resolved program: looks at the files that the kernel has opened. Needs the kernel's type
 * information (BTF); what it sees and what not is at the head of {@code resolved.bt}.
 */
public final class ResolvedProgram implements TraceProgram.Factory {
  /** What it is called in the settings. */
  public static final String NAME = "resolved";

  /**
   * The deepest names that fit: one component more and the strings would be too short to be of use.
   */
  public static final int DEEPEST = 8;

  private static final int UNKNOWN_DEPTH = 6;

  private static final List<String> CALLS =
      List.of("openat", "openat2", "open", "open_by_handle_at");

  /**
   * How long each of so many strings may be, bytes with the NUL, so that all fit into the 512 bytes
   * of stack that the kernel allows a program: measured with bpftrace 0.17. Later ones keep strings
   * elsewhere.
   */
  private static final int[] STRING_LENGTHS = {0, 160, 112, 88, 64, 56, 48, 40, 32};

  /**
   * So many canaries of one process are told in each second of a window: far more than ours, of
   * which trace.canary allows ten. Another process of root may take their name.
   */
  private static final int CANARIES = 64;

  /** Files known to be walked; a map of ours must not become full, and has to be cleared. */
  private static final int SLOTS = 4096;

  private final Settings settings;
  private final Path tracefs;
  private final IntSupplier depth;
  private final IntSupplier longest;

  /**
   * The resolved program for a root.
   *
   * @param settings the root and what to ignore
   * @param tracefs where tracefs is mounted, such as {@code /sys/kernel/tracing}
   * @param depth how many components the deepest name has; 0 if that is not known yet
   * @param longest how many bytes the longest component of a name has
   */
  public ResolvedProgram(Settings settings, Path tracefs, IntSupplier depth, IntSupplier longest) {
    this.settings = settings;
    this.tracefs = tracefs;
    this.depth = depth;
    this.longest = longest;
  }

  /**
   * Reads what takes a while, in the background, so that the first run need not wait for it. What
   * goes wrong is found again, and told, when it is needed.
   */
  public static void prepare() {
    Thread reader =
        new Thread(
            () -> {
              try {
                KernelStructs.definitions();
              } catch (TraceFailure e) {
                // Told by next().
              }
            },
            "kernel-types");
    reader.setDaemon(true);
    reader.start();
  }

  /** How long a component of a name of so many components may be, bytes, to be told whole. */
  public static int longestComponent(int depth) {
    // The NUL, and one more: what fills the string may have been cut off.
    return STRING_LENGTHS[clamp(depth)] - 2;
  }

  /** Whether a program can be made that tells all names up to these whole. */
  static boolean tells(int deepest, int longest) {
    return toldBy(components(deepest)).fit(deepest, longest);
  }

  /** What a program that was made for so many components tells whole. */
  static TraceProgram.Names toldBy(int components) {
    return (deepest, longest) -> deepest <= components && longest <= longestComponent(components);
  }

  /** How many components are told; while none is known, enough for all that the field has. */
  private static int components(int depth) {
    return depth == 0 ? UNKNOWN_DEPTH : clamp(depth);
  }

  private static int clamp(int depth) {
    return Math.max(1, Math.min(depth, DEEPEST));
  }

  @Override
  public TraceProgram next() {
    String structs = KernelStructs.definitions();
    int deepestNow = depth.getAsInt();
    int longestNow = longest.getAsInt();
    int components = components(deepestNow);
    TraceProgram.Names told = toldBy(components);
    if (!told.fit(deepestNow, longestNow)) {
      throw new TraceFailure.NamesUnfit(
          "it can't tell all names: the deepest has "
              + deepestNow
              + " components (at most "
              + DEEPEST
              + ") and the longest component "
              + longestNow
              + " bytes (at most "
              + longestComponent(components)
              + " at this depth)");
    }
    SuperblockId root;
    try {
      root = SuperblockId.of(settings.root().toString());
    } catch (SyscallException e) {
      throw new TraceFailure("can't look at the root: " + e.getMessage());
    }
    if (!root.inodesAreUnique()) {
      throw new TraceFailure.Unsuitable(
          "the root's file system numbers inodes by subvolume, so that a file elsewhere could be"
              + " taken for one under the root");
    }
    String mark = Secret.mark();
    ResolvedCanary canary = new ResolvedCanary(settings.root());
    Template template = Template.of("resolved.bt");
    String walk = template.cut("WALK").stripTrailing();
    // Whatever the walk has to be filled with comes after it was put in.
    template.put("WALK_EXEC", walk.replace("@CALL@", "exec")).put("WALK", walk);
    template.each(tracefs.resolve("events/syscalls"), "sys_exit_", CALLS);
    generated(template, components);
    String source =
        structs
            + template
                .put("MARK", mark)
                .put("ROOT", settings.root() + "/")
                .put("DEVICE", root.kernelDevice())
                .put("INODE", Long.toUnsignedString(root.inode()))
                .put("WORD", canary.token())
                .put("CANARIES", CANARIES * (1 + settings.trace().window().toSeconds()))
                .put("WINDOW", settings.trace().window().toMillis())
                .put("QUIET", Template.quiet(settings.trace().window()))
                .put("LIMIT", Template.mostHeld(settings.trace().maxKeys()))
                .put("SHARE", Template.share(settings.trace().maxKeys()))
                .put("SLOTS", Integer.highestOneBit(Math.min(SLOTS, settings.trace().maxKeys())))
                .put("IGNORED", Template.notNamed(settings.trace().ignoreComms()))
                .text();
    return new TraceProgram(NAME, source, mark, STRING_LENGTHS[components], told, canary, null);
  }

  /** The parts that depend on how many components are told: $c0 to $c(n-1), and one more. */
  private static void generated(Template template, int components) {
    template
        .put("CLEAR", all(components + 1, i -> "$c" + i + " = (struct lm_entry *)0;", " "))
        .put(
            "SHIFT",
            all(
                    components,
                    i -> "$c" + (components - i) + " = $c" + (components - i - 1) + ";",
                    " ")
                + " $c0 = $entry;")
        .put("KEY", all(components, i -> "(uint64)$c" + i + " * " + weight(i), " + "))
        .put("LAST", "$c" + components)
        .put("NAMES", all(components, i -> "str($c" + i + "->name)", ", "))
        .put("FORMAT", all(components, i -> "%s", "/"));
  }

  /**
   * Odd, positive and without any relation to the others. With small weights such as 1 and 3 two
   * names would often have the same sum, and the later one would not be told: their entries lie
   * side by side in the kernel's memory, and whole multiples of their size apart.
   */
  static long weight(int component) {
    return new SplittableRandom(component).nextLong() >>> 1 | 1;
  }

  private static String all(int n, java.util.function.IntFunction<String> part, String between) {
    return IntStream.range(0, n).mapToObj(part).collect(Collectors.joining(between));
  }
}
