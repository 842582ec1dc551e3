package dev.lazymount.warm;

import akka.actor.testkit.typed.javadsl.TestProbe;
import akka.actor.typed.ActorRef;
import dev.lazymount.catalog.Catalog;
import dev.lazymount.catalog.CatalogActor;
import dev.lazymount.catalog.ImageFile;
import dev.lazymount.route.Router;
import dev.lazymount.status.DaemonStatus;
import dev.lazymount.status.MountState;
import dev.lazymount.status.MountStatus;
import dev.lazymount.support.ManualExecutor;
import dev.lazymount.support.SynchronousTestKit;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs a WarmActor on a {@link SynchronousTestKit}. The test provides the catalog, the status rows
 * and the time, and receives what the router would.
 */
abstract class WarmFixture {
  private static final Instant NOON = Instant.parse("2026-11-23T12:00:00Z");

  /** For messages sent before: only a new probe may take a moment to start. */
  private static final Duration SOON = Duration.ofSeconds(10);

  private static SynchronousTestKit kit;

  @TempDir Path temp;

  final DaemonStatus status = new DaemonStatus();
  final ManualExecutor seedReader = new ManualExecutor();
  Instant now = NOON;
  Path state;
  Optional<Path> seed = Optional.empty();
  int max = 16;

  private final TestProbe<CatalogActor.Command> scanner = kit.kit().createTestProbe();
  private final TestProbe<Router.Command> router = kit.kit().createTestProbe();
  private ActorRef<WarmActor.Command> warm;
  private ActorRef<Catalog> subscriber;

  @BeforeAll
  static void open() {
    kit = new SynchronousTestKit();
  }

  @AfterAll
  static void close() {
    kit.close();
  }

  @BeforeEach
  void begin() {
    state = temp;
  }

  @AfterEach
  void end() {
    if (warm != null) {
      stop();
    }
  }

  static void pass(Duration time) {
    kit.pass(time);
  }

  /**
   * Starts the actor, which reads {@code warm.list} at once, and the seed when {@link #seedReader}
   * runs.
   */
  void start() {
    WarmEnv env = new WarmEnv(state, seed, max, status, seedReader, () -> now);
    warm = kit.kit().spawn(WarmActor.create(env, scanner.getRef(), router.getRef()));
    subscriber = scanner.expectMessageClass(CatalogActor.Subscribe.class, SOON).subscriber();
  }

  /** Starts the actor with a catalog of these images, and says that the daemon is ready. */
  void startReady(String... images) {
    start();
    images(images);
    ready();
  }

  void ready() {
    warm.tell(new WarmActor.Ready());
  }

  void stop() {
    kit.kit().stop(warm);
    warm = null;
  }

  void catalog(Catalog catalog) {
    subscriber.tell(catalog);
  }

  void images(String... names) {
    catalog(Catalog.of(Stream.of(names).map(n -> new ImageFile(n, n + ".img")).toList(), Map.of()));
  }

  Path file() {
    return temp.resolve(WarmListFile.NAME);
  }

  /** Saves a list as an earlier daemon would have, the most used name first. */
  void saveList(String... names) throws IOException {
    WarmList list = new WarmList();
    for (int i = 0; i < names.length; i++) {
      list.put(names[i], new WarmList.Entry(1 + 0.1 * (names.length - i), NOON.minusSeconds(3600)));
    }
    new WarmListFile(temp).save(list, NOON);
  }

  void expectWarm(String name) {
    router.expectMessage(SOON, new Router.Warm(name));
  }

  void expectNothing() {
    router.expectNoMessage(Duration.ZERO);
  }

  static MountStatus.Builder row(String name) {
    return MountStatus.of(name, "/images/" + name + ".img", "/ce/" + name);
  }

  void mounting(String name) {
    status.mounts().put(row(name).state(MountState.MOUNTING, now, null).build());
  }

  void mounted(String name, String device) {
    status.mounts().put(row(name).mounted(now, device, 1.0, "the warm list", null).build());
  }

  void accessed(String name) {
    status.mounts().put(row(name).accessed(now).build());
  }

  /** The time for the next reading of uses has come. */
  void learn() {
    pass(WarmActor.LEARN);
  }
}
