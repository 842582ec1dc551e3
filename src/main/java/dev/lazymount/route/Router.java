package dev.lazymount.route;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.ChildFailed;
import akka.actor.typed.Terminated;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.Receive;
import dev.lazymount.catalog.Catalog;
import dev.lazymount.catalog.CatalogActor;
import dev.lazymount.catalog.ImageFile;
import dev.lazymount.catalog.Resolution;
import dev.lazymount.catalog.RootPath;
import dev.lazymount.config.Settings;
import dev.lazymount.linux.LoopNames;
import dev.lazymount.mount.Hold;
import dev.lazymount.mount.MountActor;
import dev.lazymount.mount.MountResult;
import dev.lazymount.mount.Mounter;
import dev.lazymount.mount.OperatorHold;
import dev.lazymount.mount.UnmountMode;
import dev.lazymount.mount.kernel.Reconcile;
import dev.lazymount.status.Access;
import dev.lazymount.status.DaemonStatus;
import dev.lazymount.status.ImageUse;
import dev.lazymount.status.MountBoard;
import dev.lazymount.status.MountState;
import dev.lazymount.status.MountStatus;
import dev.lazymount.trace.TraceSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * Resolves each access to an image, and forwards it to that image's MountActor, which is spawned at
 * the first access.
 *
 * <p>It never touches a disk: all it knows is the newest {@link Catalog}. A name that no image has
 * costs a look-up and leaves nothing behind, however many of them a local user makes up.
 */
public final class Router extends AbstractBehavior<Router.Command> {
  /** What this actor understands. */
  public interface Command {}

  /**
   * A batch of accesses.
   *
   * @param accesses in the order they were seen
   * @param uses of mounted images
   * @param answerTo gets the request for the next batch
   */
  public record Accesses(
      List<Access> accesses, List<ImageUse> uses, ActorRef<TraceSource.Ack> answerTo)
      implements Command {
    /** A batch without uses. */
    public Accesses(List<Access> accesses, ActorRef<TraceSource.Ack> answerTo) {
      this(accesses, List.of(), answerTo);
    }
  }

  /**
   * Which images are there?
   *
   * @param answerTo gets the newest catalog; empty until the first scan has ended
   */
  public record Images(ActorRef<Optional<Catalog>> answerTo) implements Command {}

  /** Mount an image; {@code answerTo} gets the result. */
  public record MountNow(String name, ActorRef<MountResult> answerTo) implements Command {}

  /**
   * Unmount an image.
   *
   * @param name the image
   * @param manner in which cases it stays mounted
   * @param why for the log and the status
   * @param answerTo gets the result
   */
  public record Unmount(String name, UnmountMode manner, String why, ActorRef<MountResult> answerTo)
      implements Command {}

  /**
   * Changes what is done with accesses. Mounted images stay mounted, and a mount under way is
   * finished.
   */
  public record SetMode(Settings.Mode mode) implements Command {}

  /**
   * Mount this image as an access to it would, for the warm list. Does nothing in observe mode, or
   * if there is no such image.
   */
  public record Warm(String name) implements Command {}

  /**
   * Keep these names unmounted, and no others.
   *
   * @param holds by name; names without an image are kept for the time when there is one
   * @param answerTo receives the number of holds once accesses follow them
   */
  public record SetHolds(Map<String, OperatorHold> holds, ActorRef<Integer> answerTo)
      implements Command {}

  /**
   * The root is another directory now, or was mounted again: what was found wrong in the former one
   * is no reason to wait with a retry. Follow it with a scan, which compares the mounts.
   */
  public record RootChanged() implements Command {}

  /** The settings that the MountActors share have changed. */
  public record SettingsChanged() implements Command {}

  private record NewCatalog(Catalog catalog) implements Command {}

  private record AlreadyMounted(Collection<Reconcile.Found> found) implements Command {}

  private record Suspects(Collection<String> names) implements Command {}

  /** An image in use. Each has one actor, however it is reached. */
  private static final class Child {
    private final ActorRef<MountActor.Command> actor;
    private Mounter.Request request;
    private boolean gone;
    private long forwardedAt;
    private long writtenAt;

