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
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Two slots, and mounts that hold them. */
class StorageCircuitTest extends MountFixture {
  private final ExecutorService slots = Executors.newFixedThreadPool(2);
  private final List<Boolean> told = new CopyOnWriteArrayList<>();
  private final StorageCircuit circuit = new StorageCircuit(2, told::add);
  private final CountDownLatch storageIsBack = new CountDownLatch(1);

  @AfterEach
  void free() throws InterruptedException {
    storageIsBack.countDown();
    slots.shutdown();
    assertTrue(slots.awaitTermination(10, TimeUnit.SECONDS));
  }

  @Test
  void whileSlotsRemainTheCircuitIsClosedAndOthersAreMounted() throws Exception {
    hang("a");
    assertEquals(List.of(), told);
    MountEnv others = env(mounting);
    ActorRef<MountActor.Command> gcc = actor(others, "gcc");
    access(gcc);
    mounting.runAll();
    assertState(MountState.MOUNTED, "gcc");
  }

  @Test
  void withAllSlotsHangingNothingMoreIsTriedUntilOneComesBack() throws Exception {
    hang("a");
    hang("b");
    assertEquals(List.of(true), told);
    ActorRef<MountActor.Command> gcc = actor(env(mounting), "gcc");
    access(gcc);
    assertIdle();
    assertState(MountState.UNMOUNTED, "gcc");
    assertTrue(line("gcc").reason().contains("does not answer"), () -> line("gcc").toString());

    storageIsBack.countDown();
    slots.shutdown();
    assertTrue(slots.awaitTermination(10, TimeUnit.SECONDS));
    assertEquals(List.of(true, false), told);
    // By itself, without another access.
    mounting.runAll();
    assertState(MountState.MOUNTED, "gcc");
  }

  @Test
  void whoeverAsksForAMountWhileAllSlotsHangIsToldAtOnceAndAccessesGoOnWaiting() throws Exception {
    hang("a");
    hang("b");
    ActorRef<MountActor.Command> gcc = actor(env(mounting), "gcc");
    access(gcc);
    TestProbe<MountResult> asker = stage().kit().createTestProbe();
    gcc.tell(new MountActor.MountNow(asker.getRef()));
    MountResult answer = asker.expectMessageClass(MountResult.class, Duration.ofSeconds(10));
    assertEquals(MountResult.failed("gcc", ImageState.NO_STORAGE), answer);

    storageIsBack.countDown();
    slots.shutdown();
    assertTrue(slots.awaitTermination(10, TimeUnit.SECONDS));
    mounting.runAll();
    assertState(MountState.MOUNTED, "gcc");
  }

  @Test
  void anOpenCircuitChangesNothingForWhatIsMountedOrQuarantined() throws Exception {
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
  void whatGotItsSlotLateAndHangsInItIsCountedToo() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch first = new CountDownLatch(1);
    mounter.then("first", held(begun, first));
    hang("a");
    access(actor(env(slots), "first"));
    assertTrue(begun.await(10, TimeUnit.SECONDS));
    CountDownLatch late = new CountDownLatch(1);
    mounter.then("late", held(late, storageIsBack));
    access(actor(env(slots), "late"));
    pass(TIMEOUT);
    assertTrue(line("late").reason().contains("no free slot"), () -> line("late").toString());
    assertEquals(List.of(true), told);

    first.countDown();
    assertTrue(late.await(10, TimeUnit.SECONDS));
    assertEquals(List.of(true, false), told);
    pass(TIMEOUT);

    assertEquals(List.of(true, false, true), told);
    assertTrue(line("late").reason().contains("no answer from the storage"));
  }

  @Test
  void whatFoundTheLockTakenFirstAndThenHangsIsCountedToo() throws Exception {
    hang("a");
    Executor[] where = {mounting};
    CountDownLatch begun = new CountDownLatch(1);
    mounter.then("late", ScriptedMounter.failing(Failures.locked()), held(begun, storageIsBack));
    MountEnv env = env(work -> where[0].execute(work));
    access(actor(env, "late"));
    mounting.runAll();
    where[0] = slots;
    pass(Duration.ofMillis(50));
    assertTrue(begun.await(10, TimeUnit.SECONDS));
    pass(TIMEOUT);

    assertEquals(List.of(true), told);
    assertTrue(line("late").reason().contains("no answer from the storage"));
  }

  /** An image whose mount holds a slot and is late. */
  private void hang(String name) throws InterruptedException {
    CountDownLatch begun = new CountDownLatch(1);
    mounter.then(name, held(begun, storageIsBack));
    access(actor(env(slots), name));
    assertTrue(begun.await(10, TimeUnit.SECONDS));
    pass(TIMEOUT);
    assertState(MountState.STUCK, name);
    assertTrue(line(name).reason().contains("no answer from the storage"));
  }

  /** A mount that says when it has begun, and ends when it may. */
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
