package dev.lazymount.mount;

import akka.actor.typed.ActorRef;
import java.util.ArrayList;
import java.util.List;

/** The accesses that wait for an image to come to rest. Used by its MountActor alone. */
final class Waiting {
  private final List<MountActor.Accessed> accesses = new ArrayList<>();

  /** An access waits for its nested images' sake; one for each way inside is enough. */
  void add(MountActor.Accessed accessed) {
    boolean known = accesses.stream().anyMatch(w -> w.then().equals(accessed.then()));
    if (!known) {
      accesses.add(accessed);
    }
  }

  boolean isEmpty() {
    return accesses.isEmpty();
  }

  /** Whose access it is all for. */
  MountActor.Accessed first() {
    return accesses.get(0);
  }

  /** The image has come to rest: nested ones are next. */
  void settle() {
    accesses.forEach(Waiting::pass);
    accesses.clear();
  }

  /** The image may never come to rest: nested ones are not mounted. */
  void giveUp() {
    accesses.clear();
  }

  /** What lies inside is next. */
  static void pass(MountActor.Accessed accessed) {
    List<ActorRef<MountActor.Command>> then = accessed.then();
    if (!then.isEmpty()) {
      then.get(0).tell(new MountActor.Accessed(accessed.access(), then.subList(1, then.size())));
    }
  }
}
