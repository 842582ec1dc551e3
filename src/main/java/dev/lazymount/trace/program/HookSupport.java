package dev.lazymount.trace.program;

import dev.lazymount.linux.Bpf;
import dev.lazymount.linux.Errno;
import dev.lazymount.linux.SyscallException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * Whether this kernel can run a program at a function, found out without bpftrace: an attempt with
 * bpftrace takes 0.3 s of each start, and a kernel that refuses such programs does so for good.
 * Thread-safe.
 */
public final class HookSupport {
  /** What disables all such programs while it is not 1. */
  public static final String FTRACE_SETTING = "kernel.ftrace_enabled";

  private static final String FTRACE_ENABLED = "proc/sys/kernel/ftrace_enabled";
  private static final String KPROBES = "sys/bus/event_source/devices/kprobe";
  private static final String PREEMPT = "sys/kernel/debug/sched/preempt";
  private static final String COMMAND_LINE = "proc/cmdline";
  private static final String VERSION = "proc/version";

  /** Loads an empty program; the failure as a clause. */
  @FunctionalInterface
  interface Load {
    Optional<String> refusal();
  }

  private static Load loaded;

  private final Path root;
  private final Load load;

  /**
   * What a kernel supports.
   *
   * @param root where its proc and sys are, such as {@code /}
   * @param load tries whether it loads a program of the fentry kind
   */
  HookSupport(Path root, Load load) {
    this.root = root;
    this.load = load;
  }

  /** What the running kernel supports. */
  public static HookSupport ofThisKernel() {
    return new HookSupport(Path.of("/"), HookSupport::loadRefusal);
  }

  /**
   * Why the hooked program can't be attached in this way; empty if nothing is known against it.
   *
   * <p>While ftrace is disabled, a program is attached without an error and never runs; and on
   * Linux 6.12 its end makes the kernel warn and disable ftrace until the next boot. So that is
   * read first.
   *
   * @throws TraceFailure if the kernel has no type information
   */
  public Optional<String> whyNot(HookedProgram.Probe probe) {
    Optional<String> ftrace = ftraceDisabled();
    if (ftrace.isPresent()) {
      return ftrace;
    }
    return probe == HookedProgram.Probe.KPROBE ? whyNoKprobe() : whyNoFentry();
  }

  private Optional<String> ftraceDisabled() {
    Path file = root.resolve(FTRACE_ENABLED);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    String value = read(file);
    return value.equals("1")
        ? Optional.empty()
        : Optional.of(
            value.isEmpty()
                ? FTRACE_SETTING + " can't be read, so the kernel may have disabled ftrace"
                : FTRACE_SETTING + " is " + value + ", so programs at functions do not run");
  }

  private Optional<String> whyNoFentry() {
    if (!Files.exists(root.resolve(FTRACE_ENABLED))) {
      return Optional.of("this kernel has no fentry probes (CONFIG_FUNCTION_TRACER)");
    }
    return preempts()
        ? Optional.of("this kernel preempts fentry programs, which then miss opens")
        : load.refusal();
  }

  private Optional<String> whyNoKprobe() {
    return Files.exists(root.resolve(KPROBES))
        ? Optional.empty()
        : Optional.of("this kernel has no kprobes");
  }

  /**
   * Whether a fentry program may be preempted. Debugfs says so, if it is mounted; otherwise a
   * kernel built to preempt, or booted to. (If that is wrong, missed opens are counted, see {@link
   * TraceProgram.Factory#missed}.)
   */
  private boolean preempts() {
    String mode = read(root.resolve(PREEMPT));
    if (!mode.isEmpty()) {
      return mode.contains("(full)") || mode.contains("(lazy)");
    }
    // Such as: #1 SMP PREEMPT_DYNAMIC Debian 6.1.140-1. PREEMPT, PREEMPT_LAZY and PREEMPT_RT are
    // fixed.
    return words(VERSION).anyMatch(w -> w.startsWith("PREEMPT") && !w.equals("PREEMPT_DYNAMIC"))
        || words(COMMAND_LINE).anyMatch(w -> w.equals("preempt=full") || w.equals("preempt=lazy"));
  }

  private Stream<String> words(String file) {
    return Arrays.stream(read(root.resolve(file)).split("\\s+", -1));
  }

  /** Without white space at its ends; empty if it can't be read. */
  private static String read(Path file) {
    try {
      return Files.readString(file).strip();
    } catch (IOException e) {
      return "";
    }
  }

  /** Of the running kernel, which does not change its mind. */
  private static synchronized Optional<String> loadRefusal() {
    if (loaded == null) {
      loaded = tryToLoad();
    }
    return loaded.refusal();
  }

  private static Load tryToLoad() {
    OptionalInt function = KernelStructs.function();
    Optional<String> refusal = Optional.empty();
    if (function.isEmpty()) {
      refusal = Optional.of("this kernel has no function " + HookedProgram.FUNCTION);
    } else {
      try {
        Bpf.tryFentry(function.getAsInt());
      } catch (SyscallException e) {
        refusal =
            Optional.of("this kernel refuses fentry programs (" + Errno.name(e.errno()) + ")");
      }
    }
    Optional<String> found = refusal;
    return () -> found;
  }
}
