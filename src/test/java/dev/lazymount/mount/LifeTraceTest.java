package dev.lazymount.mount;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import akka.actor.typed.ActorRef;
import dev.lazymount.status.MountState;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Random messages to a real MountActor, whose every state is the one that a daemon of {@link
 * LifeModel} has after the same events: what it believes, whether an operation is in progress, and
 * that an access that waits is served.
 */
final class LifeTraceTest extends MountFixture {
  private static final int TRACES = 300;
  private static final int EVENTS = 40;
  private static final long SEED = 20261201;

  private enum Event {
    ACCESS,
    SCAN,
    IDLE,
    RETURN,
    UNMOUNT_BY_HAND
  }

  /** The part of LifeModel that one daemon sees: its process, and whether something is mounted. */
  private static final class Daemon {
    private LifeModel.Worker process = LifeModel.Worker.NEW;
    private boolean mounted;

    void on(Event event) {
      boolean idle = process.at() == LifeModel.At.IDLE;
      switch (event) {
        case ACCESS -> process = idle ? process.waits().start(operation()) : process.waits();
        case SCAN -> process = idle ? process.start(LifeModel.Operation.REFRESH) : process;
        case IDLE ->
            process =
                idle && process.mounted() ? process.start(LifeModel.Operation.UNMOUNT) : process;
        case UNMOUNT_BY_HAND -> mounted = false;
        case RETURN -> process = idle ? process : end();
      }
    }

    private static LifeModel.Operation operation() {
      return LifeModel.Operation.MOUNT;
    }

    private LifeModel.Worker end() {
      mounted =
          switch (process.operation()) {
            case MOUNT -> true;
            case REFRESH -> mounted;
            case UNMOUNT -> false;
          };
      LifeModel.Worker rests = process.believes(mounted);
      return process.waiter() && !mounted ? rests.waits().start(operation()) : rests;
    }

    MountState state() {
      boolean mounting =
          process.at() != LifeModel.At.IDLE && process.operation() == LifeModel.Operation.MOUNT;
      return process.mounted()
          ? MountState.MOUNTED
          : mounting ? MountState.MOUNTING : MountState.UNMOUNTED;
    }
  }

  @Test
  void actorFollowsTheModel() {
    for (int trace = 0; trace < TRACES; trace++) {
      Random random = new Random(SEED + trace);
      String name = "gcc-" + trace;
      ActorRef<MountActor.Command> actor = actor(name);
      Daemon daemon = new Daemon();
      List<Event> events = new ArrayList<>();
      for (int i = 0; i < EVENTS; i++) {
        Event event = Event.values()[random.nextInt(Event.values().length)];
        events.add(event);
        if (daemon.process.at() == LifeModel.At.IDLE) {
          // Else an access would find that the last check was only just made.
          pass(STALE.plusSeconds(1));
        }
        tell(actor, name, event, daemon);
        daemon.on(event);
        assertEquals(daemon.state(), line(name).state(), "seed " + (SEED + trace) + " " + events);
        assertEquals(
            daemon.process.at() == LifeModel.At.IDLE ? 0 : 1,
            mounting.waiting(),
            "operations in progress; seed " + (SEED + trace) + " " + events);
      }
      mounting.runAll();
    }
    int mounts = mounter.calls().size();
    System.out.printf("%d traces, %d events, %d mounts%n", TRACES, TRACES * EVENTS, mounts);
    assertTrue(mounts > TRACES, "too few mounts: " + mounts);
  }

  private void tell(ActorRef<MountActor.Command> actor, String name, Event event, Daemon daemon) {
    switch (event) {
      case ACCESS -> access(actor);
      case SCAN -> actor.tell(new MountActor.Recheck());
      case IDLE -> {
        if (daemon.process.mounted() && daemon.process.at() == LifeModel.At.IDLE) {
          actor.tell(
              new MountActor.Unmount(UnmountMode.NOW, "idle", stage().kit().system().ignoreRef()));
        }
      }
      case RETURN -> {
        if (mounting.waiting() > 0) {
          mounting.runOne();
        }
      }
      case UNMOUNT_BY_HAND -> mounter.unmountedByHand(name);
    }
  }
}
