package dev.lazymount.route;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.Receive;
import dev.lazymount.catalog.Catalog;
import dev.lazymount.catalog.CatalogActor;
import dev.lazymount.catalog.ImageFile;
import dev.lazymount.config.Settings;
import dev.lazymount.mount.MountActor;
import dev.lazymount.mount.MountEnv;
import dev.lazymount.mount.MountResult;
import dev.lazymount.mount.UnmountMode;
import dev.lazymount.mount.kernel.Reconcile;
import dev.lazymount.status.Access;
import dev.lazymount.trace.TraceSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.slf4j.LoggerFactory;

/**
 * Turns accesses into image names and hands each to the MountActor of that name. It never touches a
 * disk: what it knows is the newest {@link Catalog}. A name that the catalog does not have costs a
 * look-up and nothing that stays, whoever makes them up and however many.
 */
public final class Router extends AbstractBehavior<Router.Command> {
  /** What this actor understands. */
  public interface Command {}

  /**
   * A batch of accesses.
   *
   * @param accesses in the order they were seen
   * @param answerTo is told when the next batch may come
   */
  public record Accesses(List<Access> accesses, ActorRef<TraceSource.Ack> answerTo)
      implements Command {}

  /**
   * Which images are there?
   *
   * @param answerTo is told the newest catalog; none before the first scan is over
   */
  public record Images(ActorRef<Optional<Catalog>> answerTo) implements Command {}

  /** Mount an image; {@code answerTo} is told what came of it. */
  public record MountNow(String name, ActorRef<MountResult> answerTo) implements Command {}

  /**
   * Unmount an image.
   *
   * @param name the image
   * @param manner when it stays
   * @param why for the log and the status
   * @param answerTo is told what came of it
   */
  public record Unmount(String name, UnmountMode manner, String why, ActorRef<MountResult> answerTo)
      implements Command {}

  /**
   * What to do with accesses from now on. What is mounted stays mounted, and a mount under way is
   * finished.
   */
  public record SetMode(Settings.Mode mode) implements Command {}

  /**
   * Mount this image as an access to it would, though nobody uses it yet. Does nothing in observe
   * mode, or if there is no such image.
   *
   * @param name the image's name
   */
  public record Warm(String name) implements Command {}

  /** The times of {@link MountEnv} are others now. */
  public record Retimed() implements Command {}

  private record NewCatalog(Catalog catalog) implements Command {}

  private record Mounted(Collection<Reconcile.Found> found) implements Command {}

  private record Suspects(Collection<String> names) implements Command {}

  private record Gone(String name, ActorRef<MountActor.Command> actor) implements Command {}

  /** Between two hints to the catalog that there may be a new image. */
  private static final long HINT_NANOS = Duration.ofSeconds(1).toNanos();

  private final RouterEnv env;
  private final ActorRef<CatalogActor.Command> scanner;
  private final MountActors children;
  private final DryRunStats observed;
  private final ImageResolver matching;
  private long hintedAt;

  /**
   * The router.
   *
   * @param env what it works with
   * @param scanner where catalogs come from
   */
  public static Behavior<Command> create(RouterEnv env, ActorRef<CatalogActor.Command> scanner) {
    return Behaviors.setup(context -> new Router(context, env, scanner));
  }

  private Router(
      ActorContext<Command> context, RouterEnv env, ActorRef<CatalogActor.Command> scanner) {
    super(context);
    this.env = env;
    this.children = new MountActors(context, env.mounts(), Gone::new);
    this.observed = new DryRunStats(env.mounts(), children::has);
    this.matching = new ImageResolver(env);
    this.scanner = scanner;
    this.hintedAt = now() - HINT_NANOS;
    scanner.tell(
        new CatalogActor.Subscribe(context.messageAdapter(Catalog.class, NewCatalog::new)));
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(Accesses.class, this::onAccesses)
        .onMessage(Images.class, this::onImages)
        .onMessage(MountNow.class, this::onMountNow)
        .onMessage(Unmount.class, this::onUnmount)
        .onMessage(SetMode.class, this::onSetMode)
        .onMessage(Warm.class, this::onWarm)
        .onMessage(NewCatalog.class, this::onNewCatalog)
        .onMessage(Retimed.class, this::onRetimed)
        .onMessage(Mounted.class, this::onMounted)
        .onMessage(Suspects.class, this::onSuspects)
        .onMessage(Gone.class, this::onGone)
        .build();
  }

  private Behavior<Command> onAccesses(Accesses batch) {
    batch.accesses().forEach(this::route);
    batch.answerTo().tell(TraceSource.Ack.ACK);
    return this;
  }

