package dev.lazymount.trace;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.fail;

import akka.actor.testkit.typed.javadsl.ActorTestKit;
import akka.actor.testkit.typed.javadsl.TestProbe;
import akka.actor.typed.ActorRef;
import com.typesafe.config.ConfigFactory;
import dev.lazymount.status.Access;
import dev.lazymount.status.Counters;
import dev.lazymount.status.ImageUse;
import dev.lazymount.support.ScriptedTrace;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;

/** A TraceSource with threads, streams and time as in the daemon, over a {@link ScriptedTrace}. */
abstract class TraceFixture {
  static final Duration SOON = Duration.ofSeconds(10);

  /** A time-out that never passes. */
  static final Duration NEVER = Duration.ofHours(1);

  /** A message of the receiver of accesses. */
  record Batch(List<Access> accesses, List<ImageUse> uses, ActorRef<TraceSource.Ack> answerTo) {}

  private static ActorTestKit kit;

  final ScriptedTrace bpftrace = new ScriptedTrace();
  final Counters counters = new Counters();
  final TestProbe<TraceReport> parent = kit.createTestProbe();
  final TestProbe<Batch> router = kit.createTestProbe();
  private ActorRef<TraceSource.Command> source;

  @BeforeAll
  static void open() {
    kit =
        ActorTestKit.create(
            ConfigFactory.parseResources("actors.conf").withFallback(ConfigFactory.load()));
  }

  static ActorTestKit kit() {
    return kit;
  }

  @AfterAll
  static void close() {
    kit.shutdownTestKit();
  }

  @AfterEach
  void end() {
    if (source != null) {
      stop();
    }
    bpftrace.close();
  }

  ActorRef<TraceSource.Command> start(Duration canaryTimeout) {
    return start(bpftrace.env(counters, canaryTimeout));
  }

  ActorRef<TraceSource.Command> start(TraceEnv env) {
    source = kit.spawn(TraceSource.create(env, parent.getRef(), router.getRef(), Batch::new));
    return source;
  }

  void stop() {
    kit.stop(source);
    source = null;
  }

  /** The next report has to be of this kind; returned canaries are skipped. */
  <T extends TraceReport> T report(Class<T> kind) {
    TraceReport report = parent.receiveMessage(SOON);
    while (report instanceof TraceReport.CanaryBack) {
      report = parent.receiveMessage(SOON);
    }
    return assertInstanceOf(kind, report);
  }

  void canaryBack() {
    assertInstanceOf(TraceReport.CanaryBack.class, parent.receiveMessage(SOON));
  }

  /** The paths of the next so many accesses; every batch is confirmed. */
  List<String> paths(int count) {
    List<String> paths = new ArrayList<>();
    while (paths.size() < count) {
      Batch batch = router.receiveMessage(SOON);
      batch.accesses().forEach(access -> paths.add(access.path()));
      batch.answerTo().tell(TraceSource.Ack.ACK);
    }
    if (paths.size() > count) {
      fail("more accesses than expected: " + paths);
    }
    return paths;
  }
}