    private Child(ActorRef<MountActor.Command> actor, Mounter.Request request, long now) {
      this.actor = actor;
      this.request = request;
      this.forwardedAt = now - FORWARD_NANOS;
      this.writtenAt = now - WRITE_NANOS;
    }
  }

  /** At most one hint a second goes to the catalog that there may be a new image. */
  private static final long HINT_NANOS = Duration.ofSeconds(1).toNanos();

  /**
   * A compiler in use is opened thousands of times a second. Its actor needs one access in this
   * time.
   */
  private static final long FORWARD_NANOS = Duration.ofMillis(100).toNanos();

  /** An installer writes thousands of files a second. One write in this time is noted. */
  private static final long WRITE_NANOS = Duration.ofSeconds(1).toNanos();

  private final RouterEnv env;
  private final DaemonStatus status;
  private final ActorRef<CatalogActor.Command> scanner;
  private final Map<String, Child> children = new HashMap<>();
  private final LoopNames loopNames = LoopNames.ofKernel();
  private final DryRunStats dryRun;
  private final EarlyAccesses early = new EarlyAccesses();
  private final Scanners scanners;
  private final Bypasses bypasses;
  private Map<String, OperatorHold> holds;

  /** Those that MountActors follow: of the names that have an image, and of images around them. */
  private Map<String, Hold> followed = Map.of();

