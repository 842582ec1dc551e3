package dev.lazymount.trace.program;

import dev.lazymount.config.Settings;
import dev.lazymount.linux.KernelVersion;
import dev.lazymount.linux.SuperblockId;
import dev.lazymount.linux.SyscallException;
import dev.lazymount.status.ProgramName;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.function.IntFunction;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The part that the resolved and the hooked program share ({@code walk.bt}): from an opened file up
 * to the root. Needs the kernel's type information (BTF).
 */
public final class Walk {
  /** The most components of a name that fit; with more, the strings would be too short to use. */
  public static final int DEEPEST = BpftraceVersion.mostComponents();

  /** Components reported while no scan has ended: enough for all names seen in the field. */
  private static final int UNKNOWN_DEPTH = 6;

  /**
   * Canaries reported per process and second of a window: far more than the daemon sends, of which
   * trace.canary allows ten. Another process of root may use the canary's name.
   */
  private static final int CANARIES = 64;

  /**
   * Slots for files that were walked. bpftrace's maps must not become full, and have to be cleared.
   */
  private static final int SLOTS = 4096;

  /**
   * How a program reads the opened file, in bpftrace's language.
   *
   * @param identity statements that set $unique, a number that only this link of the file has
   * @param entry statements that set $entry, its directory entry; empty if it is set already
   * @param mode its f_mode
   * @param type the i_mode of its inode
   * @param magic the s_magic of its superblock
   * @param kind statements that set $kind, the letter of the kind of event, by $write (0 or 2)
   */
  record OpenedFile(
      String identity, String entry, String mode, String type, String magic, String kind) {}

  /** Sets $unique if $entry is set. */
  static final String IDENTITY_OF_ENTRY = "$unique = (uint64)$entry + $entry->hash;";

  /** The letter u (use), or w (write). */
  static final String USE_OR_WRITE = "$kind = 117 + $write;";

  /** The longest time between two reports of an image in use. */
  private static final Duration MOST_USE_INTERVAL = Duration.ofMinutes(1);

  private static final Duration LEAST_USE_INTERVAL = Duration.ofMillis(100);

  /** The first kernel that mounts EROFS from a file without a loop device. */
  private static final KernelVersion EROFS_WITHOUT_DEVICE = new KernelVersion(6, 12);

  /** By their major number. */
  private static final String ON_LOOP_DEVICE = "$device >> 20 == 7";

  private static final String EROFS_MAGIC = "0xe0f5e1e2";

  private final Settings settings;
  private final IntSupplier depth;
  private final IntSupplier longest;
  private final Supplier<BpftraceVersion> bpftrace;

  /**
   * The walk to a root.
   *
   * @param settings the root and the names to ignore
   * @param depth number of components of the deepest name; 0 if not known yet
   * @param longest bytes of the longest component of a name
   * @param bpftrace the version to write it for; may throw {@link TraceFailure.NoBpftrace}
   */
  public Walk(
      Settings settings,
      IntSupplier depth,
      IntSupplier longest,
      Supplier<BpftraceVersion> bpftrace) {
    this.settings = settings;
    this.depth = depth;
    this.longest = longest;
    this.bpftrace = bpftrace;
  }

  /**
   * The longest component that is reported whole, bytes, in a name of so many components.
   *
   * @param version of bpftrace
   */
  public static int longestComponent(int depth, BpftraceVersion version) {
    // The NUL, and one more: a string that fills its length may have been cut off.
    return version.componentLength(clamp(depth)) - 2;
  }

  /**
   * The time between two reports of an image in use: a minute, or a third of a short {@code
   * idle.unmount-after}, because an image that is not reported for that time is unmounted.
   */
  public static Duration useInterval(Settings settings) {
    Duration third =
        settings.idle().unmountAfter().map(time -> time.dividedBy(3)).orElse(MOST_USE_INTERVAL);
    Duration most = third.compareTo(MOST_USE_INTERVAL) < 0 ? third : MOST_USE_INTERVAL;
    return most.compareTo(LEAST_USE_INTERVAL) < 0 ? LEAST_USE_INTERVAL : most;
  }

  /** The names for which some program can be made that reports all of them whole. */
  static TraceProgram.Names reportable(BpftraceVersion version) {
    return (deepest, longest) -> reportedBy(components(deepest), version).fit(deepest, longest);
  }

