package dev.lazymount.mount;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.Receive;
import akka.actor.typed.javadsl.TimerScheduler;
import dev.lazymount.status.Access;
import dev.lazymount.status.MountState;
import java.util.function.Predicate;

/**
 * One image in use. Its mailbox is the lock within the process: whatever happens to this image
 * happens here, one after the other, and never two mounts at once.
 *
 * <p>The actor itself never blocks. What blocks (all of {@link Mounter}) runs on the mount
 * dispatcher and comes back as a message. What is told of the image is {@link ImageStatus}'s.
 */
public final class MountActor extends AbstractBehavior<MountMessage> {
  private enum Storage implements MountMessage {
    ANSWERS
  }

  private final MountEnv env;
  private final RetryPolicy retry;
  private final ImageStatus line;
  private final MountCalls calls;
  private final IdleExpiry unmounting;
  private final Waiters waiting;

  private Mounter.Request request;
  private Access trigger;

  /**
   * The actor of one image.
   *
   * @param env what all of them share
   * @param request which image, and where
   */
  public static Behavior<MountMessage> create(MountEnv env, Mounter.Request request) {
    return Behaviors.setup(
        context -> Behaviors.withTimers(timers -> new MountActor(context, env, request, timers)));
  }

  private MountActor(
      ActorContext<MountMessage> context,
      MountEnv env,
      Mounter.Request request,
      TimerScheduler<MountMessage> timers) {
    super(context);
    this.env = env;
    this.request = request;
    this.waiting = new Waiters();
    this.retry = new RetryPolicy(env);
    this.line = new ImageStatus(env, request);
    this.calls = new MountCalls(context, timers, env);
    this.unmounting = new IdleExpiry(env, timers, calls, line);
  }

  @Override
  public Receive<MountMessage> createReceive() {
    return newReceiveBuilder()
        .onMessage(MountMessage.Accessed.class, this::onAccessed)
        .onMessage(MountMessage.Adopt.class, adopt -> lookIf(MountState::isOut))
        .onMessage(MountMessage.Verify.class, verify -> lookIf(MountState.MOUNTED::equals))
        .onMessage(MountMessage.Retimed.class, retimed -> onRetimed())
        .onMessage(MountMessage.MountNow.class, this::onMountNow)
        .onMessage(MountMessage.Unmount.class, this::onUnmount)
        .onMessage(MountMessage.Changed.class, this::onChanged)
        .onMessage(MountCalls.Done.class, this::onDone)
        .onMessage(MountCalls.Failed.class, this::onFailed)
        .onMessage(MountCalls.Looked.class, this::onLooked)
        .onMessage(MountCalls.Checked.class, this::onChecked)
        .onMessage(MountCalls.Expired.class, this::onExpired)
        .onMessageEquals(MountCalls.Late.LATE, this::onLate)
        .onMessageEquals(MountCalls.Again.AGAIN, this::onLookAgain)
        .onMessageEquals(IdleExpiry.Timer.EXPIRE, this::onExpire)
        .onMessageEquals(Storage.ANSWERS, this::onStorageAnswers)
        .build();
  }

  private Behavior<MountMessage> onAccessed(MountMessage.Accessed accessed) {
    if (accessed.access().isUse()) {
      line.accessed();
    }
    if (calls.isBusy()) {
      waiting.add(accessed);
      return this;
    }
    trigger = accessed.access();
    if (!retry.isDue(line.state())) {
      Waiters.pass(accessed);
    } else if (env.circuit().isOpen()) {
      awaitStorage(accessed);
    } else {
      waiting.add(accessed);
      work();
    }
    return this;
  }

  /** What is mounted stays so; anything else is tried when the circuit closes. */
  private void awaitStorage(MountMessage.Accessed accessed) {
    if (line.state() == MountState.MOUNTED) {
      Waiters.pass(accessed);
      return;
    }
    if (line.state() != MountState.QUARANTINED) {
      line.unmounted(ImageStatus.NO_STORAGE);
    }
    boolean first = waiting.isEmpty();
    waiting.add(accessed);
    if (first) {
      ActorRef<MountMessage> self = getContext().getSelf();
      env.circuit().whenClosed(() -> self.tell(Storage.ANSWERS));
    }
  }

