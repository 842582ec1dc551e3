package dev.lazymount.route;

import akka.actor.testkit.typed.javadsl.TestProbe;
import akka.actor.typed.ActorRef;
import dev.lazymount.catalog.Catalog;
import dev.lazymount.catalog.CatalogActor;
import dev.lazymount.catalog.ImageFile;
import dev.lazymount.config.Settings;
import dev.lazymount.linux.ProcessMounts;
import dev.lazymount.mount.MountEnv;
import dev.lazymount.mount.OperatorHold;
import dev.lazymount.mount.StorageCircuit;
import dev.lazymount.mount.kernel.Reconcile;
import dev.lazymount.status.Access;
import dev.lazymount.status.DaemonStatus;
import dev.lazymount.status.MountState;
import dev.lazymount.status.MountStatus;
import dev.lazymount.support.ManualExecutor;
import dev.lazymount.support.ScriptedMounter;
import dev.lazymount.support.SynchronousTestKit;
import dev.lazymount.trace.TraceSource;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.slf4j.helpers.NOPLogger;

/**
 * A Router with real MountActors on a {@link SynchronousTestKit}; the test plays the trace and the
 * catalog.
 */
abstract class RouterFixture {
  /** The Router takes accesses to one image that come faster for one. */
  static final Duration APART = Duration.ofMillis(100);

  /** For what is there already; a probe that was just made takes a moment to begin. */
  static final Duration SOON = Duration.ofSeconds(10);

  /** For what would be there already: actors without threads leave nothing for later. */
  static final Duration NOW = Duration.ZERO;

  private static SynchronousTestKit stage;

  final ScriptedMounter mounter = new ScriptedMounter();
  final ManualExecutor mounting = new ManualExecutor();
  final DaemonStatus status = new DaemonStatus();
  final TestProbe<CatalogActor.Command> scanner = stage.kit().createTestProbe();
  final TestProbe<TraceSource.Ack> trace = stage.kit().createTestProbe();

  @BeforeAll
  static void open() {
    stage = new SynchronousTestKit();
  }

  @AfterAll
  static void close() {
    stage.close();
  }

  static void pass(Duration time) {
    stage.pass(time);
  }

  /** A router, and how to talk to it. */
  final class Routed {
    private final ActorRef<Router.Command> router;
    private final ActorRef<Catalog> subscriber;

    private Routed(RouterEnv env) {
      router = stage.kit().spawn(Router.create(env, scanner.getRef()));
      subscriber = scanner.expectMessageClass(CatalogActor.Subscribe.class, SOON).subscriber();
    }

    /** One batch; the next may come when it has returned. */
    void accesses(String... paths) {
      accesses(4711, "sh", paths);
    }

    /** The same, by this process. */
    void accesses(int pid, String comm, String... paths) {
      List<Access> batch =
          Stream.of(paths).map(path -> new Access(path, pid, comm, "openat", 0)).toList();
      router.tell(new Router.Accesses(batch, trace.getRef()));
      trace.expectMessage(SOON, TraceSource.Ack.ACK);
    }

    /** A process creates files there. */
    void writes(String... paths) {
      router.tell(
          new Router.Accesses(Stream.of(paths).map(RouterFixture::write).toList(), trace.getRef()));
      trace.expectMessage(SOON, TraceSource.Ack.ACK);
    }

    /** A process reads one and creates the other; both are reported at once. */
    void readsAndWrites(String read, String written) {
      List<Access> batch = List.of(new Access(read, 4711, "cp", "openat", 0), write(written));
      router.tell(new Router.Accesses(batch, trace.getRef()));
      trace.expectMessage(SOON, TraceSource.Ack.ACK);
      mounting.runAll();
    }

    /** The same, followed by the mounts it starts. */
    void accessesAndMounts(String... paths) {
      accesses(paths);
      mounting.runAll();
    }

    Routed catalog(Catalog catalog) {
      subscriber.tell(catalog);
      return this;
    }

    /** Switches between mounting and observing. */
    void mode(Settings.Mode mode) {
      router.tell(new Router.SetMode(mode));
    }

    /** The root is another directory now. */
    void rootChanged() {
      router.tell(new Router.RootChanged());
    }

    /** The warm list has it. */
    void warm(String name) {
      router.tell(new Router.Warm(name));
      mounting.runAll();
    }

    /** An operator keeps these names unmounted, and no others. */
    void hold(Map<String, OperatorHold> names) {
      TestProbe<Integer> probe = stage.kit().createTestProbe();
      router.tell(new Router.SetHolds(names, probe.getRef()));
      probe.expectMessage(SOON, names.size());
    }

    Routed images(String... names) {
      return catalog(RouterFixture.images(names));
    }
  }

  Routed router() {
    return router(false);
  }

  /** Names that an operator keeps unmounted at the start. */
  Map<String, OperatorHold> holds = Map.of();

  /** The settings in force. */
  RouteSettings live = new RouteSettings(64, Optional.of(Duration.ofMinutes(5)));

  /** What every process sees of every mount. */
  ProcessMounts.Sight sight = ProcessMounts.Sight.ENDED;

  /** Names that want a closer look after the next scan. */
  Collection<String> suspects = List.of();

  /** With something mounted there at the start, of which no image of that name is known. */
  Routed router(boolean observe, Set<String> mountedAtStart) {
    return router(
        observe,
        mountedAtStart.stream()
            .map(name -> new Reconcile.Found(name, Optional.empty()))
            .toArray(Reconcile.Found[]::new));
  }

  /** With an image's file behind what is mounted there at the start, or none. */
  Routed router(boolean observe, Reconcile.Found... mountedAtStart) {
    List<Reconcile.Found> found = List.of(mountedAtStart);
    status.mode(observe ? Settings.Mode.OBSERVE : Settings.Mode.MOUNT);
    MountEnv mounts =
        new MountEnv(
            mounter,
            mounting,
            status,
            NOPLogger.NOP_LOGGER,
            "/ce",
            "/images",
            Duration.ofSeconds(30),
            Duration.ofSeconds(1),
            Duration.ofSeconds(8),
            Optional.empty(),
            new StorageCircuit(4, open -> {}),
            stage.clock());
    return new Routed(
        new RouterEnv(
            "/ce",
            mounts,
            () -> found,
            () -> suspects,
            holds,
            (pid, device) -> sight,
            () -> live,
            Runnable::run));
  }

  private static Access write(String path) {
    return new Access(path, 4711, "cp", "openat", Access.Kind.WRITE, 0);
  }

  static Catalog images(String... names) {
    return Catalog.of(
        Stream.of(names).map(name -> new ImageFile(name, name + ".img")).toList(), Map.of());
  }

  /** The names of all images in use. */
  List<String> inUse() {
    return status.mounts().all().stream().map(MountStatus::name).toList();
  }

  MountState state(String name) {
    return status.mounts().get(name).orElseThrow().state();
  }

  long unknown() {
    return status.counters().unknown.sum();
  }
}
