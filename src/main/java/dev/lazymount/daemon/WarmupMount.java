package dev.lazymount.daemon;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.PostStop;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.Receive;
import dev.lazymount.catalog.Catalog;
import dev.lazymount.catalog.CatalogActor;
import dev.lazymount.catalog.CatalogScan;
import dev.lazymount.catalog.ImageFile;
import dev.lazymount.config.Settings;
import dev.lazymount.mount.MountEnv;
import dev.lazymount.mount.MountFailure;
import dev.lazymount.mount.Mounter;
import dev.lazymount.mount.StorageCircuit;
import dev.lazymount.mount.kernel.KernelMounter;
import dev.lazymount.route.Router;
import dev.lazymount.route.RouterEnv;
import dev.lazymount.status.Access;
import dev.lazymount.status.DaemonStatus;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.helpers.NOPLogger;

/**
 * Goes the whole way of one access once, before anybody needs it: a router and a MountActor of its
 * own, and a real mount of a tiny image that we carry, detached and never attached. It loads and
 * links what the first real mount would otherwise wait for, and it finds out at the start whether
 * this machine can mount at all.
 */
final class WarmupMount extends AbstractBehavior<WarmupMount.Command> {
  /** What this actor understands; all of it comes from itself. */
  interface Command {}

  private record Ready(Path folder) implements Command {}

  private record Over(Optional<String> problem) implements Command {}

  /**
   * What a Rehearsal works with.
   *
   * @param settings where the run directory is, and how mounts are made
   * @param executor where mounts are made
   */
  record Env(Settings settings, Executor executor) {}

  /**
   * The JVM interprets what runs for the first time, and compiles what runs often: so many accesses
   * are played, of which the first one is mounted.
   */
  private static final int PLAYED = 100;

  private static final String NAME = "tiny";
  private static final String FILE = NAME + ".img";
  private static final Path NOWHERE = Path.of("/rehearsal");

  private final Env env;
  private final Path folder;
  private final AtomicInteger played = new AtomicInteger();

  static Behavior<Command> create(Env env) {
    return Behaviors.setup(context -> new WarmupMount(context, env));
  }

  private WarmupMount(ActorContext<Command> context, Env env) {
    super(context);
    this.env = env;
    this.folder = env.settings().runDir().resolve("rehearsal");
    context.pipeToSelf(
        CompletableFuture.supplyAsync(this::prepare, env.executor()),
        (ready, thrown) ->
            thrown == null ? ready : new Over(Optional.of(thrown.getCause().toString())));
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(Ready.class, this::onReady)
        .onMessage(Over.class, this::onOver)
        .onSignal(PostStop.class, stop -> onPostStop())
        .build();
  }

  /** Blocks. */
  private Ready prepare() {
    try (InputStream image = WarmupMount.class.getResourceAsStream("rehearsal.img")) {
      Files.createDirectories(folder.resolve("root").resolve(NAME));
      Files.createDirectories(folder.resolve("images"));
      Files.copy(
          image, folder.resolve("images").resolve(FILE), StandardCopyOption.REPLACE_EXISTING);
      return new Ready(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Behavior<Command> onReady(Ready ready) {
    List<ImageFile> images = new ArrayList<>();
    images.add(new ImageFile(NAME, FILE));
    for (int i = 0; i < PLAYED; i++) {
      images.add(new ImageFile("played" + i, "played" + i + ".img"));
    }
    Catalog catalog = Catalog.of(images, Map.of());
    ActorRef<CatalogActor.Command> scanner =
        getContext()
            .spawn(
                CatalogActor.create(
                    new CatalogActor.Env(
                        previous -> new CatalogScan.Scan(catalog, List.of(), 0),
                        env.executor(),
                        env.settings().catalog().rescan(),
                        env.settings().mount().timeout(),
                        new DaemonStatus())),
                "catalog");
    ActorRef<Router.Command> router =
        getContext().spawn(Router.create(stage(ready.folder()), scanner), "router");
    for (ImageFile image : images) {
      Access access =
          new Access(
              NOWHERE + "/" + image.name() + "/x", 0, "rehearsal", "none", System.nanoTime());
      router.tell(new Router.Accesses(List.of(access), getContext().getSystem().ignoreRef()));
    }
    return this;
  }

  private RouterEnv stage(Path folder) {
    Settings.Mount mount = env.settings().mount();
    KernelMounter kernel =
        new KernelMounter(
            folder.resolve("root"),
            folder.resolve("images"),
            folder,
            env.settings().imageSuffixes(),
            mount);
    ActorRef<Command> self = getContext().getSelf();
    Mounter detached =
        new Mounter() {
          @Override
          public Mounted mount(Request request) throws MountFailure {
            boolean last = played.incrementAndGet() > PLAYED;
            try {
              if (request.name().equals(NAME)) {
                kernel.rehearse(request);
              }
              if (last) {
                self.tell(new Over(Optional.empty()));
              }
              return new Mounted("none", false, null);
            } catch (MountFailure e) {
              self.tell(new Over(Optional.of(e.getMessage())));
              throw e;
            }
          }

          @Override
          public Optional<Mounted> look(Request request) {
            return Optional.empty();
          }

          @Override
          public Optional<Mounted> refresh(Request request) {
            return Optional.empty();
          }

          @Override
          public Expiry expire(Request request, boolean marked) {
            return Expiry.NOT_MOUNTED;
          }

          @Override
          public Expiry unmount(Request request) {
            return Expiry.NOT_MOUNTED;
          }

          @Override
          public Optional<Generation> generation(Request request) {
            return Optional.empty();
          }
        };
    MountEnv mounts =
        new MountEnv(
            detached,
            env.executor(),
            new DaemonStatus(),
            NOPLogger.NOP_LOGGER,
            NOWHERE.toString(),
            folder.toString(),
            mount.timeout(),
            mount.retry(),
            mount.retryMax(),
            Optional.empty(),
            new StorageCircuit(mount.concurrency(), open -> {}),
            System::nanoTime);
    return new RouterEnv(NOWHERE.toString(), mounts, List::of, List::of, env.executor());
  }

  private Behavior<Command> onOver(Over over) {
    over.problem()
        .ifPresent(
            problem ->
                getContext()
                    .getLog()
                    .warn("rehearsal of a mount failed; real ones will fail too: {}", problem));
    return Behaviors.stopped();
  }

  private Behavior<Command> onPostStop() {
    try {
      Files.deleteIfExists(folder.resolve("images").resolve(FILE));
    } catch (IOException e) {
      getContext().getLog().debug("rehearsal: {}", e.toString());
    }
    return this;
  }
}
