package dev.lazymount.trace.program;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.BinaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The text of a .bt resource, being filled in. The comment at its head is left out. */
final class Template {
  private static final String EACH = "@EACH_CALL@\n";
  private static final String END_EACH = "@END_EACH_CALL@\n";

  private static final Pattern HEAD = Pattern.compile("\\A(?://[^\n]*\n)+\n");

  private static final Duration IDLE = Duration.ofSeconds(10);
  private static final int MOST_IDLE = 10;

  private String text;

  private Template(String text) {
    this.text = text;
  }

  /** A resource beside this class. */
  static Template of(String resource) {
    return new Template(read(resource));
  }

  /** Adds another resource to the end. */
  Template append(String resource) {
    text += "\n" + read(resource);
    return this;
  }

  private static String read(String resource) {
    try (InputStream in = Template.class.getResourceAsStream(resource)) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return HEAD.matcher(text).replaceFirst("");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Repeats the block between the marks of EACH_CALL for each of these calls that the kernel has; a
   * probe that does not exist is fatal to bpftrace.
   *
   * @param events the directory events/syscalls of tracefs
   * @param probe the prefix of each call's directory there, such as {@code sys_enter_}
   * @throws TraceFailure if the kernel has none of them
   */
  Template each(Path events, String probe, List<String> calls) {
    return each(events, probe, calls, (call, block) -> block);
  }

  /**
   * The same, where the block differs from call to call.
   *
   * @param fill completes the block of a call
   */
  Template each(Path events, String probe, List<String> calls, BinaryOperator<String> fill) {
    List<String> there =
        calls.stream().filter(call -> Files.exists(events.resolve(probe + call))).toList();
    if (there.isEmpty()) {
      throw new TraceFailure(
          "no system call tracepoints in "
              + events
              + "; is tracefs mounted? (mount -t tracefs tracefs /sys/kernel/tracing)");
    }
    int end = text.indexOf(END_EACH);
    String block = text.substring(EACH.length(), end);
    text =
        there.stream()
                .map(call -> fill.apply(call, block).replace("@CALL@", call))
                .collect(Collectors.joining("\n"))
            + text.substring(end + END_EACH.length());
    return this;
  }

  /** Puts a value in place of {@code @NAME@}. */
  Template put(String name, Object value) {
    text = text.replace("@" + name + "@", value.toString());
    return this;
  }

  /** Cuts out the part from {@code @BEGIN_name@} to {@code @END_name@}, and returns it. */
  String cut(String name) {
    String begin = "@BEGIN_" + name + "@\n";
    String end = "@END_" + name + "@\n";
    int from = text.indexOf(begin);
    int to = text.indexOf(end);
    String part = text.substring(from + begin.length(), to);
    text = text.substring(0, from) + text.substring(to + end.length());
    return part;
  }

  /** Keys stored in a map of this size: CPUs that count at the same time count too few. */
  static int mostStored(int maxKeys) {
    return maxKeys - maxKeys / 16;
  }

  /**
   * Names reported per process and window: more than most compilers need, and few enough that they
   * fit into the buffer between kernel and bpftrace with room for those of other processes. With
   * the defaults 1,024, of some 230 bytes each, in 512 KiB: those of two processes at once.
   */
  static int share(int maxKeys) {
    return Math.max(64, maxKeys / 16);
  }

  /**
   * One in so many windows has a tick although nothing was reported: about one per ten seconds, and
   * more with short windows. An orphaned bpftrace lives no longer than that.
   */
  static long idleWindows(Duration window) {
    return Math.max(1, Math.min(MOST_IDLE, IDLE.dividedBy(window)));
  }

  /** A condition that is false for threads of these names; empty, or begins with {@code &&}. */
  static String notNamed(List<String> comms) {
    return comms.stream().map(comm -> " && comm != \"" + comm + "\"").collect(Collectors.joining());
  }

  /** The finished text. */
  String text() {
    return text;
  }
}
