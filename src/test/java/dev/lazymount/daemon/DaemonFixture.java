package dev.lazymount.daemon;

import akka.actor.testkit.typed.javadsl.ActorTestKit;
import akka.actor.testkit.typed.javadsl.TestProbe;
import akka.actor.typed.ActorRef;
import com.typesafe.config.ConfigFactory;
import dev.lazymount.catalog.Catalog;
import dev.lazymount.catalog.CatalogActor;
import dev.lazymount.catalog.CatalogScan;
import dev.lazymount.catalog.ImageFile;
import dev.lazymount.config.Settings;
import dev.lazymount.linux.DirectoryId;
import dev.lazymount.linux.ProcessMounts;
import dev.lazymount.mount.MountEnv;
import dev.lazymount.mount.StorageCircuit;
import dev.lazymount.route.RouteSettings;
import dev.lazymount.route.RouterEnv;
import dev.lazymount.status.DaemonStatus;
import dev.lazymount.support.NotifySocket;
import dev.lazymount.support.ScriptedMounter;
import dev.lazymount.support.ScriptedTrace;
import dev.lazymount.support.TestSettings;
import dev.lazymount.systemd.ServiceManager;
import dev.lazymount.trace.TraceEnv;
import dev.lazymount.warm.WarmEnv;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.helpers.NOPLogger;

/** All actors as the daemon runs them, with threads and time; kernel and storage are scripted. */
abstract class DaemonFixture {
  static final Duration SOON = Duration.ofSeconds(10);

  /** The clock of catalog, router and mounts stands still, so that nothing falls due by chance. */
  private static final long NOON = 1_000_000_000_000L;

  static ActorTestKit kit;

  @TempDir private Path temp;

  final ScriptedTrace bpftrace = new ScriptedTrace();
  final ScriptedMounter mounter = new ScriptedMounter();
  final DaemonStatus status = new DaemonStatus();
  final BlockingQueue<CatalogActor.Scanner> scans = new LinkedBlockingQueue<>();
  Duration canaryTimeout = Duration.ofHours(1);

  /** The clock of the warm list. */
  InstantSource warmClock = InstantSource.system();

  /** What the first look at root and images sees; null while it has not ended. */
  RootWatch.Sight firstLook = sight(1);

  /** The CPUs that are online. */
  volatile Map<Integer, Long> cpus = Map.of(0, 1L);

  NotifySocket systemd;

  private final ExecutorService mounting = Executors.newFixedThreadPool(2);
  private final ExecutorService scanning = Executors.newSingleThreadExecutor();
  ActorRef<Supervisor.Command> supervisor;

  @BeforeAll
  static void open() {
    kit =
        ActorTestKit.create(
            ConfigFactory.parseResources("actors.conf").withFallback(ConfigFactory.load()));
  }

  @AfterAll
  static void close() {
    kit.shutdownTestKit();
  }

  @BeforeEach
  void listen() throws Exception {
    systemd = new NotifySocket(temp);
  }

  @AfterEach
  void end() throws Exception {
    mounting.shutdownNow();
    scanning.shutdownNow();
    if (supervisor != null) {
      stop();
    }
    bpftrace.close();
    systemd.close();
  }

  /** A root with this inode, and an image directory. */
  static RootWatch.Sight sight(long inode) {
    return new RootWatch.Sight(place(inode), place(2));
  }

  /** A directory with this inode. */
  static RootWatch.Place place(long inode) {
    return new RootWatch.Place(new DirectoryId(1, inode, 7), null);
  }

  /** A path without a directory. */
  static RootWatch.Place missing() {
    return new RootWatch.Place(null, "does not exist");
  }

  /** Starts all actors, with this as the first scan. */
  void start(CatalogActor.Scanner first) {
    scans.add(first);
    start();
  }

  /** Starts all actors; the first scan takes as long as the test wants. */
  void start() {
    MountEnv mounts =
        new MountEnv(
            mounter,
            mounting,
            status,
            NOPLogger.NOP_LOGGER,
            "/ce",
            "/images",
            Duration.ofHours(1),
            Duration.ofHours(1),
            Duration.ofHours(1),
            Optional.empty(),
            new StorageCircuit(2, open -> {}),
            () -> NOON);
    supervisor =
        kit.spawn(
            Supervisor.create(
                new Supervisor.Env(
                    new CatalogActor.Env(
                        previous -> next().scan(previous),
                        scanning,
                        Duration.ofMillis(1),
                        Duration.ofHours(1),
                        status,
                        () -> NOON),
                    new RouterEnv(
                        "/ce",
                        mounts,
                        List::of,
                        List::of,
                        Map.of(),
                        ProcessMounts::sight,
                        () -> new RouteSettings(0, Optional.empty()),
                        Runnable::run),
                    traceEnv(),
                    this::traceEnv,
                    () -> cpus,
                    listener -> {
                      if (firstLook != null) {
                        listener.accept(firstLook);
                      }
                    },
                    "/images",
                    new WarmEnv(
                        temp.resolve("state"),
                        Optional.empty(),
                        16,
                        status,
                        Runnable::run,
                        warmClock),
                    Optional.empty(),
                    status,
                    ServiceManager.from(
                        Map.of("NOTIFY_SOCKET", systemd.address(), "WATCHDOG_USEC", "60000000")))));
  }

  TraceEnv traceEnv() {
    return bpftrace.env(status.counters(), canaryTimeout);
  }

  void stop() {
    kit.stop(supervisor, SOON);
    supervisor = null;
  }

  /** The next scan begins at once and waits for its script. */
  private CatalogActor.Scanner next() throws IOException {
    try {
      return scans.take();
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  static CatalogActor.Scanner found(String... names) {
    Catalog catalog =
        Catalog.of(
            Stream.of(names).map(name -> new ImageFile(name, name + ".img")).toList(), Map.of());
    return previous -> new CatalogScan.Scan(catalog, List.of(), 0);
  }

  /** Waits until it holds. */
  static void await(Runnable assertion) {
    await(assertion, SOON);
  }

  /** Waits until it holds. */
  static void await(Runnable assertion, Duration most) {
    TestProbe<Void> probe = kit.createTestProbe();
    probe.awaitAssert(
        most,
        () -> {
          assertion.run();
          return null;
        });
  }

  static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Sends the Supervisor a message. */
  void tell(Supervisor.Command message) {
    supervisor.tell(message);
  }

  /** Applies a setting, with a new trace if it concerns that. */
  void apply(String setting, boolean newTrace) {
    supervisor.tell(
        new Supervisor.Apply(
            settings(setting), newTrace ? Optional.of(traceEnv()) : Optional.empty()));
  }

  private Settings settings(String lines) {
    return TestSettings.settings("run-dir = \"" + temp + "\"", lines);
  }
}