  private Optional<Catalog> catalog = Optional.empty();
  private int componentsNeeded = RootPath.MAX_COMPONENTS;
  private long hintedAt;
  private long spawned;

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
    context.setLoggerName(Router.class);
    this.env = env;
    this.status = env.mounts().status();
    this.dryRun = new DryRunStats(env.mounts(), children::containsKey);
    this.scanners = new Scanners(status, context.getLog(), () -> env.live().get().scannerNames());
    this.bypasses = new Bypasses(status, env.executor(), env.sight());
    this.holds = Map.copyOf(env.holds());
    this.scanner = scanner;
    this.hintedAt = now() - HINT_NANOS;
    scanner.tell(
        new CatalogActor.Subscribe(context.messageAdapter(Catalog.class, NewCatalog::new)));
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(Accesses.class, this::onAccesses)
        .onMessage(Warm.class, this::onWarm)
        .onMessage(MountNow.class, this::onMountNow)
        .onMessage(Unmount.class, this::onUnmount)
        .onMessage(Images.class, this::onImages)
        .onMessage(SetMode.class, this::onSetMode)
        .onMessage(SetHolds.class, this::onSetHolds)
        .onMessage(SettingsChanged.class, changed -> onSettingsChanged())
        .onMessage(RootChanged.class, changed -> onRootChanged())
        .onMessage(NewCatalog.class, this::onNewCatalog)
        .onMessage(AlreadyMounted.class, this::onAlreadyMounted)
        .onMessage(Suspects.class, this::onSuspects)
        .onSignal(ChildFailed.class, this::onChildFailed)
        .onSignal(Terminated.class, this::onChildStopped)
        .build();
  }

  // ---- Accesses: the hot path

  private Behavior<Command> onAccesses(Accesses batch) {
    // Writes first: a use in the same batch must not mount over the writer.
    long now = now();
    batch.accesses().stream().filter(Access::isWrite).forEach(access -> route(access, now));
    batch.accesses().stream().filter(a -> !a.isWrite()).forEach(access -> route(access, now));
    batch.uses().forEach(this::used);
    batch.answerTo().tell(TraceSource.Ack.ACK);
    return this;
  }

  /** {@code when} is the time of the access. */
  private void route(Access access, long when) {
    Optional<List<String>> below = RootPath.below(env.root(), access.path(), componentsNeeded);
    if (below.isEmpty() || below.get().isEmpty()) {
      return;
    }
    if (catalog.isEmpty()) {
      if (!early.keep(access, below.get())) {
        status.counters().lost.increment();
      }
      return;
    }
    Resolution found = catalog.get().resolve(below.get());
    switch (found.kind()) {
      case INSIDE, OWN_DIRECTORY -> {
        if (access.isWrite()) {
          written(access, found.images());
        } else {
          use(access, found.used(), when);
        }
      }
      case NO_IMAGE, LEADS_OUT, LOOP -> {
        if (!access.isWrite()) {
          unknown(below.get());
        }
      }
      case OUTSIDE, ROOT, DIRECTORY -> {
        // No use of an image, and not the name of a missing one.
      }
    }
  }

  /**
   * A device can have several images: names of the same file. Unmounted ones are not known here.
   */
  private void used(ImageUse use) {
    loopNames
        .of(use.device())
        .map(status.mounts()::mountedFrom)
        .orElse(List.of())
        .forEach(
            name ->
                Optional.ofNullable(children.get(name))
                    .ifPresent(child -> child.actor.tell(new MountActor.Used())));
  }

  /** Every image whose directory has what was written would hide it from the writer. */
  private void written(Access access, List<ImageFile> images) {
    Optional<Duration> quiet = env.live().get().quietAfterWrite();
    if (quiet.isEmpty()) {
      return;
    }
    long now = now();
    for (ImageFile image : images) {
      Child child = child(image);
      if (now - child.writtenAt >= WRITE_NANOS) {
        child.writtenAt = now;
        child.actor.tell(new MountActor.KeepUnmounted(Hold.written(access, quiet.get())));
      }
    }
  }

  private void use(Access access, List<ImageFile> images, long when) {
    if (images.isEmpty()) {
      return;
    }
    ImageFile innermost = images.get(images.size() - 1);
    status.accessed(innermost.name());
    boolean bypass = bypasses.isBypass(access, innermost.name(), when);
    if (scanners.isScan(access, innermost.name(), when) || bypass) {
      return;
    }
    if (status.observes()) {
      dryRun.add(innermost, withNested(images));
      return;
    }
    Child child = child(innermost);
    long now = now();
    if (now - child.forwardedAt >= FORWARD_NANOS) {
      child.forwardedAt = now;
      forward(access, images);
    }
  }

  /**
   * The outermost image gets the access together with the actors of those nested in it. Each hands
   * it on to the next one when its own mount has ended, well or not: a mount of the outer image
   * would hide an inner one that was mounted before it.
   */
  private void forward(Access access, List<ImageFile> images) {
    List<ActorRef<MountActor.Command>> actors = new ArrayList<>(images.size());
    withNested(images).forEach(image -> actors.add(child(image).actor));
    actors.get(0).tell(new MountActor.Accessed(access, actors.subList(1, actors.size())));
  }

  /**
   * Once an image is mounted, the resolved program does not see what is opened in it, and so not
   * that a nested image is used: those are mounted along with it. (Such names are rare: most nested
   * ones are in directories that no image serves.)
   */
  private List<ImageFile> withNested(List<ImageFile> images) {
    if (status.trace().program().seesMountedImages()) {
      return images;
    }
    Collection<ImageFile> nested =
        catalog.orElseThrow().descendants(images.get(images.size() - 1).name());
    if (nested.isEmpty()) {
      return images;
    }
    List<ImageFile> all = new ArrayList<>(images);
    all.addAll(nested);
    return all;
  }

  /** An access to what no image serves. An entry of the root itself is no use of a compiler. */
  private void unknown(List<String> below) {
    if (below.size() == 1) {
      return;
    }
    status.counters().unknown.increment();
    long now = now();
    if (now - hintedAt >= HINT_NANOS) {
      hintedAt = now;
      scanner.tell(new CatalogActor.Hint());
    }
  }

  private Behavior<Command> onWarm(Warm warm) {
    List<ImageFile> images =
        catalog.map(newest -> newest.matchInside(warm.name())).orElse(List.of());
    if (!images.isEmpty() && !status.observes()) {
      forward(Access.ahead(now()), images);
    }
    return this;
  }

  // ---- Requests of an operator

  private Behavior<Command> onMountNow(MountNow asked) {
    return request(asked.name(), new MountActor.MountNow(asked.answerTo()), asked.answerTo());
  }

  private Behavior<Command> onUnmount(Unmount asked) {
    MountActor.Command message =
        new MountActor.Unmount(asked.manner(), asked.why(), asked.answerTo());
    return request(asked.name(), message, asked.answerTo());
  }

  private Behavior<Command> request(
      String name, MountActor.Command message, ActorRef<MountResult> answerTo) {
    Optional<ActorRef<MountActor.Command>> actor = actorOf(name);
    if (status.observes()) {
      answerTo.tell(MountResult.observes(name));
    } else if (actor.isEmpty()) {
      answerTo.tell(MountResult.failed(name, "no image has this name"));
    } else {
      actor.get().tell(message);
    }
    return this;
  }

  private Behavior<Command> onSetHolds(SetHolds message) {
    holds = Map.copyOf(message.holds());
    followHolds();
    message.answerTo().tell(holds.size());
    return this;
  }

  /** Sends each MountActor its hold, or the end of it. Sending one again changes nothing. */
  private void followHolds() {
    if (catalog.isEmpty()) {
      return;
    }
    Map<String, Hold> next = new HashMap<>();
    Instant now = Instant.now();
    holds.forEach(
        (name, hold) -> {
          if (!hold.isOver(now)) {
            for (ImageFile image : catalog.get().matchInside(name)) {
              if (!image.name().equals(name)) {
                next.putIfAbsent(image.name(), hold.holdAround(name));
              }
            }
          }
        });
    // A hold of its own counts before that of a name inside.
    holds.forEach(
        (name, hold) -> {
          if (!hold.isOver(now) && catalog.get().get(name).isPresent()) {
            next.put(name, hold.hold());
          }
        });
    for (String name : followed.keySet()) {
      Child child = children.get(name);
      if (child != null && !next.containsKey(name)) {
        child.actor.tell(new MountActor.EndHold(Hold.Kind.OPERATOR));
      }
    }
    followed = next;
    next.forEach(
        (name, hold) ->
            child(catalog.get().get(name).orElseThrow())
                .actor
                .tell(new MountActor.KeepUnmounted(hold)));
  }

  private Behavior<Command> onImages(Images asked) {
    asked.answerTo().tell(catalog);
    return this;
  }

  private Behavior<Command> onSetMode(SetMode message) {
    if (message.mode() != status.mode()) {
      status.mode(message.mode());
      dryRun.clear();
      getContext().getLog().info("mode is now {}", message.mode());
    }
    return this;
  }

  private Behavior<Command> onSettingsChanged() {
    children.values().forEach(child -> child.actor.tell(new MountActor.SettingsChanged()));
    return this;
  }

  private Behavior<Command> onRootChanged() {
    for (Child child : children.values()) {
      if (!child.gone) {
        child.actor.tell(new MountActor.Changed(Optional.of(child.request)));
      }
    }
    return this;
  }

  // ---- Scans

  private Behavior<Command> onNewCatalog(NewCatalog message) {
    Catalog newest = message.catalog();
    boolean first = catalog.isEmpty();
    boolean changed = first || !catalog.get().equals(newest);
    catalog = Optional.of(newest);
    componentsNeeded = Math.min(RootPath.MAX_COMPONENTS, Math.max(2, newest.componentsNeeded()));
    if (changed) {
      children.forEach(this::compare);
      dryRun.retain(name -> newest.get(name).isPresent());
    }
    // Each scan is also when a replaced image, or an external mount or unmount, is noticed.
    look(env.suspects(), Suspects::new);
    followHolds();
    if (first) {
      look(env.mounted(), AlreadyMounted::new);
      early.drain().forEach(access -> route(access, access.seenNanos()));
    }
    return this;
  }

  private <T> void look(RouterEnv.Look<T> look, Function<Collection<T>, Command> answer) {
    CompletableFuture<Collection<T>> found =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return look.find();
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            },
            env.executor());
    getContext()
        .pipeToSelf(
            found,
            (seen, thrown) -> {
              if (thrown != null) {
                getContext()
                    .getLog()
                    .warn("can't compare the status with the mount table: {}", thrown.toString());
              }
              return answer.apply(thrown == null ? seen : List.of());
            });
  }

  /** Images that were mounted before this daemon started are taken over. */
  private Behavior<Command> onAlreadyMounted(AlreadyMounted mounted) {
    for (Reconcile.Found found : mounted.found()) {
      Optional<ImageFile> image = catalog.flatMap(newest -> newest.get(found.name()));
      if (image.isPresent()) {
        child(image.get()).actor.tell(new MountActor.Recheck());
      } else if (!status.observes() && ImageFile.refusal(found.name()).isEmpty()) {
        found.image().ifPresent(file -> adoptGone(new ImageFile(found.name(), file)));
      }
    }
    return this;
  }

  /**
   * The image file was removed while no daemon ran. As when one runs, the mount stays while it is
   * in use.
   */
  private void adoptGone(ImageFile image) {
    Child child = child(image);
    child.actor.tell(new MountActor.Recheck());
    compare(image.name(), child);
  }

  private Behavior<Command> onSuspects(Suspects suspects) {
    for (String name : suspects.names()) {
      actorOf(name).ifPresent(actor -> actor.tell(new MountActor.Recheck()));
    }
    return this;
  }

  // ---- MountActors

  /** The actor of an image that is known or in use; empty for any other name. */
  private Optional<ActorRef<MountActor.Command>> actorOf(String name) {
    Child known = children.get(name);
    return known != null
        ? Optional.of(known.actor)
        : catalog.flatMap(newest -> newest.get(name)).map(image -> child(image).actor);
  }

  private Child child(ImageFile image) {
    Child known = children.get(image.name());
    return known != null ? known : spawn(image);
  }

  private Child spawn(ImageFile image) {
    Mounter.Request request = request(image);
    // The number keeps the name unique while a predecessor is still ending.
    String actorName =
        "mount-" + spawned++ + "-" + URLEncoder.encode(image.name(), StandardCharsets.UTF_8);
    ActorRef<MountActor.Command> actor =
        getContext().spawn(MountActor.create(env.mounts(), request), actorName);
    getContext().watch(actor);
    Child child = new Child(actor, request, now());
    children.put(image.name(), child);
    Hold hold = followed.get(image.name());
    if (hold != null) {
      // Also after an internal error ended the actor before it.
      actor.tell(new MountActor.KeepUnmounted(hold));
    }
    return child;
  }

  /** Sends a MountActor what the newest scan found for its name, if that has changed. */
  private void compare(String name, Child child) {
    Optional<Mounter.Request> newest =
        catalog.flatMap(images -> images.get(name)).map(this::request);
    boolean gone = newest.isEmpty();
    if (gone != child.gone || (!gone && !newest.get().equals(child.request))) {
      child.gone = gone;
      newest.ifPresent(request -> child.request = request);
      child.actor.tell(new MountActor.Changed(newest));
    }
  }

  private Mounter.Request request(ImageFile image) {
    List<String> nested =
        catalog.stream()
            .flatMap(newest -> newest.descendants(image.name()).stream())
            .map(ImageFile::name)
            .toList();
    return new Mounter.Request(image.name(), image.file(), nested);
  }

  /** The image is gone and unmounted; its actor has removed its row. */
  private Behavior<Command> onChildStopped(Terminated stopped) {
    remove(stopped);
    return this;
  }

  /**
   * An internal error ended a MountActor; Akka has logged it. The next access spawns another one.
   * The row of a call that can no longer report its end must not stay as if that were under way:
   * the warm list waits for it.
   */
  private Behavior<Command> onChildFailed(ChildFailed failed) {
    MountBoard board = status.mounts();
    remove(failed)
        .flatMap(board::get)
        .filter(row -> row.state() == MountState.MOUNTING || row.state() == MountState.STUCK)
        .ifPresent(
            row ->
                board.put(
                    MountStatus.of(row.name(), row.image(), row.target())
                        .accessed(row.lastAccess())
                        .state(
                            MountState.FAILED,
                            Instant.now(),
                            "internal error, see the log; the next access mounts it")
                        .build()));
    return this;
  }

  private Optional<String> remove(Terminated ended) {
    Optional<String> name =
        children.entrySet().stream()
            .filter(child -> child.getValue().actor.path().equals(ended.getRef().path()))
            .map(Map.Entry::getKey)
            .findFirst();
    name.ifPresent(children::remove);
    return name;
  }

  private long now() {
    return env.mounts().nanoTime().getAsLong();
  }
}
