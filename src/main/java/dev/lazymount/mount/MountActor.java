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
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * One image in use. Its mailbox is the lock within the process: whatever happens to this image
 * happens here, one after the other, and never two mounts at once.
 *
 * <p>The actor itself never blocks. What blocks (all of {@link Mounter}) runs on the mount
 * dispatcher and comes back as a message. What is told of the image is {@link MountLine}'s.
 */
public final class MountActor extends AbstractBehavior<MountActor.Command> {
  /** What this actor understands. */
  public interface Command {}

  /**
   * A process opened something in this compiler, or the warm list expects it.
   *
   * @param access who and when
   * @param then the images nested inside this one that the access leads to, outermost first; they
   *     are told when this one has come to rest, because what lies inside is mounted after
   */
  public record Accessed(Access access, List<ActorRef<Command>> then) implements Command {}

  /**
   * Look whether an image that is said to be not mounted is: an earlier daemon, or somebody else,
   * may have mounted it, or what lay over it is gone. Mounts nothing.
   */
  public record Adopt() implements Command {}

  /**
   * Look whether what is known is still so: by whom it was unmounted, or whether its image is new.
   */
  public record Verify() implements Command {}

  /** The times of {@link MountEnv} are others now. */
  public record Retimed() implements Command {}

  /** Mount it now, whatever its back-off says; {@code answerTo} is told what came of it. */
  public record MountNow(ActorRef<Settled> answerTo) implements Command {}

  /**
   * Unmount it now, unless it is in use.
   *
   * @param manner when it stays
   * @param why for the log and the status
   * @param answerTo is told what came of it
   */
  public record Unmount(Manner manner, String why, ActorRef<Settled> answerTo) implements Command {}

  /**
   * A scan found something else for this name.
   *
   * @param request the new request; empty if there is no image any more
   */
  public record Changed(Optional<Mounter.Request> request) implements Command {}

  private enum Storage implements Command {
    ANSWERS
  }

  /** States in which it may be mounted all the same. */
  private static final Set<MountState> MAYBE_MOUNTED =
      EnumSet.of(MountState.UNMOUNTED, MountState.FAILED, MountState.QUARANTINED);

  private final MountEnv env;
  private final Retry retry;
  private final MountLine line;
  private final MountCalls calls;
  private final Unmounting unmounting;
  private final Waiting waiting;

  private Mounter.Request request;
  private Access trigger;

