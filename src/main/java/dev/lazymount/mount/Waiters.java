package dev.lazymount.mount;

import akka.actor.typed.ActorRef;
import dev.lazymount.status.Access;
import java.util.ArrayList;
import java.util.List;

/** Who waits for an image to come to rest. Used by its MountActor alone. */
final class Waiters {
  private final List<MountMessage.Accessed> accesses = new ArrayList<>();
  private final List<ActorRef<MountResult>> askers = new ArrayList<>();

  /** An access waits for its nested images' sake; one for each way inside is enough. */
  void add(MountMessage.Accessed accessed) {
    boolean known = accesses.stream().anyMatch(w -> w.then().equals(accessed.then()));
    if (!known) {
      accesses.add(accessed);
    }
  }

  /** Somebody who asked for the image to be mounted. */
  void add(ActorRef<MountResult> asker) {
    askers.add(asker);
  }

  boolean isEmpty() {
    return accesses.isEmpty() && askers.isEmpty();
  }

  /** Whose access it is all for; null if nobody but askers waits. */
  Access trigger() {
    return accesses.isEmpty() ? null : accesses.get(0).access();
  }

  /** The image has come to rest: nested ones are next, and whoever asked is answered. */
  void settle(MountResult answer) {
    accesses.forEach(Waiters::pass);
    accesses.clear();
    answer(answer);
  }

  /** The image may never come to rest: nested ones are not mounted. */
  void giveUp(MountResult answer) {
    accesses.clear();
    answer(answer);
  }

  private void answer(MountResult answer) {
    askers.forEach(asker -> asker.tell(answer));
    askers.clear();
  }

  /** What lies inside is next. */
  static void pass(MountMessage.Accessed accessed) {
    List<ActorRef<MountMessage>> then = accessed.then();
    if (!then.isEmpty()) {
      then.get(0).tell(new MountMessage.Accessed(accessed.access(), then.subList(1, then.size())));
    }
  }
}
