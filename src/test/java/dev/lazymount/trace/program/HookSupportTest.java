package dev.lazymount.trace.program;

import static dev.lazymount.trace.program.HookedProgram.Probe.FENTRY;
import static dev.lazymount.trace.program.HookedProgram.Probe.KPROBE;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** On files as a kernel has them. */
final class HookSupportTest {
  private static final String PREEMPT =
      "this kernel preempts fentry programs, which then miss opens";

  @TempDir private Path root;

  private Optional<String> refusal = Optional.empty();

  /** As on Debian. */
  @BeforeEach
  void permitAll() throws IOException {
    file("proc/sys/kernel/ftrace_enabled", "1\n");
    file("proc/version", "Linux version 6.12 (gcc) #1 SMP PREEMPT_DYNAMIC Debian 6.12\n");
    file("proc/cmdline", "root=/dev/vda quiet\n");
    Files.createDirectories(root.resolve("sys/bus/event_source/devices/kprobe"));
  }

  private void file(String name, String content) throws IOException {
    Path file = root.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, content);
  }

  private Optional<String> whyNot(HookedProgram.Probe probe) {
    return new HookSupport(root, () -> refusal).whyNot(probe);
  }

  private void assertFentry(String why) {
    assertEquals(Optional.ofNullable(why), whyNot(FENTRY));
  }

  @Test
  void kernelThatPermitsAllHasNoReason() {
    assertFentry(null);
    assertEquals(Optional.empty(), whyNot(KPROBE));
  }

  @Test
  void nothingIsAttachedWhileFtraceIsDisabled() throws IOException {
    refusal = Optional.of("must not be tried");
    file("proc/sys/kernel/ftrace_enabled", "0\n");
    String why = "kernel.ftrace_enabled is 0, so programs at functions do not run";
    assertFentry(why);
    assertEquals(Optional.of(why), whyNot(KPROBE));
  }

  @Test
  void ftraceThatTheKernelHasDisabledIsNoticed() throws IOException {
    Files.delete(root.resolve("proc/sys/kernel/ftrace_enabled"));
    // Reading fails, as with ENODEV.
    Files.createDirectory(root.resolve("proc/sys/kernel/ftrace_enabled"));
    assertFentry("kernel.ftrace_enabled can't be read, so the kernel may have disabled ftrace");
  }

  @Test
  void kprobeIsLeftWithoutFunctionTracer() throws IOException {
    Files.delete(root.resolve("proc/sys/kernel/ftrace_enabled"));
    assertFentry("this kernel has no fentry probes (CONFIG_FUNCTION_TRACER)");
    assertEquals(Optional.empty(), whyNot(KPROBE));
  }

  @Test
  void refusedProgramIsTheReason() {
    refusal = Optional.of("this kernel refuses fentry programs (EPERM)");
    assertFentry(refusal.get());
    assertEquals(Optional.empty(), whyNot(KPROBE));
  }

  @Test
  void kernelWithoutKprobesIsNoticed() throws IOException {
    Files.delete(root.resolve("sys/bus/event_source/devices/kprobe"));
    assertEquals(Optional.of("this kernel has no kprobes"), whyNot(KPROBE));
  }

  @ParameterizedTest
  @CsvSource({
    "none (voluntary) full,false",
    "(none) voluntary full,false",
    "none voluntary (full),true",
    "none voluntary full (lazy),true",
  })
  void debugfsDecidesWhetherItIsPreempted(String modes, boolean preempted) throws IOException {
    file("sys/kernel/debug/sched/preempt", modes + "\n");
    file("proc/cmdline", "preempt=" + (preempted ? "none" : "full"));
    assertFentry(preempted ? PREEMPT : null);
  }

  @ParameterizedTest
  @CsvSource({"full,true", "lazy,true", "voluntary,false", "none,false"})
  void commandLineDecidesWithoutDebugfs(String mode, boolean preempted) throws IOException {
    file("proc/cmdline", "root=/dev/vda preempt=" + mode + " quiet\n");
    assertFentry(preempted ? PREEMPT : null);
  }

  @ParameterizedTest
  @CsvSource({"PREEMPT,true", "PREEMPT_RT,true", "PREEMPT_LAZY,true", "SMP,false"})
  void kernelBuiltToPreemptIsNoticed(String word, boolean preempted) throws IOException {
    file("proc/version", "Linux version 6.12 #1 SMP " + word + " Tue Dec 1\n");
    assertFentry(preempted ? PREEMPT : null);
  }
}