  /** The names that a program made for so many components reports whole. */
  static TraceProgram.Names reportedBy(int components, BpftraceVersion version) {
    return (deepest, longest) ->
        deepest <= components && longest <= longestComponent(components, version);
  }

  private static int components(int depth) {
    return depth == 0 ? UNKNOWN_DEPTH : clamp(depth);
  }

  private static int clamp(int depth) {
    return Math.max(1, Math.min(depth, DEEPEST));
  }

  /**
   * A program that has the walk in the places WALK; its other placeholders are filled in already.
   *
   * @param name of the program
   * @param template its text
   * @param file how it reads the opened file
   * @throws TraceFailure if it can't be made for this root or these names
   */
  TraceProgram complete(ProgramName name, Template template, OpenedFile file) {
    BpftraceVersion version = bpftrace.get();
    String structs = KernelStructs.definitions();
    int deepestNow = depth.getAsInt();
    int longestNow = longest.getAsInt();
    int components = components(deepestNow);
    TraceProgram.Names reported = reportedBy(components, version);
    if (!reported.fit(deepestNow, longestNow)) {
      throw new TraceFailure.NamesUnfit(
          "it can't report all names: the deepest has "
              + deepestNow
              + " components (at most "
              + DEEPEST
              + ") and the longest component "
              + longestNow
              + " bytes (at most "
              + longestComponent(components, version)
              + " at this depth)",
          reportable(version));
    }
    SuperblockId root = root();
    String mark = Secret.mark();
    ResolvedCanary canary = new ResolvedCanary(settings.root());
    template.put("MODE", file.mode()).put("TYPE", file.type()).put("KIND", file.kind());
    template.put("IDENTITY", file.identity()).put("ENTRY", file.entry()).put("IMAGE", image(file));
    generated(template, components, version.componentLength(components));
    String source =
        structs
            + template
                .put("MARK", mark)
                .put("ROOT", settings.root() + "/")
                .put("DEVICE", root.kernelDevice())
                .put("INODE", Long.toUnsignedString(root.inode()))
                .put("CANARY_NAME", canary.token())
                .put("CANARIES", CANARIES * (1 + settings.trace().window().toSeconds()))
                .put("USES", useInterval(settings).toMillis())
                .put("WINDOW", settings.trace().window().toMillis())
                .put("IDLE", Template.idleWindows(settings.trace().window()))
                .put("LIMIT", Template.mostStored(settings.trace().maxKeys()))
                .put("SHARE", Template.share(settings.trace().maxKeys()))
                .put("SLOTS", Integer.highestOneBit(Math.min(SLOTS, settings.trace().maxKeys())))
                .put("IGNORED", Template.notNamed(settings.trace().ignoreComms()))
                .text();
    return new TraceProgram(
        name, source, mark, version.componentLength(components), reported, canary, null);
  }

  private SuperblockId root() {
    SuperblockId root;
    try {
      root = SuperblockId.of(settings.root().toString());
    } catch (SyscallException e) {
      throw new TraceFailure("can't inspect the root: " + e.getMessage());
    }
    if (!root.inodesAreUnique()) {
      throw new TraceFailure.Unsuitable(
          "the root's file system numbers inodes per subvolume, so that a file elsewhere could be"
              + " taken for one under the root");
    }
    return root;
  }

  /** The condition that an opened file is one of an image. */
  private static String image(OpenedFile file) {
    return KernelVersion.running().compareTo(EROFS_WITHOUT_DEVICE) < 0
        ? ON_LOOP_DEVICE
        : ON_LOOP_DEVICE
            + " || ($device >> 20 == 0 && "
            + file.magic()
            + " == "
            + EROFS_MAGIC
            + ")";
  }

  /** The parts that depend on the number of components: $c0 to $c(n-1), and one more. */
  private static void generated(Template template, int components, int length) {
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
        .put(
            "NAMES",
            all(components, i -> BpftraceVersion.string("$c" + i + "->name", length), ", "))
        .put("FORMAT", all(components, i -> "%s", "/"));
  }

  /**
   * Odd, positive and unrelated to the other weights. With small weights such as 1 and 3, two names
   * would often have the same sum, and the later one would not be reported: the kernel allocates
   * directory entries side by side, whole multiples of their size apart.
   */
  static long weight(int component) {
    return new SplittableRandom(component).nextLong() >>> 1 | 1;
  }

  private static String all(int n, IntFunction<String> part, String between) {
    return IntStream.range(0, n).mapToObj(part).collect(Collectors.joining(between));
  }
}
