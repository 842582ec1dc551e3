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
import dev.lazymount.status.ImageUse;
import dev.lazymount.status.ProgramName;
import dev.lazymount.trace.program.BpftraceVersion;
import dev.lazymount.trace.program.TraceFailure;
import dev.lazymount.trace.program.TraceProgram;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Owns one bpftrace process, the streams on its output and the canary.
 *
 * <p>States: {@link Preparing} makes a program and starts it, {@link Running} watches it. If the
 * process ends, or no canary returns, that becomes a message and then a {@link TraceFailure}; its
 * supervision restarts the actor after a back-off with jitter, which a run of some length resets.
 * The process is killed on restart and on stop alike.
 *
 * @param <T> what the receiver of accesses understands
 */
public final class TraceSource<T> {
  /** The time-out of a program's start, in time-outs of the canary: compiling takes long. */
  public static final int START_PATIENCE = 12;

  private static final double JITTER = 0.2;

  /**
   * How long the actor waits for the end of standard error once the process has ended. A process
   * that ends at once does so before its streams are set up, which takes a while in a new JVM; and
   * a child of a wrapper may hold standard error open for ever.
   */
  private static final long ERRORS_MILLIS = 2000;

  /** What this actor understands. */
  public interface Command {}

  /** Makes the receiver's message. */
  @FunctionalInterface
  public interface Message<T> {
    /**
     * A message.
     *
     * @param accesses below the root, in the order in which they were reported
     * @param uses of mounted images; empty with a program that does not report them
     * @param answerTo receives the {@link Ack}
     */
    T of(List<Access> accesses, List<ImageUse> uses, ActorRef<Ack> answerTo);
  }

  /** Confirms a batch of accesses; the next one may follow. */
  public enum Ack {
    /** Received. */
    ACK
  }

  /** Restart with another program, for this reason, which is no failure of the present one. */
  public record Restart(String reason) implements Command {}

  private record Made(TraceProgram program) implements Command {}

  private record Launched(TraceProgram program, TraceProcess process) implements Command {}

  private record NotStarted(Throwable cause) implements Command {}

  // The process of the following messages may be an earlier one: what a restart kills ends later.

  private record Ended(TraceProcess process, int status) implements Command {}

  private record ErrorLine(TraceProcess process, String line) implements Command {}

  private record CanaryReturned(String token) implements Command {}

  /** With the number of opens that the program has missed so far. */
  private record CanarySent(TraceProcess process, long missed) implements Command {}

  private record Ticked(TraceProcess process) implements Command {}

  private enum Timer implements Command {
    START_IS_LATE,
    CANARY,
    CANARY_MISSING
  }

  private final ActorContext<Command> context;
  private final TimerScheduler<Command> timers;
  private final TraceEnv env;
  private final ActorRef<TraceReport> parent;
  private final ActorRef<T> receiver;
  private final Message<T> message;
  private final Set<TraceBatch.Unparsed> logged;

  private TraceSource(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      TraceEnv env,
      ActorRef<TraceReport> parent,
      ActorRef<T> receiver,
      Message<T> message,
      Set<TraceBatch.Unparsed> logged) {
    this.context = context;
    this.timers = timers;
    this.env = env;
    this.parent = parent;
    this.receiver = receiver;
    this.message = message;
    this.logged = logged;
    context.setLoggerName(TraceSource.class);
  }

  /**
   * A supervised TraceSource.
   *
   * @param <T> what the receiver of accesses understands
   * @param env its parameters
   * @param parent receives the state of the trace
   * @param receiver receives the accesses in batches; the next one follows its {@link Ack#ACK}
   * @param message makes its message from a batch and the address of the answer
   */
  public static <T> Behavior<Command> create(
      TraceEnv env, ActorRef<TraceReport> parent, ActorRef<T> receiver, Message<T> message) {
    // Survives restarts, so that a kind of line is logged once and not once per run.
    Set<TraceBatch.Unparsed> logged = ConcurrentHashMap.newKeySet();
    Behavior<Command> source =
        Behaviors.setup(
            context ->
                Behaviors.withTimers(
                    timers ->
                        new TraceSource<>(context, timers, env, parent, receiver, message, logged)
                        .new Preparing()));
    return Behaviors.supervise(source)
        .onFailure(
            Exception.class,
            SupervisorStrategy.restartWithBackoff(
                    env.settings().restart(), env.settings().restartMax(), JITTER)
                .withResetBackoffAfter(env.settings().restartMax())
                // The parent logs the reason in a line; Akka would add a stack trace.
                .withLoggingEnabled(false));
  }