  private Behavior<Command> onSetMode(SetMode message) {
    if (message.mode() != env.mounts().status().mode()) {
      env.mounts().status().mode(message.mode());
      observed.forget();
      LoggerFactory.getLogger(Router.class).info("mode is {} now", message.mode());
    }
    return this;
  }

  private Behavior<Command> onImages(Images asked) {
    asked.answerTo().tell(matching.catalog());
    return this;
  }

  private Behavior<Command> onMountNow(MountNow asked) {
    return tell(asked.name(), new MountActor.MountNow(asked.answerTo()), asked.answerTo());
  }

  private Behavior<Command> onUnmount(Unmount asked) {
    MountActor.Unmount message =
        new MountActor.Unmount(asked.manner(), asked.why(), asked.answerTo());
    return tell(asked.name(), message, asked.answerTo());
  }

  private Behavior<Command> tell(
      String name, MountActor.Command message, ActorRef<MountResult> answerTo) {
    Optional<ActorRef<MountActor.Command>> actor = actorOf(name);
    if (env.mounts().status().observes()) {
      answerTo.tell(MountResult.observes(name));
    } else if (actor.isEmpty()) {
      answerTo.tell(MountResult.failed(name, "no image has this name"));
    } else {
      actor.get().tell(message);
    }
    return this;
  }

  private Optional<ActorRef<MountActor.Command>> actorOf(String name) {
    return children.get(name).or(() -> matching.image(name).map(children::of));
  }

  private Behavior<Command> onWarm(Warm warm) {
    List<ImageFile> images = matching.inside(warm.name());
    if (!images.isEmpty() && !env.mounts().status().observes()) {
      tell(Access.ahead(now()), images);
    }
    return this;
  }

  private Behavior<Command> onNewCatalog(NewCatalog message) {
    Optional<Catalog> before = matching.catalog();
    List<Access> kept = matching.now(message.catalog());
    // A scan that found nothing new has the same one.
    if (before.isEmpty() || before.get() != message.catalog()) {
      children.now(message.catalog());
      observed.keepOnly(name -> message.catalog().get(name).isPresent());
    }
    // Each scan is also when it is noticed that an image was replaced, or mounted or unmounted by
    // somebody.
    env.ask(getContext(), env.suspects(), Suspects::new);
    if (before.isEmpty()) {
      env.ask(getContext(), env.mounted(), Mounted::new);
      kept.forEach(this::route);
    }
    return this;
  }

  private Behavior<Command> onMounted(Mounted mounted) {
    for (Reconcile.Found found : mounted.found()) {
      Optional<ImageFile> image = matching.image(found.name());
      if (image.isPresent()) {
        children.of(image.get()).tell(new MountActor.Recheck());
      } else if (!env.mounts().status().observes() && ImageFile.refusal(found.name()).isEmpty()) {
        found.image().ifPresent(file -> children.adoptGone(new ImageFile(found.name(), file)));
      }
    }
    return this;
  }

  private Behavior<Command> onSuspects(Suspects suspects) {
    for (String name : suspects.names()) {
      actorOf(name).ifPresent(actor -> actor.tell(new MountActor.Recheck()));
    }
    return this;
  }

  private Behavior<Command> onGone(Gone gone) {
    children.remove(gone.name(), gone.actor());
    return this;
  }

  private Behavior<Command> onRetimed(Retimed retimed) {
    children.tellAll(new MountActor.SettingsChanged());
    return this;
  }

  private void route(Access access) {
    matching.images(access).ifPresent(images -> route(access, images));
  }

  private void route(Access access, List<ImageFile> images) {
    if (images.isEmpty()) {
      unknown();
      return;
    }
    ImageFile image = images.get(images.size() - 1);
    env.mounts().status().accessed(image.name());
    if (env.mounts().status().observes()) {
      observed.add(image, matching.withInner(images));
    } else if (children.mayTell(image)) {
      tell(access, images);
    }
  }

  private void unknown() {
    env.mounts().status().counters().unknown.increment();
    long now = now();
    if (now - hintedAt >= HINT_NANOS) {
      hintedAt = now;
      scanner.tell(new CatalogActor.Hint());
    }
  }

  private void tell(Access access, List<ImageFile> images) {
    List<ActorRef<MountActor.Command>> actors = new ArrayList<>(images.size());
    matching.withInner(images).forEach(image -> actors.add(children.of(image)));
    actors.get(0).tell(new MountActor.Accessed(access, actors.subList(1, actors.size())));
  }

  private long now() {
    return env.mounts().nanoTime().getAsLong();
  }
}
