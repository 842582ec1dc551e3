package dev.lazymount.mount;

import akka.actor.typed.javadsl.TimerScheduler;
import dev.lazymount.status.MountState;
import java.time.Duration;
import java.util.Optional;

/**
 * When and why one image is unmounted: because nobody has used it for a while, or because somebody
 * asks. Used by its MountActor alone.
 */
final class IdleExpiry {
  /** It is time to ask whether it is idle. */
  enum Timer implements MountMessage {
    /** The only one. */
    EXPIRE
  }

  /** How long a mount whose image is gone must be unused to be unmounted. */
  private static final Duration GONE_IDLE = Duration.ofSeconds(10);

  private final MountEnv env;
  private final TimerScheduler<MountMessage> timers;
  private final MountCalls calls;
  private final ImageStatus line;

  private boolean marked;
  private boolean gone;

  IdleExpiry(
      MountEnv env, TimerScheduler<MountMessage> timers, MountCalls calls, ImageStatus line) {
    this.env = env;
    this.timers = timers;
    this.calls = calls;
    this.line = line;
  }

  /** Whether the image file is gone. */
  boolean isGone() {
    return gone;
  }

  /** Notes whether the image file is gone. */
  void gone(boolean now) {
    if (gone != now) {
      gone = now;
      schedule();
    }
  }

  /**
   * It is mounted, or was found to be, or that time is another now: the time that it is idle
   * begins.
   */
  void schedule() {
    timers.cancel(Timer.EXPIRE);
    Optional<Duration> idle = gone ? Optional.of(GONE_IDLE) : env.idle();
    if (idle.isPresent() && line.state() == MountState.MOUNTED) {
      timers.startSingleTimer(Timer.EXPIRE, idle.get());
    }
  }

  /** It stays mounted, as far as can be told: that time goes on, or begins if it had ended. */
  void goOn() {
    if (!timers.isTimerActive(Timer.EXPIRE)) {
      schedule();
    }
  }

  /** Asks the kernel whether nobody has used it since the last time that it was asked. */
  void expire(Mounter.Request request) {
    if (env.status().observes()) {
      schedule();
    } else if (!calls.isBusy() && line.state() == MountState.MOUNTED) {
      if (env.circuit().isOpen()) {
        schedule();
      } else {
        calls.expire(request, marked);
      }
    }
  }

  /** Somebody asks for it. */
  void ask(Mounter.Request request, MountMessage.Unmount asked) {
    if (calls.isBusy()) {
      asked.answerTo().tell(MountResult.failed(request.name(), "something else is done to it now"));
    } else if (env.circuit().isOpen()) {
      asked.answerTo().tell(MountResult.failed(request.name(), ImageStatus.NO_STORAGE));
    } else {
      calls.unmount(request, marked, asked);
    }
  }

  /** A call has come back with this. */
  void over(MountCalls.Expired expired, String name) {
    Mounter.Expiry expiry = expired.expiry();
    MountMessage.Unmount asked = expired.asked();
    boolean wasMarked = marked;
    marked = expiry == Mounter.Expiry.MARKED;
    line.unstick();
    if (expiry == Mounter.Expiry.UNMOUNTED) {
      line.released(
          asked != null
              ? asked.why()
              : gone ? "its image is gone and nobody used it" : "nobody used it");
    } else if (expiry == Mounter.Expiry.NOT_MOUNTED && line.state() == MountState.MOUNTED) {
      line.unmounted(ImageStatus.BY_SOMEBODY);
    } else {
      schedule();
    }
    if (asked != null) {
      asked
          .answerTo()
          .tell(
              expiry == null
                  ? MountResult.failed(name, expired.problem())
                  : MountResult.unmounted(name, expiry, wasMarked));
    }
  }
}