  /** Reports a failure to the parent; the caller throws it, and supervision restarts the actor. */
  private TraceFailure failed(String reason) {
    parent.tell(new TraceReport.Failed(reason));
    return new TraceFailure(reason);
  }

  /**
   * Makes a program and starts it. Making one inspects the root, whose storage may hang as long as
   * a canary's access; starting one waits for a new process. So both run where canaries are sent
   * from, and a storage that does not respond is reported as {@link TraceReport.CanaryBlocked}.
   */
  private final class Preparing extends AbstractBehavior<Command> {
    private CompletableFuture<TraceProcess> launch = new CompletableFuture<>();
    private boolean outdated;

    Preparing() {
      super(TraceSource.this.context);
      make();
      timers.startSingleTimer(Timer.START_IS_LATE, env.settings().canaryTimeout());
    }

    private void make() {
      outdated = false;
      getContext()
          .pipeToSelf(
              CompletableFuture.supplyAsync(env.programs()::next, env.canaryExecutor()),
              (program, thrown) -> thrown == null ? new Made(program) : new NotStarted(thrown));
    }

    @Override
    public Receive<Command> createReceive() {
      return newReceiveBuilder()
          .onMessage(Made.class, this::onMade)
          .onMessage(Launched.class, this::onLaunched)
          .onMessage(NotStarted.class, this::onNotStarted)
          .onMessage(Restart.class, restart -> onRestart())
          .onMessageEquals(Timer.START_IS_LATE, this::onLate)
          .onSignal(PreRestart.class, signal -> onEnd())
          .onSignal(PostStop.class, signal -> onEnd())
          .build();
    }

    private Behavior<Command> onRestart() {
      outdated = true;
      return this;
    }

    private Behavior<Command> onMade(Made made) {
      if (outdated) {
        make();
        return this;
      }
      launch =
          CompletableFuture.supplyAsync(
              () -> env.launcher().launch(made.program()), env.canaryExecutor());
      getContext()
          .pipeToSelf(
              launch,
              (process, thrown) ->
                  thrown == null ? new Launched(made.program(), process) : new NotStarted(thrown));
      return this;
    }

    private Behavior<Command> onLaunched(Launched launched) {
      timers.cancel(Timer.START_IS_LATE);
      return new Running(launched.program(), launched.process());
    }

    private Behavior<Command> onNotStarted(NotStarted notStarted) {
      Throwable cause =
          notStarted.cause() instanceof CompletionException wrapped
              ? wrapped.getCause()
              : notStarted.cause();
      // Nothing ran, so this says nothing about the program.
      throw failed(cause instanceof TraceFailure ? cause.getMessage() : cause.toString());
    }

    private Behavior<Command> onLate() {
      parent.tell(
          new TraceReport.CanaryBlocked(
              "the trace can't start yet: the root's storage does not respond"));
      timers.startSingleTimer(Timer.START_IS_LATE, env.canaryInterval());
      return this;
    }

    /** A process whose launch ends after this actor belongs to no one and is killed. */
    private Behavior<Command> onEnd() {
      CompletableFuture<Void> unused = launch.thenAccept(TraceProcess::kill);
      return this;
    }
  }

  /** Watches a process. */
  private final class Running extends AbstractBehavior<Command> {
    private final TraceProgram program;
    private final TraceProcess process;
    private final CanaryMonitor canaries =
        new CanaryMonitor(env.settings().canaryTimeout(), System::nanoTime);
    private final ErrorLines errors = new ErrorLines();
    private long missed;

    Running(TraceProgram program, TraceProcess process) {
      super(TraceSource.this.context);
      this.program = program;
      this.process = process;
      try {
        connect();
      } catch (RuntimeException e) {
        // This state is not in force yet and receives no signal that would kill the process.
        process.kill();
        throw TraceSource.this.failed("can't read the output of bpftrace: " + e);
      }
      parent.tell(
          new TraceReport.Started(program.name(), process.pid(), program.names(), program.note()));
      sendCanary();
    }

