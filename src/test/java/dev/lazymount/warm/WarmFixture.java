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
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/**
 * A WarmActor on a {@link SynchronousTestKit}; the test plays the catalog, the router and its
 * mounts.
 */
abstract class WarmFixture {
  private static final Instant NOON = Instant.parse("2026-11-23T12:00:00Z");

  /** For what is there already; a probe that was just made takes a moment to begin. */
  private static final Duration SOON = Duration.ofSeconds(10);

  private static SynchronousTestKit stage;

  @TempDir Path temp;

  final DaemonStatus status = new DaemonStatus();
  final ManualExecutor files = new ManualExecutor();
  final ManualExecutor lost = new ManualExecutor();
  final Map<String, Long> sectors = new HashMap<>();
  Instant now = NOON;
  Path state;
  Optional<Path> seed = Optional.empty();
  int max = 16;

  private final TestProbe<CatalogActor.Command> scanner = stage.kit().createTestProbe();
  private final TestProbe<Router.Command> router = stage.kit().createTestProbe();
  private ActorRef<WarmActor.Command> warm;
  private ActorRef<Catalog> subscriber;

  @BeforeAll
  static void open() {
    stage = new SynchronousTestKit();
  }

  @AfterAll
  static void close() {
    stage.close();
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
    stage.pass(time);
  }

  /** Starts it; what it has kept is read when {@link #files} runs. */
  void start() {
    WarmEnv env = new WarmEnv(state, seed, max, status, files, lost, this::sectorsRead, () -> now);
    warm = stage.kit().spawn(WarmActor.create(env, scanner.getRef(), router.getRef()));
    subscriber = scanner.expectMessageClass(CatalogActor.Subscribe.class, SOON).subscriber();
  }

  private OptionalLong sectorsRead(String device) {
    Long count = sectors.get(device);
    return count == null ? OptionalLong.empty() : OptionalLong.of(count);
  }

  /** Starts it, and all it waits for is there but the seed. */
  void startReady(String... images) {
    start();
    files.runAll();
    images(images);
    ready();
  }

  void ready() {
    warm.tell(new WarmActor.Ready());
  }

  void stop() {
    stage.kit().stop(warm);
    warm = null;
  }

  void catalog(Catalog catalog) {
    subscriber.tell(catalog);
  }

  void images(String... names) {
    catalog(Catalog.of(Stream.of(names).map(n -> new ImageFile(n, n + ".img")).toList(), Map.of()));
  }

  /** The list of an earlier life, the most used first. */
  void kept(String... names) throws IOException {
    WarmList list = new WarmList();
    for (int i = 0; i < names.length; i++) {
      list.put(names[i], new WarmList.Entry(1 + 0.1 * (names.length - i), NOON.minusSeconds(3600)));
    }
    try (WarmStore store = new WarmStore(temp)) {
      store.save(WarmText.print(list, NOON));
    }
  }

  void expectWarm(String name) {
    router.expectMessage(SOON, new Router.Warm(name));
  }

  void expectNothing() {
    router.expectNoMessage(Duration.ZERO);
  }

  static MountStatus.Builder line(String name) {
    return MountStatus.of(name, "/images/" + name + ".img", "/ce/" + name);
  }

  void mounting(String name) {
    status.mounts().put(line(name).state(MountState.MOUNTING, now, null).build());
  }

  void mounted(String name, String device) {
    status.mounts().put(line(name).mounted(now, device, 1.0, "the warm list", null).build());
  }

  void accessed(String name) {
    status.mounts().put(line(name).accessed(now).build());
  }

  /** The time of the next look has come, and its work is done. */
  void look() {
    pass(WarmActor.LOOK);
    files.runAll();
  }
}
