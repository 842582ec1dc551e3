package dev.lazymount.mount;

import dev.lazymount.status.MountState;
import java.time.Duration;
import java.util.Optional;

/**
 * When something is worth trying: a mount after a failure, or a look whether what is known is still
 * so. Used by its MountActor alone.
 */
final class RetryPolicy {
  /**
   * How old the knowledge that it is mounted, or bad, may become before an access has it checked.
   */
  private static final Duration FRESH = Duration.ofSeconds(5);

  private final MountEnv env;
  private final Backoff backoff;
  private long notBefore;
  private Optional<Mounter.Generation> bad = Optional.empty();

  RetryPolicy(MountEnv env) {
    this.env = env;
    this.backoff = new Backoff(env::retry, env::retryMax);
    this.notBefore = env.nanoTime().getAsLong();
  }

  /** Whether an access to an image in this state is a reason to do something. */
  boolean isDue(MountState state) {
    return switch (state) {
      case MOUNTED, FAILED, QUARANTINED -> env.nanoTime().getAsLong() - notBefore >= 0;
      default -> true;
    };
  }

  /** What is known may be wrong now. */
  void now() {
    notBefore = env.nanoTime().getAsLong();
  }

  void mounted() {
    backoff.reset();
    after(FRESH);
  }

  /** The pause after one more failure. */
  Duration failed() {
    Duration pause = backoff.next();
    after(pause);
    return pause;
  }

  /** This content of the image is bad. */
  void bad(Optional<Mounter.Generation> generation) {
    bad = generation;
    after(FRESH);
  }

  /** Whether it is still the content that was bad; if so, it is looked at again later. */
  boolean isStillBad(Optional<Mounter.Generation> generation) {
    if (generation.equals(bad)) {
      after(FRESH);
      return true;
    }
    return false;
  }

  private void after(Duration pause) {
    notBefore = env.nanoTime().getAsLong() + pause.toNanos();
  }
}