  /**
   * The actor of one image.
   *
   * @param env what all of them share
   * @param request which image, and where
   * @param observer is told of each mount that was made or found, and of each failure
   */
  public static Behavior<Command> create(
      MountEnv env, Mounter.Request request, Optional<ActorRef<Settled>> observer) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers -> new MountActor(context, env, request, observer, timers)));
  }

  /** One that nobody observes. */
  public static Behavior<Command> create(MountEnv env, Mounter.Request request) {
    return create(env, request, Optional.empty());
  }

  private MountActor(
      ActorContext<Command> context,
      MountEnv env,
      Mounter.Request request,
      Optional<ActorRef<Settled>> observer,
      TimerScheduler<Command> timers) {
    super(context);
    this.env = env;
    this.request = request;
    this.waiting = new Waiting(observer);
    this.retry = new Retry(env);
    this.line = new MountLine(env, request);
    this.calls = new MountCalls(context, timers, env);
    this.unmounting = new Unmounting(env, timers, calls, line);
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(Accessed.class, this::onAccessed)
        .onMessage(Adopt.class, adopt -> lookIf(MAYBE_MOUNTED))
        .onMessage(Verify.class, verify -> lookIf(EnumSet.of(MountState.MOUNTED)))
        .onMessage(Retimed.class, retimed -> onRetimed())
        .onMessage(MountNow.class, this::onMountNow)
        .onMessage(Unmount.class, this::onUnmount)
        .onMessage(Changed.class, this::onChanged)
        .onMessage(MountCalls.Done.class, this::onDone)
        .onMessage(MountCalls.Failed.class, this::onFailed)
        .onMessage(MountCalls.Looked.class, this::onLooked)
        .onMessage(MountCalls.Checked.class, this::onChecked)
        .onMessage(MountCalls.Expired.class, this::onExpired)
        .onMessageEquals(MountCalls.Late.LATE, this::onLate)
        .onMessageEquals(MountCalls.Again.AGAIN, this::onLookAgain)
        .onMessageEquals(Unmounting.Timer.EXPIRE, this::onExpire)
        .onMessageEquals(Storage.ANSWERS, this::onStorageAnswers)
        .build();
  }

  private Behavior<Command> onAccessed(Accessed accessed) {
    if (accessed.access().isUse()) {
      line.accessed();
    }
    if (calls.isBusy()) {
      waiting.add(accessed);
      return this;
    }
    trigger = accessed.access();
    if (!retry.isDue(line.state())) {
      Waiting.pass(accessed);
    } else if (env.circuit().isOpen()) {
      awaitStorage(accessed);
    } else {
      waiting.add(accessed);
      work();
    }
    return this;
  }

  /** What is mounted stays so; anything else is tried when the circuit closes. */
  private void awaitStorage(Accessed accessed) {
    if (line.state() == MountState.MOUNTED) {
      Waiting.pass(accessed);
      return;
    }
    if (line.state() != MountState.QUARANTINED) {
      line.unmounted(MountLine.NO_STORAGE);
    }
    boolean first = waiting.isEmpty();
    waiting.add(accessed);
    if (first) {
      ActorRef<Command> self = getContext().getSelf();
      env.circuit().whenClosed(() -> self.tell(Storage.ANSWERS));
    }
  }

  private Behavior<Command> onStorageAnswers() {
    if (calls.isBusy()) {
      return this;
    }
    if (env.status().observes()) {
      waiting.giveUp(Settled.observes(request.name()));
    }
    return workOrRest();
  }

  private void work() {
    if (line.state() == MountState.QUARANTINED) {
      calls.check(request);
    } else {
      mount();
    }
  }

  private Behavior<Command> onRetimed() {
    unmounting.schedule();
    return this;
  }

  private Behavior<Command> lookIf(Set<MountState> expected) {
    MountState state = line.state();
    // What is mounted is looked at whenever it is suspect; after a failure, not more often than an
    // access would try.
    boolean due = state == MountState.MOUNTED || retry.isDue(state);
    if (!calls.isBusy() && expected.contains(state) && due && !env.circuit().isOpen()) {
      calls.look(request);
    }
    return this;
  }

  private Behavior<Command> onExpire() {
    unmounting.expire(request);
    return this;
  }

  private Behavior<Command> onMountNow(MountNow now) {
    if (!calls.isBusy() && env.circuit().isOpen()) {
      // Accesses that wait for the storage go on waiting.
      now.answerTo().tell(Settled.failed(request.name(), MountLine.NO_STORAGE));
      return this;
    }
    waiting.add(now.answerTo());
    if (!calls.isBusy()) {
      trigger = null;
      mount();
    }
    return this;
  }

  private Behavior<Command> onUnmount(Unmount asked) {
    unmounting.ask(request, asked);
    return this;
  }

  private Behavior<Command> onExpired(MountCalls.Expired expired) {
    calls.over();
    unmounting.over(expired, request.name());
    return workOrRest();
  }

  private Behavior<Command> onChanged(Changed changed) {
    changed.request().ifPresent(now -> request = now);
    retry.now();
    line.renamed(request);
    unmounting.gone(changed.request().isEmpty());
    return stopIfGone();
  }

  /** An image that is gone is forgotten; a mount of it stays while it is in use. */
  private Behavior<Command> stopIfGone() {
    if (unmounting.isGone() && !calls.isBusy() && line.state() != MountState.MOUNTED) {
      line.forget();
      return Behaviors.stopped();
    }
    return this;
  }

  private Behavior<Command> onDone(MountCalls.Done done) {
    calls.over();
    retry.mounted();
    line.mounted(done.request(), done.mounted(), done.millis(), trigger);
    line.renamed(request);
    unmounting.schedule();
    return settle(Settled.mounted(request.name(), done.mounted()));
  }

  private Behavior<Command> onLooked(MountCalls.Looked looked) {
    calls.over();
    if (looked.found().isEmpty()) {
      line.unstick();
      if (line.state() == MountState.MOUNTED) {
        line.unmounted(MountLine.BY_SOMEBODY);
      }
      return workOrRest();
    }
    if (looked.found().get().outdated() != null && !env.status().observes()) {
      // The image was replaced: mounting it puts the new one in the old one's place.
      trigger = null;
      mount();
      return this;
    }
    return onDone(new MountCalls.Done(looked.request(), looked.found().get(), 0));
  }

  private Behavior<Command> onChecked(MountCalls.Checked checked) {
    calls.over();
    if (retry.isStillBad(checked.generation())) {
      line.unstick();
      return settle(Settled.failed(request.name(), line.reason()));
    }
    mount();
    return this;
  }

  private Behavior<Command> onFailed(MountCalls.Failed failed) {
    MountFailure failure = MountFailure.of(failed.cause());
    if (failure.kind() == MountFailure.Kind.LOCKED) {
      // Not at rest: whoever holds the lock is mounting this very image.
      calls.mountLater();
      return this;
    }
    calls.over();
    line.unstick();
    if (failure.kind() == MountFailure.Kind.UNCLEAR && line.state() == MountState.MOUNTED) {
      retry.failed();
      line.unclear(failure);
      unmounting.goOn();
    } else if (failure.kind() == MountFailure.Kind.BAD_IMAGE) {
      retry.bad(failure.generation());
      line.quarantined(failure);
    } else {
      line.failed(failure, retry.failed());
    }
    return settle(Settled.failed(request.name(), failure.getMessage()));
  }

  private Behavior<Command> onLate() {
    if (calls.isBusy()) {
      MountLine.Stuck why = calls.whyLate();
      line.stuck(why);
      waiting.giveUp(Settled.failed(request.name(), line.reason()));
      if (why != MountLine.Stuck.HANGS) {
        // Once it has its slot, or the lock, it may hang, and the circuit has to know.
        calls.timed();
      }
    }
    return this;
  }

  private Behavior<Command> onLookAgain() {
    calls.mountAgain(request);
    return this;
  }

  private void mount() {
    line.mounting(request);
    calls.mount(request);
  }

  private Behavior<Command> workOrRest() {
    if (waiting.isEmpty()) {
      return stopIfGone();
    }
    trigger = waiting.trigger();
    work();
    return this;
  }

  private Behavior<Command> settle(Settled answer) {
    waiting.settle(answer);
    return stopIfGone();
  }
}
