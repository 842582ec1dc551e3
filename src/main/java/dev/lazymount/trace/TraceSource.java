package dev.lazymount.trace;

import akka.Done;
import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.PostStop;
import akka.actor.typed.PreRestart;
import akka.actor.typed.SupervisorStrategy;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.Receive;
import akka.actor.typed.javadsl.TimerScheduler;
import dev.lazymount.status.Access;
import dev.lazymount.trace.program.TraceFailure;
import dev.lazymount.trace.program.TraceProgram;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;

/**
 * Owns one bpftrace process, the stream on its output and the canary.
 *
 * <p>The process ending, or the canary not coming back, is a message, then a {@link TraceFailure}
 * thrown, and supervision starts a new TraceSource after a back-off with jitter, which a run of
 * some length resets. The process is killed on restart and on stop alike.
 */
public final class TraceSource extends AbstractBehavior<TraceSource.Command> {
  /** What this actor understands; all of it comes from itself. */
  public interface Command {}

  /** The answer to a batch: the next one may come. */
  public enum Ack {
    /** The only one. */
    ACK
  }

  /** Start anew with another program: what is to be seen has changed, for this reason. */
  public record Renew(String reason) implements Command {}

  /** The process is not always the one of now: what a restart kills ends a little after it. */
  private record Ended(TraceProcess process, int status) implements Command {}

  private record Complained(String line) implements Command {}

  private record CanaryArrived(String token) implements Command {}

  private record CanaryFlown(TraceProcess process) implements Command {}

  private record Ticked(TraceProcess process) implements Command {}

  private enum Timer implements Command {
    CANARY,
    CANARY_AGAIN
  }

  private static final double JITTER = 0.2;

  /** A start is given this many times the canary's time-out: compiling a program takes its time. */
  public static final int START_PATIENCE = 12;

  /** An exit status above this means that a signal ended it. */
  private static final int SIGNALLED = 128;

  /** How long the end of standard error is waited for once the process has ended. */
  private static final long ERRORS_MILLIS = 200;

  private final TraceEnv env;
  private final ActorRef<TraceReport> parent;
  private final TimerScheduler<Command> timers;
  private final TraceProgram program;
  private final TraceProcess process;
  private final CanaryPace pace;
  private final LastLines complaints = new LastLines();

  /**
   * A supervised TraceSource.
   *
   * @param <T> what the receiver of accesses understands
   * @param env what it works with
   * @param parent is told how the trace is
   * @param receiver gets the accesses, batch by batch; the next comes when it has answered {@link
   *     Ack#ACK}
   * @param message makes its message from a batch and the address of the answer
   */
  public static <T> Behavior<Command> create(
      TraceEnv env,
      ActorRef<TraceReport> parent,
      ActorRef<T> receiver,
      BiFunction<List<Access>, ActorRef<Ack>, T> message) {
    Behavior<Command> source =
        Behaviors.setup(
            context ->
                Behaviors.withTimers(
                    timers ->
                        new TraceStart(
                            context,
                            timers,
                            env,
                            parent,
                            program -> {
                              TraceSource actor =
                                  new TraceSource(context, env, parent, timers, program);
                              actor.connect(receiver, message);
                              return actor;
                            })));
    return Behaviors.supervise(source)
        .onFailure(
            Exception.class,
            SupervisorStrategy.restartWithBackoff(
                    env.settings().restart(), env.settings().restartMax(), JITTER)
                .withResetBackoffAfter(env.settings().restartMax())
                // The parent is told the reason, in a line; Akka would add a stack trace.
                .withLoggingEnabled(false));
  }

  private TraceSource(
      ActorContext<Command> context,
      TraceEnv env,
      ActorRef<TraceReport> parent,
      TimerScheduler<Command> timers,
      TraceProgram program) {
    super(context);
    context.setLoggerName(TraceSource.class);
    this.env = env;
    this.parent = parent;
    this.timers = timers;
    this.program = program;
    this.pace = new CanaryPace(env.settings().canaryTimeout(), System::nanoTime);
    try {
      process = env.launcher().launch(program);
    } catch (RuntimeException e) {
      // Nothing ran, so that this says nothing of the program.
      parent.tell(new TraceReport.Failed(e.getMessage()));
      throw e;
    }
    parent.tell(
        new TraceReport.Started(program.name(), process.pid(), program.names(), program.note()));
    sendCanary();
  }

