package dev.lazymount.mount;

import static org.junit.jupiter.api.Assertions.assertEquals;

import akka.actor.typed.ActorRef;
import dev.lazymount.status.Access;
import dev.lazymount.status.DaemonStatus;
import dev.lazymount.status.MountState;
import dev.lazymount.status.MountStatus;
import dev.lazymount.support.ManualExecutor;
import dev.lazymount.support.ScriptedMounter;
import dev.lazymount.support.SynchronousTestKit;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.slf4j.helpers.NOPLogger;

/** MountActors on a {@link SynchronousTestKit}, and the messages of a test. */
abstract class MountFixture {
  static final Duration TIMEOUT = Duration.ofSeconds(30);
  static final Duration RETRY = Duration.ofSeconds(1);
  static final Duration RETRY_MAX = Duration.ofSeconds(8);

  /** The age at which an access has a mount, or a bad image, checked again. */
  static final Duration STALE = Duration.ofSeconds(5);

  private static SynchronousTestKit stage;

  final ScriptedMounter mounter = new ScriptedMounter();
  final ManualExecutor mounting = new ManualExecutor();
  final DaemonStatus status = new DaemonStatus();
  final MountEnv env = env(mounting, Optional.empty(), new StorageCircuit(4, open -> {}));

  /** What MountActors share, with these three chosen by the test. */
  MountEnv env(Executor executor, Optional<Duration> idle, StorageCircuit circuit) {
    return new MountEnv(
        mounter,
        executor,
        status,
        NOPLogger.NOP_LOGGER,
        "/root",
        "/images",
        TIMEOUT,
        RETRY,
        RETRY_MAX,
        idle,
        circuit,
        stage.clock());
  }

  @BeforeAll
  static void open() {
    stage = new SynchronousTestKit();
  }

  @AfterAll
  static void close() {
    stage.close();
  }

  static SynchronousTestKit stage() {
    return stage;
  }

  ActorRef<MountActor.Command> actor(String name) {
    return actor(env, name);
  }

  static ActorRef<MountActor.Command> actor(MountEnv env, String name) {
    return stage.kit().spawn(MountActor.create(env, request(name)));
  }

  static Mounter.Request request(String name) {
    return new Mounter.Request(name, name + ".img", List.of());
  }

  static void access(ActorRef<MountActor.Command> actor) {
    access(actor, List.of());
  }

  static void access(ActorRef<MountActor.Command> actor, List<ActorRef<MountActor.Command>> then) {
    Access access = new Access("/root/gcc/bin/gcc", 4711, "sh", "openat", 0);
    actor.tell(new MountActor.Accessed(access, then));
  }

  void accessAndMount(ActorRef<MountActor.Command> actor) {
    access(actor);
    mounting.runAll();
  }

  static void pass(Duration time) {
    stage.pass(time);
  }

  MountStatus line(String name) {
    return status.mounts().get(name).orElseThrow();
  }

  void assertState(MountState expected, String name) {
    assertEquals(expected, line(name).state(), () -> line(name).toString());
  }

  void assertAttempts(int expected) {
    assertEquals(expected, mounter.calls().size(), () -> "attempts: " + mounter.names());
  }

  void assertIdle() {
    assertEquals(0, mounting.waiting(), "work on the mount dispatcher");
  }
}
