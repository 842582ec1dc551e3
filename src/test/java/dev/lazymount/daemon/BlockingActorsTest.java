package dev.lazymount.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import akka.actor.LocalActorRef;
import akka.actor.typed.javadsl.Adapter;
import dev.lazymount.warm.WarmActor;
import org.junit.jupiter.api.Test;

/** Actors that block have threads of their own, so that a slow disk does not stop the others. */
class BlockingActorsTest extends DaemonFixture {
  @Test
  void warmActorRunsOnTheStateDispatcher() {
    start(found("gcc"));
    LocalActorRef root = (LocalActorRef) Adapter.toClassic(supervisor);
    await(
        () -> {
          LocalActorRef warm = assertInstanceOf(LocalActorRef.class, root.getSingleChild("warm"));
          assertEquals(WarmActor.DISPATCHER, warm.underlying().props().dispatcher());
        });
  }
}
