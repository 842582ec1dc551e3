package dev.lazymount.mount;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.Receive;
import akka.actor.typed.javadsl.TimerScheduler;
import dev.lazymount.state.Access;
import dev.lazymount.state.MountState;
import dev.lazymount.state.MountStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * One image in use. Its mailbox is the lock within the process: whatever happens to this image
 * happens here, one after the other, and never two mounts at once.
 *
 * <p>The actor itself never blocks. What blocks (all of {@link Mounter}) runs on the mount
 * dispatcher and comes back as a message.
 */
public final class MountActor extends AbstractBehavior<MountActor.Command> {
  /** What this actor understands. */
  public interface Command {}

  /**
   * A process opened something in this compiler.
   *
   * @param access who and when
   * @param then the images nested inside this one that the access leads to, outermost first; they
   *     are told when this one has come to rest, because what lies inside is mounted after
   */
  public record Accessed(Access access, List<ActorRef<Command>> then) implements Command {}

  /** Look whether an earlier daemon has mounted it; mounts nothing. */
  public record Adopt() implements Command {}

  /**
   * A scan found something else for this name.
   *
   * @param request the new request; empty if there is no image any more
   */
  public record Changed(Optional<Mounter.Request> request) implements Command {}

  private record Done(Mounter.Mounted mounted, double millis) implements Command {}

  private record Failed(Throwable cause) implements Command {}

  private record Looked(Optional<Mounter.Mounted> found) implements Command {}

  private record Checked(Optional<Mounter.Generation> generation) implements Command {}

  private enum Timer implements Command {
    TIMEOUT,
    LOOK_AGAIN
  }

  /** How soon to look again at a name that another process holds the lock of. */
  private static final Duration LOCKED_PAUSE = Duration.ofMillis(50);

  /** How old the knowledge that it is mounted may become before an access has it checked. */
  private static final Duration VERIFY = Duration.ofSeconds(5);

  private final MountEnv env;
  private final TimerScheduler<Command> timers;
  private final Backoff backoff;
  private final List<Accessed> waiting = new ArrayList<>();

  private Mounter.Request request;
  private boolean gone;
  private MountStatus line;
  private MountStatus beforeStuck;
  private boolean busy;
  private long verifiedAt;
  private long retryAt;
  private Optional<Mounter.Generation> badGeneration = Optional.empty();
  private Access trigger;

  /**
   * The actor of one image.
   *
   * @param env what all of them share
   * @param request which image, and where
   */
  public static Behavior<Command> create(MountEnv env, Mounter.Request request) {
    return Behaviors.setup(
        context -> Behaviors.withTimers(timers -> new MountActor(context, env, request, timers)));
  }

  private MountActor(
      ActorContext<Command> context,
      MountEnv env,
      Mounter.Request request,
      TimerScheduler<Command> timers) {
    super(context);
    this.env = env;
    this.request = request;
    this.timers = timers;
    this.backoff = new Backoff(env.retry(), env.retryMax());
    show(
        new MountStatus(
            request.name(),
            env.images() + "/" + request.file(),
            env.root() + "/" + request.name(),
            MountState.UNMOUNTED,
            Instant.now(),
            null,
            null,
            null,
            null));
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(Accessed.class, this::onAccessed)
        .onMessage(Adopt.class, adopt -> onAdopt())
        .onMessage(Changed.class, this::onChanged)
        .onMessage(Done.class, this::onDone)
        .onMessage(Failed.class, this::onFailed)
        .onMessage(Looked.class, this::onLooked)
        .onMessage(Checked.class, this::onChecked)
        .onMessageEquals(Timer.TIMEOUT, this::onTimeout)
        .onMessageEquals(Timer.LOOK_AGAIN, this::onLookAgain)
        .build();
  }

