package dev.lazymount.mount;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import akka.actor.testkit.typed.javadsl.TestProbe;
import akka.actor.typed.ActorRef;
import dev.lazymount.status.MountState;
import dev.lazymount.support.ScriptedMounter;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Two mount threads, and mounts that block them. */
class StorageCircuitTest extends MountFixture {
  private final ExecutorService threads = Executors.newFixedThreadPool(2);
  private final List<Boolean> changes = new CopyOnWriteArrayList<>();
  private final StorageCircuit circuit = new StorageCircuit(2, changes::add);
  private final CountDownLatch storageIsBack = new CountDownLatch(1);

  @AfterEach
  void free() throws InterruptedException {
    storageIsBack.countDown();
    threads.shutdown();
    assertTrue(threads.awaitTermination(10, TimeUnit.SECONDS));
  }

  @Test
  void circuitIsClosedWhileThreadsRemain() throws Exception {
    hang("a");
    assertEquals(List.of(), changes);
    MountEnv others = env(mounting);
    ActorRef<MountActor.Command> gcc = actor(others, "gcc");
    access(gcc);
    mounting.runAll();
    assertState(MountState.MOUNTED, "gcc");
  }

  @Test
  void openCircuitDelaysMountsUntilAThreadReturns() throws Exception {
    hang("a");
    hang("b");
    assertEquals(List.of(true), changes);
    ActorRef<MountActor.Command> gcc = actor(env(mounting), "gcc");
    access(gcc);
    assertIdle();
    assertState(MountState.UNMOUNTED, "gcc");
    assertTrue(line("gcc").reason().contains("is not responding"), () -> line("gcc").toString());

    storageIsBack.countDown();
    threads.shutdown();
    assertTrue(threads.awaitTermination(10, TimeUnit.SECONDS));
    assertEquals(List.of(true, false), changes);
    // By itself, without another access.
    mounting.runAll();
    assertState(MountState.MOUNTED, "gcc");
  }

  /** An actor asks whether the circuit is open, and waits for it after that. */
  @Test
  void noWaitIsLostWhileTheCircuitCloses() throws Exception {
    int rounds = 20_000;
    StorageCircuit one = new StorageCircuit(1, open -> {});
    AtomicInteger woken = new AtomicInteger();
    Future<?> storage =
        threads.submit(
            () -> {
              for (int round = 0; round < rounds; round++) {
                one.hangs();
                one.answers();
              }
            });
    for (int round = 0; round < rounds; round++) {
      one.whenClosed(woken::incrementAndGet);
    }
    storage.get(10, TimeUnit.SECONDS);
    one.whenClosed(woken::incrementAndGet);
    assertEquals(rounds + 1, woken.get());
  }

  @Test
  void openCircuitRefusesRequestsAtOnce() throws Exception {
    hang("a");
    hang("b");
    ActorRef<MountActor.Command> gcc = actor(env(mounting), "gcc");
    access(gcc);
    TestProbe<MountResult> asker = stage().kit().createTestProbe();
    gcc.tell(new MountActor.MountNow(asker.getRef()));
    MountResult answer = asker.expectMessageClass(MountResult.class, Duration.ofSeconds(10));
    assertEquals(MountResult.failed("gcc", ImageState.NO_STORAGE), answer);

    storageIsBack.countDown();
    threads.shutdown();
    assertTrue(threads.awaitTermination(10, TimeUnit.SECONDS));
    mounting.runAll();
    assertState(MountState.MOUNTED, "gcc");
  }

  @Test
  void openCircuitLeavesMountedAndQuarantinedAlone() throws Exception {
    MountEnv env = env(mounting);
    ActorRef<MountActor.Command> gcc = actor(env, "gcc");
    access(gcc);
    mounting.runAll();
    ActorRef<MountActor.Command> bad = actor(env, "bad");
    mounter.then("bad", ScriptedMounter.failing(Failures.badImage(null)));
    access(bad);
    mounting.runAll();
    assertState(MountState.QUARANTINED, "bad");
    hang("a");
    hang("b");
    pass(STALE);

    access(gcc);
    access(bad);

    assertState(MountState.MOUNTED, "gcc");
    assertState(MountState.QUARANTINED, "bad");
    assertIdle();
  }

  @Test
  void callThatGotItsThreadLateIsCounted() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch first = new CountDownLatch(1);
    mounter.then("first", held(begun, first));
    hang("a");
    access(actor(env(threads), "first"));
    assertTrue(begun.await(10, TimeUnit.SECONDS));
    CountDownLatch late = new CountDownLatch(1);
    mounter.then("late", held(late, storageIsBack));
    access(actor(env(threads), "late"));
    pass(TIMEOUT);
    assertTrue(line("late").reason().contains("no mount thread"), () -> line("late").toString());
    assertEquals(List.of(true), changes);

    first.countDown();
    assertTrue(late.await(10, TimeUnit.SECONDS));
    assertEquals(List.of(true, false), changes);
    pass(TIMEOUT);

    assertEquals(List.of(true, false, true), changes);
    assertTrue(line("late").reason().contains("storage has not responded"));
  }

  @Test
  void callThatGotItsLockLateIsCounted() throws Exception {
    hang("a");
    Executor[] where = {mounting};
    CountDownLatch begun = new CountDownLatch(1);
    mounter.then("late", ScriptedMounter.failing(Failures.locked()), held(begun, storageIsBack));
    MountEnv env = env(work -> where[0].execute(work));
    access(actor(env, "late"));
    mounting.runAll();
    where[0] = threads;
    pass(Duration.ofMillis(50));
    assertTrue(begun.await(10, TimeUnit.SECONDS));
    pass(TIMEOUT);

    assertEquals(List.of(true), changes);
    assertTrue(line("late").reason().contains("storage has not responded"));
  }

  /** Blocks a mount thread with the mount of an image, until it is late. */
  private void hang(String name) throws InterruptedException {
    CountDownLatch begun = new CountDownLatch(1);
    mounter.then(name, held(begun, storageIsBack));
    access(actor(env(threads), name));
    assertTrue(begun.await(10, TimeUnit.SECONDS));
    pass(TIMEOUT);
    assertState(MountState.STUCK, name);
    assertEquals(
        "storage has not responded for 30 s; still waiting."
            + " Reads are served from the original directory",
        line(name).reason());
  }

  /** A mount that reports its start, and ends at a signal. */
  private static ScriptedMounter.Outcome held(CountDownLatch begun, CountDownLatch until) {
    return () -> {
      begun.countDown();
      try {
        until.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      return new Mounter.Mounted("/dev/loop1", false, null);
    };
  }

  private MountEnv env(Executor executor) {
    return env(executor, Optional.empty(), circuit);
  }
}