  private Behavior<MountMessage> onStorageAnswers() {
    if (calls.isBusy()) {
      return this;
    }
    if (env.status().observes()) {
      waiting.giveUp(MountResult.observes(request.name()));
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

  private Behavior<MountMessage> onRetimed() {
    unmounting.schedule();
    return this;
  }

  private Behavior<MountMessage> lookIf(Predicate<MountState> expected) {
    MountState state = line.state();
    // What is mounted is looked at whenever it is suspect; after a failure, not more often than an
    // access would try.
    boolean due = state == MountState.MOUNTED || retry.isDue(state);
    if (!calls.isBusy() && expected.test(state) && due && !env.circuit().isOpen()) {
      calls.look(request);
    }
    return this;
  }

  private Behavior<MountMessage> onExpire() {
    unmounting.expire(request);
    return this;
  }

  private Behavior<MountMessage> onMountNow(MountMessage.MountNow now) {
    if (!calls.isBusy() && env.circuit().isOpen()) {
      // Accesses that wait for the storage go on waiting.
      now.answerTo().tell(MountResult.failed(request.name(), ImageStatus.NO_STORAGE));
      return this;
    }
    waiting.add(now.answerTo());
    if (!calls.isBusy()) {
      trigger = null;
      mount();
    }
    return this;
  }

  private Behavior<MountMessage> onUnmount(MountMessage.Unmount asked) {
    unmounting.ask(request, asked);
    return this;
  }

  private Behavior<MountMessage> onExpired(MountCalls.Expired expired) {
    calls.over();
    unmounting.over(expired, request.name());
    return workOrRest();
  }

  private Behavior<MountMessage> onChanged(MountMessage.Changed changed) {
    changed.request().ifPresent(now -> request = now);
    retry.now();
    line.renamed(request);
    unmounting.gone(changed.request().isEmpty());
    return stopIfGone();
  }

  /** An image that is gone is forgotten; a mount of it stays while it is in use. */
  private Behavior<MountMessage> stopIfGone() {
    if (unmounting.isGone() && !calls.isBusy() && line.state() != MountState.MOUNTED) {
      line.forget();
      return Behaviors.stopped();
    }
    return this;
  }

  private Behavior<MountMessage> onDone(MountCalls.Done done) {
    calls.over();
    retry.mounted();
    line.mounted(done.request(), done.mounted(), done.millis(), trigger);
    line.renamed(request);
    unmounting.schedule();
    return settle(MountResult.mounted(request.name(), done.mounted()));
  }

  private Behavior<MountMessage> onLooked(MountCalls.Looked looked) {
    calls.over();
    if (looked.found().isEmpty()) {
      line.unstick();
      if (line.state() == MountState.MOUNTED) {
        line.unmounted(ImageStatus.BY_SOMEBODY);
      }
      return workOrRest();
    }
    if (looked.found().get().outdated() != null && !env.status().observes()) {
      // The image was replaced: mounting it puts the new one in the old one's place.
      line.unstick();
      trigger = null;
      mount();
      return this;
    }
    return onDone(new MountCalls.Done(looked.request(), looked.found().get(), 0));
  }

  private Behavior<MountMessage> onChecked(MountCalls.Checked checked) {
    calls.over();
    if (retry.isStillBad(checked.generation())) {
      line.unstick();
      return settle(MountResult.failed(request.name(), line.reason()));
    }
    mount();
    return this;
  }

  private Behavior<MountMessage> onFailed(MountCalls.Failed failed) {
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
    return settle(MountResult.failed(request.name(), failure.getMessage()));
  }

  private Behavior<MountMessage> onLate() {
    if (calls.isBusy()) {
      line.stuck(calls.late());
      waiting.giveUp(MountResult.failed(request.name(), line.reason()));
    }
    return this;
  }

  private Behavior<MountMessage> onLookAgain() {
    calls.mountAgain(request);
    return this;
  }

  private void mount() {
    line.mounting(request);
    calls.mount(request);
  }

  private Behavior<MountMessage> workOrRest() {
    if (waiting.isEmpty()) {
      return stopIfGone();
    }
    trigger = waiting.trigger();
    work();
    return this;
  }

  private Behavior<MountMessage> settle(MountResult answer) {
    waiting.settle(answer);
    return stopIfGone();
  }
}