  private Behavior<Command> onAccessed(Accessed accessed) {
    show(line.accessed(Instant.now()));
    if (!busy) {
      trigger = accessed.access();
    }
    if (busy) {
      waitFor(accessed);
    } else if (line.state() == MountState.MOUNTED && !due(verifiedAt)) {
      pass(accessed);
    } else if (line.state() == MountState.FAILED && !due(retryAt)) {
      pass(accessed);
    } else if (line.state() == MountState.QUARANTINED) {
      if (due(retryAt)) {
        waitFor(accessed);
        checkWhetherChanged();
      } else {
        pass(accessed);
      }
    } else {
      waitFor(accessed);
      mount();
    }
    return this;
  }

  private Behavior<Command> onAdopt() {
    if (!busy && line.state() == MountState.UNMOUNTED) {
      Mounter.Request wanted = request;
      timers.startSingleTimer(Timer.TIMEOUT, env.timeout());
      work(() -> new Looked(env.mounter().look(wanted)));
    }
    return this;
  }

  private Behavior<Command> onChanged(Changed changed) {
    gone = changed.request().isEmpty();
    changed.request().ifPresent(now -> request = now);
    verifiedAt = now();
    return stopIfGone();
  }

  /** An image that is gone is forgotten; a mount of it stays, as the kernel still has the file. */
  private Behavior<Command> stopIfGone() {
    if (gone && !busy && line.state() != MountState.MOUNTED) {
      env.status().mounts().remove(request.name());
      return Behaviors.stopped();
    }
    return this;
  }

  private Behavior<Command> onDone(Done done) {
    rest();
    backoff.reset();
    verifiedAt = now() + VERIFY.toNanos();
    boolean known = done.mounted().adopted() && done.mounted().device().equals(line.device());
    if (!known) {
      count(done.mounted());
      Double millis = done.mounted().adopted() ? null : done.millis();
      show(line.mounted(Instant.now(), done.mounted().device(), millis));
      logMounted(done);
    }
    return passAll();
  }

  private Behavior<Command> onLooked(Looked looked) {
    rest();
    if (looked.found().isPresent()) {
      return onDone(new Done(looked.found().get(), 0));
    }
    unstick();
    return workOrRest();
  }

  private Behavior<Command> onChecked(Checked checked) {
    rest();
    if (checked.generation().equals(badGeneration)) {
      unstick();
      retryAt = now() + VERIFY.toNanos();
      return passAll();
    }
    mount();
    return this;
  }

  private Behavior<Command> onFailed(Failed failed) {
    MountFailure failure =
        failed.cause() instanceof MountFailure known
            ? known
            // Not a failure that was thought of: a fault of ours. It must not take the actor down.
            : new MountFailure(MountFailure.Kind.OTHER, "internal error: " + failed.cause());
    if (failure.kind() == MountFailure.Kind.LOCKED) {
      // Not at rest: whoever holds the lock is mounting this very image.
      timers.startSingleTimer(Timer.LOOK_AGAIN, LOCKED_PAUSE);
      return this;
    }
    rest();
    env.status().counters().failures.increment();
    if (failure.kind() == MountFailure.Kind.BAD_IMAGE) {
      quarantine(failure);
    } else {
      backOff(failure);
    }
    return passAll();
  }

  private void quarantine(MountFailure failure) {
    badGeneration = failure.generation();
    retryAt = now() + VERIFY.toNanos();
    String reason = failure.getMessage() + "; it is tried again when the file has changed";
    env.log().warn("{}: quarantined: {}", request.name(), reason);
    show(line.unmounted(MountState.QUARANTINED, Instant.now(), reason));
  }

  private void backOff(MountFailure failure) {
    Duration pause = backoff.next();
    retryAt = now() + pause.toNanos();
    String reason =
        failure.getMessage()
            + "; the first access in "
            + String.format("%.1f", pause.toMillis() / 1000.0)
            + " s or later tries again";
    env.log().warn("{}: not mounted: {}", request.name(), reason);
    show(line.unmounted(MountState.FAILED, Instant.now(), reason));
  }

