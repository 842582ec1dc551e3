package dev.lazymount.mount;

import akka.actor.typed.ActorRef;
import dev.lazymount.status.Access;
import java.util.List;
import java.util.Optional;

/**
 * What a {@link MountActor} understands. The messages here are for everybody; those by which it
 * hears of its own calls and timers lie with what they are about.
 */
public interface MountMessage {
  /**
   * A process opened something in this compiler, or the warm list expects it.
   *
   * @param access who and when
   * @param then the images nested inside this one that the access leads to, outermost first; they
   *     are told when this one has come to rest, because what lies inside is mounted after
   */
  record Accessed(Access access, List<ActorRef<MountMessage>> then) implements MountMessage {}

  /**
   * Look whether an image that is said to be not mounted is: an earlier daemon, or somebody else,
   * may have mounted it, or what lay over it is gone. Mounts nothing.
   */
  record Adopt() implements MountMessage {}

  /**
   * Look whether what is known is still so: by whom it was unmounted, or whether its image is new.
   */
  record Verify() implements MountMessage {}

  /** The times of {@link MountEnv} are others now. */
  record Retimed() implements MountMessage {}

  /** Mount it now, whatever its back-off says; {@code answerTo} is told what came of it. */
  record MountNow(ActorRef<MountResult> answerTo) implements MountMessage {}

  /**
   * Unmount it now, unless it is in use.
   *
   * @param manner when it stays
   * @param why for the log and the status
   * @param answerTo is told what came of it
   */
  record Unmount(UnmountMode manner, String why, ActorRef<MountResult> answerTo)
      implements MountMessage {}

  /**
   * A scan found something else for this name.
   *
   * @param request the new request; empty if there is no image any more
   */
  record Changed(Optional<Mounter.Request> request) implements MountMessage {}
}