    private void connect() {
      ActorRef<Command> self = getContext().getSelf();
      TraceStream stream =
          new TraceStream(
              getContext(),
              env,
              logged,
              new TraceStream.Listener(
                  () -> self.tell(new Ticked(process)),
                  token -> self.tell(new CanaryReturned(token)),
                  line -> self.tell(new ErrorLine(process, line))));
      stream.accesses(process.output(), program.mark(), receiver, message);
      CompletionStage<Done> errorsEnd = stream.errors(process.errors());
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
          .onMessage(ErrorLine.class, this::onErrorLine)
          .onMessage(CanaryReturned.class, this::onCanaryReturned)
          .onMessage(CanarySent.class, this::onCanarySent)
          .onMessage(Ticked.class, this::onTicked)
          .onMessage(Restart.class, this::onRestart)
          .onMessageEquals(Timer.CANARY, this::onCanaryDue)
          .onMessageEquals(Timer.CANARY_MISSING, this::onCanaryMissing)
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
      // A signal was sent by another process and says nothing about the program.
      boolean conclusive = BpftraceVersion.signal(ended.status()).isEmpty();
      throw failed(errors.describe(ended.status()), conclusive);
    }

    private Behavior<Command> onErrorLine(ErrorLine message) {
      String line = message.line();
      long lost = BpftraceVersion.lostEvents(line);
      if (lost > 0) {
        env.counters().lost.add(lost);
      } else if (message.process() == process) {
        getContext().getLog().debug("bpftrace: {}", line);
        errors.add(line);
      }
      return this;
    }

    private Behavior<Command> onCanaryReturned(CanaryReturned returned) {
      canaries
          .returned(returned.token())
          .ifPresent(
              roundTrip -> {
                env.programs().worked();
                timers.cancel(Timer.CANARY_MISSING);
                timers.startSingleTimer(Timer.CANARY, env.canaryInterval());
                parent.tell(new TraceReport.CanaryBack(roundTrip.toNanos() / 1e6));
              });
      return this;
    }

    private Behavior<Command> onRestart(Restart restart) {
      throw TraceSource.this.failed(restart.reason());
    }

    /** The first tick shows that the program is attached. */
    private Behavior<Command> onTicked(Ticked ticked) {
      if (ticked.process() == process) {
        canaries.attached();
      }
      return this;
    }

    private Behavior<Command> onCanarySent(CanarySent sent) {
      if (sent.process() != process) {
        return this;
      }
      if (sent.missed() > missed) {
        onMissed(sent.missed());
      }
      if (canaries.sent()) {
        sendCanary();
      }
      return this;
    }

    /** An open that the program misses is a lost event. */
    private void onMissed(long now) {
      env.counters().lost.add(now - missed);
      missed = now;
      if (env.programs().missed()) {
        throw TraceSource.this.failed(
            "the kernel has left out the trace program for "
                + now
                + " opens; restarting with another");
      }
    }

    private Behavior<Command> onCanaryDue() {
      sendCanary();
      return this;
    }

    private Behavior<Command> onCanaryMissing() {
      switch (canaries.verdict()) {
        case BLIND ->
            throw failed(
                "bpftrace runs but reports nothing: no canary came back for "
                    + canaries.missingFor().toMillis()
                    + " ms",
                true);
        case BLOCKED ->
            parent.tell(
                new TraceReport.CanaryBlocked(
                    "the canary's own access hangs; the root's storage does not respond"));
        case WAIT -> {}
      }
      sendCanary();
      return this;
    }

    private void sendCanary() {
      if (canaries.canSend()) {
        String token = program.canary().token();
        canaries.sending(token);
        getContext()
            .pipeToSelf(
                CompletableFuture.supplyAsync(() -> sendAndRead(token), env.canaryExecutor()),
                (missed, thrown) -> new CanarySent(process, thrown == null ? missed : 0));
      }
      timers.startSingleTimer(Timer.CANARY_MISSING, canaries.pause());
    }

    /** On the canary's thread. Of the other programs, none of an open's runs is left out. */
    private long sendAndRead(String token) {
      program.canary().send(token);
      return program.name() == ProgramName.HOOKED ? process.misses() : 0;
    }

    private TraceFailure failed(String reason, boolean conclusive) {
      env.programs().failed(reason, conclusive);
      return TraceSource.this.failed(reason);
    }
  }
}