  private Behavior<Command> onTimeout() {
    if (busy) {
      String reason =
          "no answer from the storage for "
              + env.timeout().toSeconds()
              + " s; it is waited for, and the original is read meanwhile";
      env.log().warn("{}: stuck: {}", request.name(), reason);
      beforeStuck = line;
      show(line.unmounted(MountState.STUCK, Instant.now(), reason));
      waiting.clear();
    }
    return this;
  }

  /** The answer came after all and says nothing new. */
  private void unstick() {
    if (line.state() == MountState.STUCK) {
      show(beforeStuck.accessed(line.lastAccess()));
    }
  }

  private Behavior<Command> onLookAgain() {
    mountNow();
    return this;
  }

  private void mount() {
    if (line.state() != MountState.MOUNTED) {
      show(
          line.of(env.images() + "/" + request.file())
              .unmounted(MountState.MOUNTING, Instant.now(), null));
    }
    timers.startSingleTimer(Timer.TIMEOUT, env.timeout());
    mountNow();
  }

  private void mountNow() {
    Mounter.Request wanted = request;
    work(
        () -> {
          long start = now();
          Mounter.Mounted mounted = env.mounter().mount(wanted);
          return new Done(mounted, (now() - start) / 1e6);
        });
  }

  private void checkWhetherChanged() {
    timers.startSingleTimer(Timer.TIMEOUT, env.timeout());
    Mounter.Request wanted = request;
    work(() -> new Checked(env.mounter().generation(wanted)));
  }

  /** Runs on the mount dispatcher; the answer, or why there is none, comes back as a message. */
  private void work(Work work) {
    busy = true;
    CompletableFuture<Command> answer =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return work.run();
              } catch (MountFailure | RuntimeException | LinkageError e) {
                return new Failed(e);
              }
            },
            env.executor());
    getContext().pipeToSelf(answer, (done, thrown) -> thrown == null ? done : new Failed(thrown));
  }

  private interface Work {
    Command run() throws MountFailure;
  }

  private void rest() {
    busy = false;
    timers.cancel(Timer.TIMEOUT);
  }

  private Behavior<Command> workOrRest() {
    if (waiting.isEmpty()) {
      return stopIfGone();
    }
    trigger = waiting.get(0).access();
    mount();
    return this;
  }

  /** An access waits for its nested images' sake; one for each way inside is enough. */
  private void waitFor(Accessed accessed) {
    boolean known = waiting.stream().anyMatch(w -> w.then().equals(accessed.then()));
    if (!known) {
      waiting.add(accessed);
    }
  }

  private Behavior<Command> passAll() {
    waiting.forEach(MountActor::pass);
    waiting.clear();
    return stopIfGone();
  }

  private static void pass(Accessed accessed) {
    List<ActorRef<Command>> then = accessed.then();
    if (!then.isEmpty()) {
      then.get(0).tell(new Accessed(accessed.access(), then.subList(1, then.size())));
    }
  }

  private void count(Mounter.Mounted mounted) {
    (mounted.adopted() ? env.status().counters().adopted : env.status().counters().mounts)
        .increment();
  }

  private void logMounted(Done done) {
    if (done.mounted().adopted()) {
      env.log().debug("{}: was mounted already, from {}", request.name(), done.mounted().device());
    } else {
      env.log()
          .info(
              "{}: mounted from {} in {} ms, {} ms after it was used by {}",
              request.name(),
              done.mounted().device(),
              String.format("%.1f", done.millis()),
              String.format("%.1f", (now() - trigger.seenNanos()) / 1e6),
              trigger.by());
    }
  }

  private long now() {
    return env.nanoTime().getAsLong();
  }

  private void show(MountStatus now) {
    line = now;
    env.status().mounts().put(now);
  }

  private boolean due(long nanos) {
    return now() - nanos >= 0;
  }
}
