package dev.lazymount.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.linux.Errno;
import dev.lazymount.linux.SyscallException;
import dev.lazymount.mount.Mounter;
import dev.lazymount.status.DaemonState;
import dev.lazymount.status.MountState;
import dev.lazymount.status.MountStatus;
import dev.lazymount.support.ScriptedTrace;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** From the output of bpftrace to mounts: all actors together, with their threads. */
final class PipelineTest extends DaemonFixture {
  @Test
  void accessMountsItsImage() throws Exception {
    start(found("gcc", "clang"));
    bpftrace.run().print(ScriptedTrace.event("/ce/gcc/bin/gcc", "sh"));
    await(() -> assertMounted("gcc"));
    assertEquals(List.of("gcc"), mounter.names());
  }

  @Test
  void restartOfTheTraceStopsNoMountActor() throws Exception {
    CountDownLatch storage = new CountDownLatch(1);
    mounter.then("slow", () -> mountedAfter(storage, "slow"));
    start(found("gcc", "slow", "clang"));
    ScriptedTrace.Run first = bpftrace.run();
    first.print(ScriptedTrace.event("/ce/gcc/x", "sh") + ScriptedTrace.event("/ce/slow/x", "sh"));
    await(() -> assertMounted("gcc"));
    await(() -> assertEquals(2, mounter.calls().size()));
    MountStatus before = line("gcc");

    first.end(1);
    bpftrace
        .run()
        .print(
            ScriptedTrace.event("/ce/gcc/x", "sh")
                + ScriptedTrace.event("/ce/slow/x", "sh")
                + ScriptedTrace.event("/ce/clang/x", "sh"));
    await(() -> assertMounted("clang"));
    storage.countDown();
    await(() -> assertMounted("slow"));
    assertEquals(List.of("clang", "gcc", "slow"), mounter.names().stream().sorted().toList());
    assertEquals(before.since(), line("gcc").since());
    assertEquals(1, status.counters().restarts.sum());
  }

  @Test
  void hungMountDelaysNoOther() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    mounter.then("hung", () -> mountedAfter(never, "hung"));
    String[] names = IntStream.range(0, 50).mapToObj(i -> "gcc-" + i).toArray(String[]::new);
    start(
        found(
            IntStream.range(0, 51)
                .mapToObj(i -> i < 50 ? names[i] : "hung")
                .toArray(String[]::new)));
    ScriptedTrace.Run run = bpftrace.run();
    run.print(ScriptedTrace.event("/ce/hung/x", "sh"));
    await(() -> assertEquals(List.of("hung"), mounter.names()));
    for (String name : names) {
      run.print(ScriptedTrace.event("/ce/" + name + "/x", "sh"));
    }
    await(() -> IntStream.range(0, 50).forEach(i -> assertMounted("gcc-" + i)));
    assertEquals(MountState.MOUNTING, line("hung").state());
    systemd.nextWith("READY=1");
  }

  @Test
  void manyAccessesDuringAMountCauseOneMount() throws Exception {
    CountDownLatch storage = new CountDownLatch(1);
    mounter.then("gcc", () -> mountedAfter(storage, "gcc"));
    start(found("gcc"));
    ScriptedTrace.Run run = bpftrace.run();
    for (int i = 0; i < 1000; i++) {
      run.print(ScriptedTrace.event("/ce/gcc/" + i, "sh"));
    }
    await(() -> assertEquals(1000, status.counters().seen.sum()));
    await(() -> assertEquals(List.of("gcc"), mounter.names()));
    storage.countDown();
    await(() -> assertMounted("gcc"));
    assertEquals(List.of("gcc"), mounter.names());
    assertEquals(1, status.counters().mounts.sum());
  }

  @Test
  void slowFirstScanDelaysNeitherTraceNorReady() throws Exception {
    start();
    ScriptedTrace.Run run = bpftrace.run();
    run.print(ScriptedTrace.event("/ce/gcc/x", "sh"));
    systemd.nextWith("READY=1");
    await(() -> assertEquals(1, status.counters().seen.sum()));
    assertEquals(List.of(), mounter.names());
    scans.add(found("gcc"));
    await(() -> assertMounted("gcc"));
  }

  @Test
  void failedScanStopsNothing() throws Exception {
    start(found("gcc"));
    ScriptedTrace.Run run = bpftrace.run();
    systemd.nextWith("READY=1");
    scans.add(
        previous -> {
          throw new SyscallException("openat /images", Errno.ESTALE);
        });
    await(() -> assertNotNull(status.catalogProblem()));
    run.print(ScriptedTrace.event("/ce/gcc/x", "sh"));
    await(() -> assertMounted("gcc"));
    assertEquals(DaemonState.READY, status.state());
  }

  @Test
  void millionUnknownNamesLeaveNothingBehind() throws Exception {
    start(found("gcc"));
    ScriptedTrace.Run run = bpftrace.run();
    for (int batch = 0; batch < 1000; batch++) {
      StringBuilder events = new StringBuilder();
      for (int i = 0; i < 1000; i++) {
        events.append(ScriptedTrace.event("/ce/made-up-" + batch + "-" + i + "/x", "sh"));
      }
      run.print(events.toString());
    }
    run.print(ScriptedTrace.event("/ce/gcc/x", "sh"));
    await(() -> assertMounted("gcc"), SOON.multipliedBy(3));
    assertEquals(1_000_000, status.counters().unknown.sum());
    assertEquals(List.of("gcc"), status.mounts().all().stream().map(MountStatus::name).toList());
  }

  @Test
  void stopDuringAMountDoesNotInterruptIt() throws Exception {
    CountDownLatch storage = new CountDownLatch(1);
    CountDownLatch returned = new CountDownLatch(1);
    AtomicInteger interrupted = new AtomicInteger();
    mounter.then(
        "gcc",
        () -> {
          try {
            storage.await();
          } catch (InterruptedException e) {
            interrupted.incrementAndGet();
          }
          returned.countDown();
          return new Mounter.Mounted("/dev/loop0", false, null);
        });
    start(found("gcc"));
    bpftrace.run().print(ScriptedTrace.event("/ce/gcc/x", "sh"));
    await(() -> assertEquals(List.of("gcc"), mounter.names()));
    stop();
    assertEquals(1, returned.getCount(), "the mount still runs");
    storage.countDown();
    assertTrue(returned.await(10, TimeUnit.SECONDS));
    assertEquals(0, interrupted.get());
  }

  private MountStatus line(String name) {
    return status.mounts().get(name).orElseThrow(() -> new AssertionError("no line of " + name));
  }

  private void assertMounted(String name) {
    assertEquals(MountState.MOUNTED, line(name).state());
  }

  private static Mounter.Mounted mountedAfter(CountDownLatch latch, String name) {
    awaitQuietly(latch);
    return new Mounter.Mounted("/dev/loop-" + name, false, null);
  }
}
