package dev.lazymount.mount;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.PostStop;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.TimerScheduler;
import dev.lazymount.status.Access;
import dev.lazymount.status.LingeringImage;
import dev.lazymount.status.MountWarning;
import dev.lazymount.status.ProgramName;
import dev.lazymount.text.Humanize;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One image in use. Its mailbox is the lock within the process: operations on this image run one
 * after the other.
 *
 * <p>It has two behaviours. {@link #ready} decides what an access, a request or a timer leads to in
 * the current {@link ImageState}; {@link #calling} waits for the one {@link MounterCall} in
 * progress, whose result decides the next state. The actor itself never blocks.
 */
public final class MountActor {
  /** The messages that a MountActor receives. */
  public sealed interface Command {}

  /**
   * A process opened something in this image, or the warm list expects it to be used.
   *
   * @param access who and when
   * @param then the actors of the images nested inside this one that the access leads to, outermost
   *     first; the first of them receives it after this image's operation has ended, because inner
   *     images are mounted after outer ones
   */
  public record Accessed(Access access, List<ActorRef<Command>> then) implements Command {
    /** This image's operation has ended: the next one inside is due. */
    private void passInside() {
      if (!then.isEmpty()) {
        then.get(0).tell(new Accessed(access, then.subList(1, then.size())));
      }
    }
  }

  /** A process uses the mounted image, in whatever mount namespace. */
  public record Used() implements Command {}

  /** Mount it now, without waiting for the back-off to end. */
  public record MountNow(ActorRef<MountResult> replyTo) implements Command {}

  /**
   * Unmount it now, unless it is in use.
   *
   * @param mode when it stays mounted
   * @param why for the log and the status
   * @param replyTo receives the result
   */
  public record Unmount(UnmountMode mode, String why, ActorRef<MountResult> replyTo)
      implements Command {}

  /**
   * A scan found something else for this name.
   *
   * @param request the new request; empty if there is no image any more
   */
  public record Changed(Optional<Mounter.Request> request) implements Command {}

  /**
   * Check whether what is known is still true: an earlier daemon or mount(8) may have mounted it,
   * it may have been unmounted externally, or its image may have been replaced. Swaps a replaced
   * image, and mounts nothing else. Ignored while an operation is in progress or a back-off runs.
   */
  public record Recheck() implements Command {}

  /**
   * Do not mount it. A mounted image stays; one whose mount is in progress is unmounted after that.
   */
  public record KeepUnmounted(Hold hold) implements Command {}

  /** A hold of this kind has ended; does nothing if there is none. */
  public record EndHold(Hold.Kind kind) implements Command {}

  /** The settings were reloaded; those of {@link MountTimes} may differ. */
  public record SettingsChanged() implements Command {}

  /** Ticks of the actor's own. */
  enum Timer implements Command {
    /** The call in progress has exceeded mount.timeout. */
    CALL_LATE,
    /** The next attempt at a lock that another process holds. */
    LOCK_RETRY,
    /** The image may be idle. */
    IDLE,
    /** The storage responds again. */
    STORAGE_BACK
  }

  /** The call failed. */
  record CallFailed(Throwable cause) implements Command {}

  private record MountEnded(Mounter.Request request, Mounter.Mounted mount, double millis)
      implements Command {}

  /** {@code displaced} is where the mount has gone, if nothing was found. */
  private record RecheckEnded(
      Mounter.Request request,
      Optional<Mounter.Mounted> found,
      Optional<Mounter.Displaced> displaced,
      double millis)
      implements Command {}

  /** {@code covered} is empty where the directory does not matter. */
  private record GenerationRead(
      Optional<Mounter.Generation> generation, Optional<Mounter.Covered> covered)
      implements Command {}

  /**
   * {@code lingering} is what is unmounted and still in use; {@code by} is empty if the idle timer
   * started it.
   */
  private record UnmountEnded(
      Mounter.Expiry result, Optional<LingeringImage> lingering, Optional<Unmount> by)
      implements Command {}

  private record UnmountFailed(String problem, Optional<Unmount> by) implements Command {}

  /** After this time, an access has a mount, or a bad image, checked again. */
  private static final Duration FRESH = Duration.ofSeconds(5);

  /** An unused mount whose image file is gone is unmounted after this time. */
  private static final Duration GONE_IDLE = Duration.ofSeconds(10);

  /** What an image is mounted for without an access. */
  private static final String REQUESTED = "lazymount mount";

  /** What the newer file of an image is mounted for, which takes the place of an older one. */
  private static final String REPLACED = "image replaced";

  private static final String THEN_REPLACED = ", then replaced";

  private final ActorContext<Command> context;
  private final TimerScheduler<Command> timers;
  private final MountEnv env;
  private final Behavior<Command> ready;
  private final Behavior<Command> calling;
  private final MounterCall call;
  private final ImageStatus status;
  private final Waiters waiters = new Waiters();
  private final Backoff backoff;

  private Mounter.Request request;
  private ImageState state = ImageState.Unmounted.because(null);
  private Optional<ImageState.Late> late = Optional.empty();

  /** Why nothing is to be mounted now; the first one is shown. */
  private final Map<Hold.Kind, Hold> holds = new EnumMap<>(Hold.Kind.class);

  /** The access that the call in progress is for; null if it is for none. */
  private Access trigger;

  /** System.nanoTime() before which an access does nothing. */
  private long notBefore;

  /** Whether the image file is gone. */
  private boolean gone;

  /** Whether the kernel has marked the mount (MNT_EXPIRE) and it was not used since. */
  private boolean marked;

  /** The idle time that the idle timer was started with, and when. */
  private Optional<Duration> idleAfter = Optional.empty();

  private long idleSince;

  /** What the trace could report when the idle timer was started. */
  private UseReports reports;

  /**
   * The actor of one image.
   *
   * @param env what all of them share
   * @param request which image, and where
   */
  public static Behavior<Command> create(MountEnv env, Mounter.Request request) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(timers -> new MountActor(context, timers, env, request).start()));
  }

  private MountActor(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      MountEnv env,
      Mounter.Request request) {
    this.context = context;
    this.timers = timers;
    this.env = env;
    this.request = request;
    this.call = new MounterCall(context, timers, env);
    this.status = new ImageStatus(env, request.name());
    this.backoff = new Backoff(env::retry, env::retryMax);
    this.notBefore = now();
    this.ready = ready();
    this.calling = calling();
  }

  private Behavior<Command> start() {
    show();
    return ready;
  }

  // ---- No call in progress.

  private Behavior<Command> ready() {
    return Behaviors.receive(Command.class)
        .onMessage(Accessed.class, this::onAccessed)
        .onMessage(Used.class, used -> onUsed())
        .onMessage(MountNow.class, this::onMountNow)
        .onMessage(Unmount.class, this::onUnmount)
        .onMessage(Recheck.class, recheck -> onRecheck())
        .onMessage(Changed.class, this::onChanged)
        .onMessage(KeepUnmounted.class, this::onKeepUnmounted)
        .onMessage(EndHold.class, this::onEndHold)
        .onMessage(SettingsChanged.class, changed -> onSettingsChanged())
        .onMessageEquals(Timer.IDLE, this::onIdle)
        .onMessageEquals(Timer.STORAGE_BACK, this::onStorageBack)
        .onSignal(PostStop.class, stop -> onPostStop())
        .build();
  }

  private Behavior<Command> onAccessed(Accessed accessed) {
    noteAccess(accessed.access());
    if (!isDue()) {
      accessed.passInside();
      return ready;
    }
    if (env.circuit().isOpen()) {
      return awaitStorage(accessed);
    }
    waiters.add(accessed);
    return mountFor(accessed.access());
  }

  /** Whether an access is a reason to do something. */
  private boolean isDue() {
    return !isHeld() && (state instanceof ImageState.Unmounted || now() - notBefore >= 0);
  }

  /** A mounted image stays as it is; any other is mounted when the storage responds. */
  private Behavior<Command> awaitStorage(Accessed accessed) {
    if (state instanceof ImageState.Mounted) {
      accessed.passInside();
      return ready;
    }
    if (!(state instanceof ImageState.Quarantined)) {
      become(ImageState.Unmounted.because(ImageState.NO_STORAGE));
    }
    boolean first = waiters.isEmpty();
    waiters.add(accessed);
    if (first) {
      ActorRef<Command> self = context.getSelf();
      env.circuit().whenClosed(() -> self.tell(Timer.STORAGE_BACK));
    }
    return ready;
  }

  private Behavior<Command> onStorageBack() {
    if (env.status().observes()) {
      waiters.giveUp(MountResult.observes(request.name()));
    }
    return continueOrRest();
  }

  private Behavior<Command> onMountNow(MountNow asked) {
    if (isHeld()) {
      asked.replyTo().tell(heldResult());
      return ready;
    }
    if (env.circuit().isOpen()) {
      // Accesses that wait for the storage go on waiting.
      asked.replyTo().tell(MountResult.failed(request.name(), ImageState.NO_STORAGE));
      return ready;
    }
    waiters.add(asked);
    trigger = null;
    return mount();
  }

  private Behavior<Command> onUnmount(Unmount asked) {
    if (env.circuit().isOpen()) {
      asked.replyTo().tell(MountResult.failed(request.name(), ImageState.NO_STORAGE));
      return ready;
    }
    return unmount(asked.mode(), Optional.of(asked));
  }

  private Behavior<Command> onIdle() {
    if (!(state instanceof ImageState.Mounted)) {
      return ready;
    }
    boolean reported = useIsReported();
    boolean silenceProvesNothing = reported && !UseReports.of(env.status()).equals(reports);
    if (env.status().observes() || env.circuit().isOpen() || silenceProvesNothing) {
      startIdleTimer();
      return ready;
    }
    // Without reports the kernel's mark decides, which is blind for other mount namespaces.
    return unmount(reported ? UnmountMode.NOW : UnmountMode.IF_IDLE, Optional.empty());
  }

  /** Whether the running trace program reports each use of the mounted image. */
  private boolean useIsReported() {
    // A mount whose file is gone is to go soon, sooner than a use may be reported.
    return !gone
        && state instanceof ImageState.Mounted
        && env.status().trace().program().reportsUses();
  }

  private Behavior<Command> onRecheck() {
    // A mount is checked whenever it is suspect; after a failure, the back-off counts here too.
    boolean due = state instanceof ImageState.Mounted || isHeld() || isDue();
    return due && !env.circuit().isOpen() ? recheck() : ready;
  }

  // ---- Starting a call.

  private Behavior<Command> mountFor(Access access) {
    trigger = access;
    return state instanceof ImageState.Quarantined bad ? readGeneration(bad) : mount();
  }

  private Behavior<Command> mount() {
    if (!(state instanceof ImageState.Mounted)) {
      become(new ImageState.Mounting(Instant.now(), request));
    }
    Mounter.Request what = request;
    return start(
        () -> {
          long start = now();
          Mounter.Mounted mount = env.mounter().mount(what);
          return new MountEnded(what, mount, millisSince(start));
        });
  }

  private Behavior<Command> recheck() {
    trigger = null;
    Mounter.Request what = request;
    boolean observes = env.status().observes();
    return start(
        () -> {
          long start = now();
          Optional<Mounter.Mounted> found =
              observes ? env.mounter().look(what) : env.mounter().refresh(what);
          Optional<Mounter.Displaced> displaced =
              found.isPresent() || observes ? Optional.empty() : env.mounter().displaced(what);
          return new RecheckEnded(what, found, displaced, millisSince(start));
        });
  }

  /** A bad image is tried again only if its file, or the directory it does not fit, has changed. */
  private Behavior<Command> readGeneration(ImageState.Quarantined bad) {
    Mounter.Request what = request;
    return start(
        () ->
            new GenerationRead(
                env.mounter().generation(what),
                bad.covered().flatMap(directory -> env.mounter().covered(what))));
  }

  private Behavior<Command> unmount(UnmountMode mode, Optional<Unmount> by) {
    Mounter.Request what = request;
    boolean wasMarked = marked;
    Optional<String> device =
        state instanceof ImageState.Mounted now
            ? Optional.of(now.mount().device())
            : Optional.empty();
    return start(
        () -> {
          try {
            Mounter.Expiry result =
                mode == UnmountMode.NOW
                    ? env.mounter().unmount(what)
                    : env.mounter().expire(what, wasMarked);
            return new UnmountEnded(
                result,
                device
                    .filter(from -> result == Mounter.Expiry.UNMOUNTED)
                    .flatMap(env.mounter()::lingering),
                by);
          } catch (MountFailure e) {
            if (by.isEmpty() && e.kind() != MountFailure.Kind.LOCKED) {
              throw e;
            }
            // A lock means that another process is about to use it: there is time.
            return new UnmountFailed(e.getMessage(), by);
          } catch (RuntimeException | LinkageError e) {
            // The caller waits for a reply, also after an internal error.
            return new UnmountFailed(MountFailure.of(e).getMessage(), by);
          }
        });
  }

  private Behavior<Command> start(MounterCall.Work work) {
    call.start(work);
    return calling;
  }

  // ---- A call in progress.

  private Behavior<Command> calling() {
    return Behaviors.receive(Command.class)
        .onMessage(Accessed.class, this::waitWith)
        .onMessage(Used.class, used -> onUsed())
        .onMessage(MountNow.class, this::waitWith)
        .onMessage(Unmount.class, this::refuseToUnmount)
        .onMessage(Changed.class, this::noteChange)
        .onMessage(KeepUnmounted.class, this::noteHold)
        .onMessage(EndHold.class, this::noteEndOfHold)
        .onMessage(SettingsChanged.class, changed -> onSettingsChanged())
        .onMessage(MountEnded.class, this::onMountEnded)
        .onMessage(RecheckEnded.class, this::onRecheckEnded)
        .onMessage(GenerationRead.class, this::onGenerationRead)
        .onMessage(UnmountEnded.class, this::onUnmountEnded)
        .onMessage(UnmountFailed.class, this::onUnmountFailed)
        .onMessage(CallFailed.class, this::onCallFailed)
        .onMessageEquals(Timer.CALL_LATE, this::onCallLate)
        .onMessageEquals(Timer.LOCK_RETRY, this::onLockRetry)
        // Recheck and the other timers: the result of the call decides.
        .onMessage(Command.class, ignored -> Behaviors.same())
        .onSignal(PostStop.class, stop -> onPostStop())
        .build();
  }

  private Behavior<Command> waitWith(Accessed accessed) {
    noteAccess(accessed.access());
    waiters.add(accessed);
    return calling;
  }

  private Behavior<Command> waitWith(MountNow asked) {
    waiters.add(asked);
    return calling;
  }

  private Behavior<Command> refuseToUnmount(Unmount asked) {
    asked
        .replyTo()
        .tell(MountResult.failed(request.name(), "another operation on this image is in progress"));
    return calling;
  }

  private Behavior<Command> onMountEnded(MountEnded ended) {
    endCall();
    backoff.reset();
    waitFor(FRESH);
    Mounter.Mounted mount = ended.mount();
    if (state instanceof ImageState.Mounted was
        && mount.adopted()
        && mount.device().equals(was.mount().device())) {
      warn(was, was.confirmed(ended.request(), mount));
    } else {
      boolean first = state instanceof ImageState.Mounting;
      becomeMounted(ended);
      if (first && !mount.adopted() && !holds.isEmpty()) {
        return takeBack(mount);
      }
    }
    noteNewFile();
    startIdleTimer();
    return settle(MountResult.mounted(request.name(), mount));
  }

  /** A hold came while it was being mounted: it is unmounted again, unless it is in use by now. */
  private Behavior<Command> takeBack(Mounter.Mounted mount) {
    waiters.settle(MountResult.mounted(request.name(), mount));
    Unmount again = new Unmount(UnmountMode.NOW, hold().reason(), context.getSystem().ignoreRef());
    return unmount(again.mode(), Optional.of(again));
  }

  /** What the mount that has just been made was made for. */
  private String cause() {
    if (state instanceof ImageState.Mounted was) {
      String first = was.trigger();
      boolean said = first == null || first.endsWith(REPLACED) || first.endsWith(THEN_REPLACED);
      return first == null ? REPLACED : first + (said ? "" : THEN_REPLACED);
    }
    return trigger == null ? REQUESTED : trigger.by();
  }

  private void becomeMounted(MountEnded ended) {
    Mounter.Mounted mount = ended.mount();
    Optional<String> before =
        state instanceof ImageState.Mounted was ? was.file() : Optional.empty();
    ImageState.Mounted now =
        new ImageState.Mounted(
            Instant.now(),
            mount.isCurrent() ? ended.request().file() : before.orElse(ended.request().file()),
            mount,
            mount.adopted() ? null : ended.millis(),
            mount.adopted() ? null : cause());
    status.mounted(now, before.isPresent(), trigger);
    become(now);
  }

  private Behavior<Command> onRecheckEnded(RecheckEnded ended) {
    if (ended.found().isPresent()) {
      return onMountEnded(new MountEnded(ended.request(), ended.found().get(), ended.millis()));
    }
    endCall();
    if (ended.displaced().isPresent()) {
      becomeDisplaced(ImageState.Unmounted.displaced(ended.displaced().get()));
    } else if (state instanceof ImageState.Mounted) {
      become(ImageState.Unmounted.because(ImageState.UNMOUNTED_EXTERNALLY));
    } else if (state instanceof ImageState.Unmounted was
        && was.warning() == MountWarning.DISPLACED) {
      become(ImageState.Unmounted.because(ImageState.UNMOUNTED_EXTERNALLY));
    }
    return continueOrRest();
  }

  private void becomeDisplaced(ImageState.Unmounted now) {
    if (state instanceof ImageState.Unmounted was && now.reason().equals(was.reason())) {
      return;
    }
    status.displaced(now);
    become(now);
  }

  private Behavior<Command> onGenerationRead(GenerationRead read) {
    endCall();
    if (state instanceof ImageState.Quarantined bad
        && bad.isUnchanged(read.generation(), read.covered())) {
      waitFor(FRESH);
      return settle(MountResult.failed(request.name(), bad.reason()));
    }
    return mount();
  }

  private Behavior<Command> onUnmountEnded(UnmountEnded ended) {
    endCall();
    boolean wasMarked = marked;
    marked = ended.result() == Mounter.Expiry.MARKED;
    if (ended.result() == Mounter.Expiry.UNMOUNTED) {
      String why = ended.by().map(Unmount::why).orElseGet(this::whyIdle);
      ImageState.Unmounted now =
          ImageState.Unmounted.because(
              ended.lingering().map(image -> why + "; " + stillInUse(image)).orElse(why));
      ended.lingering().ifPresent(env.status()::lingers);
      status.unmounted(now);
      become(now);
    } else if (ended.result() == Mounter.Expiry.NOT_MOUNTED
        && state instanceof ImageState.Mounted) {
      become(ImageState.Unmounted.because(ImageState.UNMOUNTED_EXTERNALLY));
    } else {
      startIdleTimer();
    }
    ended
        .by()
        .ifPresent(
            asked ->
                asked
                    .replyTo()
                    .tell(
                        MountResult.unmounted(request.name(), ended.result(), wasMarked)
                            .lingering(ended.lingering())));
    return continueOrRest();
  }

  private static String stillInUse(LingeringImage image) {
    return image.device() + " is still in use in another mount namespace";
  }

  private String whyIdle() {
    return gone
        ? "its image file is gone and the mount is unused"
        : "unused for " + idleAfter.map(Humanize::exact).orElse("a while");
  }

  private Behavior<Command> onUnmountFailed(UnmountFailed failed) {
    endCall();
    marked = false;
    startIdleTimer();
    failed
        .by()
        .ifPresent(
            asked -> asked.replyTo().tell(MountResult.failed(request.name(), failed.problem())));
    return continueOrRest();
  }

  private Behavior<Command> onCallFailed(CallFailed failed) {
    MountFailure failure = MountFailure.of(failed.cause());
    if (failure.kind() == MountFailure.Kind.LOCKED) {
      // The other process is working on this very image.
      call.retryLater();
      return calling;
    }
    endCall();
    if (failure.kind() == MountFailure.Kind.UNCLEAR && state instanceof ImageState.Mounted was) {
      waitFor(backoff.next());
      status.failed();
      String problem = failure.getMessage() + "; the mounted image stays, and each scan retries";
      warn(was, was.warn(MountWarning.UNVERIFIED, problem));
      if (!timers.isTimerActive(Timer.IDLE)) {
        startIdleTimer();
      }
    } else if (failure.kind() == MountFailure.Kind.WRITTEN) {
      become(ImageState.Unmounted.because(null));
      if (!holds.containsKey(Hold.Kind.WRITE)) {
        noteHold(new KeepUnmounted(Hold.written(failure)));
      }
    } else if (failure.kind() == MountFailure.Kind.BAD_IMAGE) {
      waitFor(FRESH);
      ImageState.Quarantined now = ImageState.Quarantined.of(failure);
      status.quarantined(now);
      become(now);
    } else {
      Duration pause = backoff.next();
      waitFor(pause);
      ImageState.Failed now = ImageState.Failed.of(failure, pause);
      status.failed(now);
      become(now);
    }
    return settle(MountResult.failed(request.name(), failure.getMessage()));
  }

  private Behavior<Command> onCallLate() {
    ImageState.Late.Cause cause = call.late();
    boolean first = late.isEmpty();
    if (first || late.get().cause() != cause) {
      ImageState.Late now = ImageState.Late.of(cause, Humanize.exact(env.timeout()), state);
      late = Optional.of(now);
      status.late(now, first);
      show();
    }
    waiters.giveUp(MountResult.failed(request.name(), late.get().reason()));
    return calling;
  }

  private Behavior<Command> onLockRetry() {
    call.attempt();
    return calling;
  }

  private void endCall() {
    call.end();
    if (late.isPresent()) {
      late = Optional.empty();
      show();
    }
  }

  // ---- After a call.

  /** The operation has ended: inner images are next, and callers get their reply. */
  private Behavior<Command> settle(MountResult result) {
    waiters.settle(result);
    return rest();
  }

  /** The operation has ended without a mount: an access that came meanwhile has one made. */
  private Behavior<Command> continueOrRest() {
    if (isHeld()) {
      return settle(heldResult());
    }
    return waiters.isEmpty() ? rest() : mountFor(waiters.firstAccess());
  }

  /** An image whose file is gone is forgotten, but a mount of it stays while it is in use. */
  private Behavior<Command> rest() {
    if (gone && !(state instanceof ImageState.Mounted)) {
      status.remove();
      return Behaviors.stopped();
    }
    if (isHeld()) {
      become(ImageState.Held.by(hold()));
    } else if (state instanceof ImageState.Held) {
      become(ImageState.Unmounted.because(null));
    }
    return ready;
  }

  /** Whether an access mounts nothing because of a hold. */
  private boolean isHeld() {
    return !holds.isEmpty() && !(state instanceof ImageState.Mounted);
  }

  /** The hold that is shown. */
  private Hold hold() {
    return holds.values().iterator().next();
  }

  private MountResult heldResult() {
    return MountResult.failed(request.name(), hold().reason());
  }

  // ---- With or without a call in progress.

  private Behavior<Command> onChanged(Changed changed) {
    noteChange(changed);
    return rest();
  }

  private Behavior<Command> noteChange(Changed changed) {
    changed.request().ifPresent(now -> request = now);
    notBefore = now();
    noteNewFile();
    if (gone != changed.request().isEmpty()) {
      gone = !gone;
      startIdleTimer();
    }
    return Behaviors.same();
  }

  private Behavior<Command> onKeepUnmounted(KeepUnmounted message) {
    noteHold(message);
    return rest();
  }

  private Behavior<Command> onEndHold(EndHold message) {
    noteEndOfHold(message);
    return rest();
  }

  private Behavior<Command> noteHold(KeepUnmounted message) {
    Hold hold = message.hold();
    EndHold end = new EndHold(hold.kind());
    holds.put(hold.kind(), hold);
    timers.cancel(end);
    hold.until()
        .map(until -> Duration.between(Instant.now(), until))
        .ifPresent(
            left -> timers.startSingleTimer(end, end, left.isNegative() ? Duration.ZERO : left));
    return Behaviors.same();
  }

  private Behavior<Command> noteEndOfHold(EndHold message) {
    timers.cancel(message);
    holds.remove(message.kind());
    return Behaviors.same();
  }

  private Behavior<Command> onSettingsChanged() {
    Optional<Duration> wanted = idleTime();
    if (wanted.equals(idleAfter)) {
      return Behaviors.same();
    }
    if (wanted.isPresent() && timers.isTimerActive(Timer.IDLE)) {
      // The idle time so far counts: a reload every minute must not postpone it for ever.
      Duration left = wanted.get().minusNanos(now() - idleSince);
      idleAfter = wanted;
      timers.startSingleTimer(
          Timer.IDLE, (left.isNegative() ? Duration.ZERO : left).plus(reportDelay()));
    } else {
      startIdleTimer();
    }
    return Behaviors.same();
  }

  /** It was mounted, checked or used: the idle time starts. */
  private void startIdleTimer() {
    idleAfter = idleTime();
    idleSince = now();
    reports = UseReports.of(env.status());
    timers.cancel(Timer.IDLE);
    if (state instanceof ImageState.Mounted) {
      Duration delay = reportDelay();
      idleAfter.ifPresent(time -> timers.startSingleTimer(Timer.IDLE, time.plus(delay)));
    }
  }

  /** The time by which the last use may have been after the last report of it. */
  private Duration reportDelay() {
    return useIsReported() ? env.status().useInterval() : Duration.ZERO;
  }

  private Behavior<Command> onUsed() {
    status.accessed();
    show();
    if (timers.isTimerActive(Timer.IDLE)) {
      startIdleTimer();
    }
    return Behaviors.same();
  }

  private Optional<Duration> idleTime() {
    return gone ? Optional.of(GONE_IDLE) : env.idle();
  }

  private void noteAccess(Access access) {
    if (access.isUse()) {
      status.accessed();
      show();
      if (env.status().trace().program() == ProgramName.PATH && timers.isTimerActive(Timer.IDLE)) {
        // It goes on reporting accesses to a mounted image, which are uses of it.
        startIdleTimer();
      }
    }
  }

  /** A newer scan may have found another file than the one that is mounted. */
  private void noteNewFile() {
    if (state instanceof ImageState.Mounted was
        && was.mount().isCurrent()
        && !was.image().equals(request.file())) {
      String file = env.images() + "/" + request.file();
      become(
          was.warn(
              MountWarning.OUTDATED,
              "the image file is now " + file + "; it is swapped after the next scan"));
    }
  }

  private void warn(ImageState.Mounted was, ImageState.Mounted now) {
    if (!now.isSameWarning(was)) {
      status.warned(now);
    }
    become(now);
  }

  private void become(ImageState now) {
    state = now;
    show();
  }

  private void show() {
    status.show(request, state, late);
  }

  private void waitFor(Duration pause) {
    notBefore = now() + pause.toNanos();
  }

  private long now() {
    return env.nanoTime().getAsLong();
  }

  private double millisSince(long start) {
    return (now() - start) / 1e6;
  }

  private Behavior<Command> onPostStop() {
    // Also after an exception: the Router removes the row, and the callers get their reply here.
    waiters.giveUp(
        MountResult.failed(request.name(), "the daemon stopped this operation; try again"));
    return Behaviors.same();
  }

  /** Who waits for the end of the current operation. */
  private static final class Waiters {
    private final List<Accessed> accesses = new ArrayList<>();
    private final List<ActorRef<MountResult>> callers = new ArrayList<>();

    /** An access waits for the sake of the images inside; one for each way inside is enough. */
    void add(Accessed accessed) {
      boolean known = accesses.stream().anyMatch(other -> other.then().equals(accessed.then()));
      if (!known) {
        accesses.add(accessed);
      }
    }

    void add(MountNow asked) {
      callers.add(asked.replyTo());
    }

    boolean isEmpty() {
      return accesses.isEmpty() && callers.isEmpty();
    }

    /** The access that came first; null if only callers wait. */
    Access firstAccess() {
      return accesses.isEmpty() ? null : accesses.get(0).access();
    }

    void settle(MountResult result) {
      accesses.forEach(Accessed::passInside);
      giveUp(result);
    }

    /** The operation may never end: images inside are not mounted. */
    void giveUp(MountResult result) {
      accesses.clear();
      callers.forEach(caller -> caller.tell(result));
      callers.clear();
    }
  }
}