  private <T> void connect(
      ActorRef<T> receiver, BiFunction<List<Access>, ActorRef<Ack>, T> message) {
    TraceStream stream =
        new TraceStream(
            getContext(),
            env,
            new TraceStream.Listener(
                () -> getContext().getSelf().tell(new Ticked(process)),
                token -> getContext().getSelf().tell(new CanaryArrived(token)),
                line -> getContext().getSelf().tell(new Complained(line))));
    stream.accesses(process.output(), program.mark(), receiver, message);
    CompletionStage<Done> errorsEnd = stream.complaints(process.errors());
    CompletionStage<Integer> end =
        process
            .exit()
            .thenCompose(
                status ->
                    errorsEnd
                        .handle((done, thrown) -> status)
                        .toCompletableFuture()
                        .completeOnTimeout(status, ERRORS_MILLIS, TimeUnit.MILLISECONDS));
    getContext()
        .pipeToSelf(end, (status, thrown) -> new Ended(process, thrown == null ? status : -1));
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(Ended.class, this::onEnded)
        .onMessage(Complained.class, this::onComplained)
        .onMessage(CanaryArrived.class, this::onCanaryArrived)
        .onMessage(CanaryFlown.class, this::onCanaryFlown)
        .onMessage(Ticked.class, this::onTicked)
        .onMessage(Renew.class, this::onRenew)
        .onMessageEquals(Timer.CANARY, this::onCanary)
        .onMessageEquals(Timer.CANARY_AGAIN, this::onCanaryAgain)
        .onSignal(PreRestart.class, signal -> onEnd())
        .onSignal(PostStop.class, signal -> onEnd())
        .build();
  }

  private Behavior<Command> onEnd() {
    process.kill();
    return this;
  }

  private Behavior<Command> onEnded(Ended ended) {
    if (ended.process() != process) {
      return this;
    }
    String last = complaints.text();
    boolean killed = ended.status() > SIGNALLED;
    throw fail(
        "bpftrace "
            + (killed
                ? "was killed by signal " + (ended.status() - SIGNALLED)
                : "ended with status " + ended.status())
            + (last.isEmpty() ? "" : ": " + last),
        !killed);
  }

  private Behavior<Command> onComplained(Complained complained) {
    long lost = LostEvents.in(complained.line());
    if (lost > 0) {
      env.counters().lost.add(lost);
    } else {
      getContext().getLog().debug("bpftrace: {}", complained.line());
      complaints.add(complained.line());
    }
    return this;
  }

  private Behavior<Command> onCanaryArrived(CanaryArrived arrived) {
    pace.arrived(arrived.token())
        .ifPresent(
            roundTrip -> {
              env.programs().worked();
              timers.cancel(Timer.CANARY_AGAIN);
              timers.startSingleTimer(Timer.CANARY, env.canaryInterval());
              parent.tell(new TraceReport.CanaryBack(roundTrip.toNanos() / 1e6));
            });
    return this;
  }

  private Behavior<Command> onRenew(Renew renew) {
    // No failure of the program.
    parent.tell(new TraceReport.Failed(renew.reason()));
    throw new TraceFailure(renew.reason());
  }

  /** The first tick says that the program is attached: now its patience begins. */
  private Behavior<Command> onTicked(Ticked ticked) {
    if (ticked.process() == process) {
      pace.attached();
    }
    return this;
  }

  private Behavior<Command> onCanaryFlown(CanaryFlown flown) {
    if (flown.process() == process && pace.flown()) {
      sendCanary();
    }
    return this;
  }

  private Behavior<Command> onCanary() {
    sendCanary();
    return this;
  }

  private Behavior<Command> onCanaryAgain() {
    switch (pace.verdict()) {
      case BLIND ->
          throw fail(
              "bpftrace runs but reports nothing: no canary came back for "
                  + pace.missing().toMillis()
                  + " ms",
              true);
      case BLOCKED ->
          parent.tell(
              new TraceReport.CanaryBlocked(
                  "the canary's own access hangs; the root's storage does not answer"));
      case WAIT -> {}
    }
    sendCanary();
    return this;
  }

  private void sendCanary() {
    if (pace.canFly()) {
      String token = program.canary().token();
      pace.flies(token);
      getContext()
          .pipeToSelf(
              CompletableFuture.runAsync(() -> program.canary().fly(token), env.canaryExecutor()),
              (done, thrown) -> new CanaryFlown(process));
    }
    timers.startSingleTimer(Timer.CANARY_AGAIN, pace.again());
  }

  private TraceFailure fail(String reason, boolean conclusive) {
    env.programs().failed(reason, conclusive);
    parent.tell(new TraceReport.Failed(reason));
    return new TraceFailure(reason);
  }
}
