package dev.lazymount.route;

import akka.actor.typed.ActorRef;
import akka.actor.typed.javadsl.ActorContext;
import dev.lazymount.catalog.Catalog;
import dev.lazymount.catalog.ImageFile;
import dev.lazymount.mount.MountActor;
import dev.lazymount.mount.MountEnv;
import dev.lazymount.mount.Mounter;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;

/**
 * The MountActors of the images in use, one for each. An image's is spawned when it is asked for,
 * and told when a scan finds something else for its name. Used by the Router alone.
 */
final class MountActors {
  /** An image in use. */
  private static final class Child {
    private final ActorRef<MountActor.Command> actor;
    private Mounter.Request request;
    private long toldAt;
    private boolean gone;

    private Child(ActorRef<MountActor.Command> actor, Mounter.Request request, long toldAt) {
      this.actor = actor;
      this.request = request;
      this.toldAt = toldAt;
    }
  }

  /** A compiler in use is opened thousands of times a second; its actor need not hear of each. */
  private static final long TELL_AGAIN_NANOS = Duration.ofMillis(100).toNanos();

  private final ActorContext<Router.Command> context;
  private final MountEnv env;
  private final BiFunction<String, ActorRef<MountActor.Command>, Router.Command> gone;
  private final Map<String, Child> children = new HashMap<>();
  private Catalog catalog = Catalog.empty();
  private long spawned;

  /**
   * None yet.
   *
   * @param context the Router's
   * @param env what they share
   * @param gone makes the message that tells the Router of the end of one, for {@link #remove}
   */
  MountActors(
      ActorContext<Router.Command> context,
      MountEnv env,
      BiFunction<String, ActorRef<MountActor.Command>, Router.Command> gone) {
    this.context = context;
    this.env = env;
    this.gone = gone;
  }

  boolean has(String name) {
    return children.containsKey(name);
  }

  Optional<ActorRef<MountActor.Command>> get(String name) {
    return Optional.ofNullable(children.get(name)).map(child -> child.actor);
  }

  /** That of an image, which is in use from now on. */
  ActorRef<MountActor.Command> of(ImageFile image) {
    return child(image).actor;
  }

  /** Whether an access is to be told to an image: not if one was told a moment ago. */
  boolean mayTell(ImageFile image) {
    Child child = child(image);
    long now = now();
    if (now - child.toldAt < TELL_AGAIN_NANOS) {
      return false;
    }
    child.toldAt = now;
    return true;
  }

  /** There is a new catalog: those whose image has changed are told. */
  void now(Catalog newest) {
    catalog = newest;
    children.forEach(this::tellWhatChanged);
  }

  /** Its image vanished while no daemon ran; as when one runs, it stays while it is in use. */
  void adoptGone(ImageFile image) {
    Child child = child(image);
    child.actor.tell(new MountActor.Recheck());
    tellWhatChanged(image.name(), child);
  }

  void tellAll(MountActor.Command message) {
    children.values().forEach(child -> child.actor.tell(message));
  }

  /**
   * One has ended. If it failed, its row is still there, and shows a state that nothing updates.
   */
  void remove(String name, ActorRef<MountActor.Command> actor) {
    Child child = children.get(name);
    if (child != null && child.actor.equals(actor)) {
      children.remove(name);
      env.status().mounts().remove(name);
    }
  }

  private Child child(ImageFile image) {
    Child known = children.get(image.name());
    return known != null ? known : spawn(image);
  }

  private Child spawn(ImageFile image) {
    Mounter.Request request = request(image);
    // A child that crashed may have its end not told yet, and its name is taken until then; so
    // names of actors count.
    String actorName =
        "mount-" + spawned++ + "-" + URLEncoder.encode(image.name(), StandardCharsets.UTF_8);
    ActorRef<MountActor.Command> actor = context.spawn(MountActor.create(env, request), actorName);
    context.watchWith(actor, gone.apply(image.name(), actor));
    Child child = new Child(actor, request, now() - TELL_AGAIN_NANOS);
    children.put(image.name(), child);
    return child;
  }

  private void tellWhatChanged(String name, Child child) {
    Optional<Mounter.Request> now = catalog.get(name).map(this::request);
    boolean isGone = now.isEmpty();
    if (isGone != child.gone || (!isGone && !now.get().equals(child.request))) {
      child.gone = isGone;
      now.ifPresent(request -> child.request = request);
      child.actor.tell(new MountActor.Changed(now));
    }
  }

  private Mounter.Request request(ImageFile image) {
    List<String> inner = catalog.descendants(image.name()).stream().map(ImageFile::name).toList();
    return new Mounter.Request(image.name(), image.file(), inner);
  }

  private long now() {
    return env.nanoTime().getAsLong();
  }
}
