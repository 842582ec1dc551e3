package dev.lazymount.mount;

import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.TimerScheduler;
import java.time.Duration;
import java.util.Optional;

/**
 * The calls of the {@link Mounter} that a MountActor makes, one at a time, each with a time-out;
 * and the messages that they come back as. Used by its actor alone.
 */
final class MountCalls {
  /** It is mounted, as was asked for; making it so took {@code millis}, milliseconds. */
  record Done(Mounter.Request request, Mounter.Mounted mounted, double millis)
      implements MountMessage {}

  /** The call failed. */
  record Failed(Throwable cause) implements MountMessage {}

  /** What is mounted where this was looked for. */
  record Looked(Mounter.Request request, Optional<Mounter.Mounted> found) implements MountMessage {}

  /** What the image file has now. */
  record Checked(Optional<Mounter.Generation> generation) implements MountMessage {}

  /**
   * Whether it was unmounted.
   *
   * @param expiry null if the call failed
   * @param asked by somebody; null if by nobody but a timer
   * @param problem why the call failed; null if it did not
   */
  record Expired(Mounter.Expiry expiry, MountMessage.Unmount asked, String problem)
      implements MountMessage {}

  /** The call under way has not answered in time. */
  enum Late implements MountMessage {
    /** The only one. */
    LATE
  }

  /** It is time for one more attempt. */
  enum Again implements MountMessage {
    /** The only one. */
    AGAIN
  }

  /** How soon to try a name again that another process holds the lock of. */
  private static final Duration LOCKED_PAUSE = Duration.ofMillis(50);

  private final MountEnv env;
  private final TimerScheduler<MountMessage> timers;
  private final MountWork<MountMessage> work;

  /** Whether another process had the lock at the last attempt. */
  private boolean locked;

  MountCalls(
      ActorContext<MountMessage> context, TimerScheduler<MountMessage> timers, MountEnv env) {
    this.env = env;
    this.timers = timers;
    this.work = new MountWork<>(context, env, Failed::new);
  }

  boolean isBusy() {
    return work.isBusy();
  }

  /** What it is that takes too long; if it holds a slot, the circuit counts it from now on. */
  ImageStatus.Stuck late() {
    boolean outside = locked && !work.isRunning();
    if (!outside && work.isLate()) {
      return ImageStatus.Stuck.HANGS;
    }
    // Once it has its slot, or the lock, it may hang, and the circuit has to know.
    timed();
    return outside ? ImageStatus.Stuck.LOCKED : ImageStatus.Stuck.WAITS;
  }

  /** The call has answered. */
  void over() {
    work.over();
    locked = false;
    timers.cancel(Late.LATE);
  }

  void mount(Mounter.Request request) {
    timed();
    mountAgain(request);
  }

  /**
   * Another process has the lock: {@link Again} is told after a pause, and until then the call
   * counts as under way.
   */
  void mountLater() {
    locked = true;
    timers.startSingleTimer(Again.AGAIN, LOCKED_PAUSE);
  }

  /** One more attempt within the time of the first. */
  void mountAgain(Mounter.Request request) {
    work.start(
        () -> {
          long start = env.nanoTime().getAsLong();
          Mounter.Mounted mounted = env.mounter().mount(request);
          return new Done(request, mounted, (env.nanoTime().getAsLong() - start) / 1e6);
        });
  }

  void look(Mounter.Request request) {
    timed();
    work.start(() -> new Looked(request, env.mounter().look(request)));
  }

  void check(Mounter.Request request) {
    timed();
    work.start(() -> new Checked(env.mounter().generation(request)));
  }

  void expire(Mounter.Request request, boolean marked) {
    timed();
    work.start(
        () -> {
          try {
            return new Expired(env.mounter().expire(request, marked), null, null);
          } catch (MountFailure e) {
            if (e.kind() == MountFailure.Kind.LOCKED) {
              // Whoever is at it may be about to use it; there is time.
              return new Expired(null, null, e.getMessage());
            }
            throw e;
          }
        });
  }

  void unmount(Mounter.Request request, boolean marked, MountMessage.Unmount asked) {
    timed();
    work.start(
        () -> {
          try {
            return new Expired(
                asked.manner() == UnmountMode.NOW
                    ? env.mounter().unmount(request)
                    : env.mounter().expire(request, marked),
                asked,
                null);
          } catch (MountFailure e) {
            return new Expired(null, asked, e.getMessage());
          } catch (RuntimeException | LinkageError e) {
            // Whoever asked waits for an answer, also after a fault of ours.
            return new Expired(null, asked, MountFailure.of(e).getMessage());
          }
        });
  }

  /** The call under way is late when this time has passed from now. */
  private void timed() {
    timers.startSingleTimer(Late.LATE, env.timeout());
  }
}
