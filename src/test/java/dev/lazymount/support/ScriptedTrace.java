package dev.lazymount.support;

import dev.lazymount.config.Settings;
import dev.lazymount.status.Counters;
import dev.lazymount.status.ProgramName;
import dev.lazymount.trace.TraceEnv;
import dev.lazymount.trace.TraceProcess;
import dev.lazymount.trace.program.Canary;
import dev.lazymount.trace.program.TraceFailure;
import dev.lazymount.trace.program.TraceProgram;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.IntFunction;
import java.util.function.LongSupplier;

/**
 * Replaces bpftrace. Each run stays alive and reports its canaries, until the test changes that.
 */
public final class ScriptedTrace implements AutoCloseable {
  /** The line mark of all runs. */
  public static final String MARK = "0123456789abcdef";

  /** The prefix of a canary's path. */
  public static final String CANARY = "/ce/" + Canary.PREFIX;

  /** A canary that is reported. */
  public static final BiConsumer<Run, String> HOME =
      (run, token) -> run.print(event(CANARY + token, "canary"));

  /** A canary that is not reported. */
  public static final BiConsumer<Run, String> LOST = (run, token) -> {};

  private final BlockingQueue<Run> runs = new LinkedBlockingQueue<>();
  private final AtomicInteger launched = new AtomicInteger();
  private final AtomicInteger tokens = new AtomicInteger();
  private final ExecutorService flights = Executors.newSingleThreadExecutor();
  private volatile Run newest;
  private volatile BiConsumer<Run, String> canary = HOME;
  private volatile IntFunction<String> refusal = launch -> null;
  private final AtomicInteger programs = new AtomicInteger();
  private final AtomicInteger abandoned = new AtomicInteger();
  private volatile Runnable making = () -> {};
  private final List<String> failures = new CopyOnWriteArrayList<>();
  private final List<Boolean> conclusive = new CopyOnWriteArrayList<>();
  private volatile Runnable killing = () -> {};
  private volatile TraceProgram.Names names = TraceProgram.Names.ALL;
  private volatile ProgramName name = ProgramName.RESOLVED;
  private volatile LongSupplier misses = () -> 0;
  private volatile boolean otherProbe;

  /** The behaviour of all later canaries; it runs on the thread that sends them, and may block. */
  public void canary(BiConsumer<Run, String> flight) {
    canary = flight;
  }

  /** The reason why a launch fails, by its number from 1 on; null if it succeeds. */
  public void refuse(IntFunction<String> why) {
    refusal = why;
  }

  /** Waits for the next run. */
  public Run run() throws InterruptedException {
    Run run = runs.poll(10, TimeUnit.SECONDS);
    if (run == null) {
      throw new AssertionError("bpftrace was not started");
    }
    return run;
  }

  /** The number of canaries that were made. */
  public int canaries() {
    return tokens.get();
  }

  /** The number of launches, failed ones included. */
  public int launches() {
    return launched.get();
  }

  /** The line of an event. */
  public static String event(String path, String comm) {
    return MARK + " 4711 openat " + path + "\t" + comm + "\t" + MARK + "\n";
  }

  /** The line that ends a window. */
  public static String tick() {
    return MARK + " tick\n";
  }

  /** The dependencies of a TraceSource. */
  public TraceEnv env(Counters counters, Duration canaryTimeout) {
    Duration soon = Duration.ofMillis(10);
    Settings.Trace settings =
        new Settings.Trace(
            Settings.Program.PATH,
            "bpftrace",
            Duration.ofSeconds(1),
            soon,
            soon.multipliedBy(2),
            soon,
            canaryTimeout,
            List.of(),
            0,
            1000,
            64);
    return new TraceEnv(
        settings,
        new Programs(),
        this::launch,
        CANARY,
        flights,
        "lazymount-dispatchers.trace",
        soon,
        counters);
  }

  /** Later runs are of the hooked program, whose opens the kernel misses so often. */
  public void misses(LongSupplier soFar) {
    name = ProgramName.HOOKED;
    misses = soFar;
  }

  /** Whether there is a program that misses none. */
  public void hasOtherProbe(boolean has) {
    otherProbe = has;
  }

  /** The names that later programs can report. */
  public void names(TraceProgram.Names right) {
    names = right;
  }

  /** Runs before each program is made, and may block. */
  public void making(Runnable storage) {
    making = storage;
  }

  /** Runs before each kill of a process, and may block. */
  public void killing(Runnable end) {
    killing = end;
  }

  /** The number of programs made or being made. */
  public int programs() {
    return programs.get();
  }

  /** The number of calls of TraceProgram.Factory.abandoned(). */
  public int abandoned() {
    return abandoned.get();
  }

  /** The reasons of failed programs so far. */
  public List<String> failures() {
    return List.copyOf(failures);
  }

  /** Whether each of these failures says something about its program. */
  public List<Boolean> conclusive() {
    return List.copyOf(conclusive);
  }

  private final class Programs implements TraceProgram.Factory {
    @Override
    public TraceProgram next() {
      return program();
    }

    @Override
    public void abandoned() {
      abandoned.incrementAndGet();
    }

    @Override
    public void failed(String reason, boolean conclusive) {
      failures.add(reason);
      ScriptedTrace.this.conclusive.add(conclusive);
    }

    @Override
    public boolean missed() {
      return otherProbe;
    }
  }

  private TraceProgram program() {
    programs.incrementAndGet();
    making.run();
    Canary sent =
        new Canary() {
          @Override
          public String token() {
            return "token" + tokens.incrementAndGet();
          }

          @Override
          public void send(String token) {
            canary.accept(newest, token);
          }
        };
    return new TraceProgram(name, "the program", MARK, 192, names, sent, null);
  }

  private TraceProcess launch(TraceProgram program) {
    int number = launched.incrementAndGet();
    String why = refusal.apply(number);
    if (why != null) {
      throw new TraceFailure(why);
    }
    newest = new Run(number);
    runs.add(newest);
    return newest;
  }

  @Override
  public void close() {
    flights.shutdownNow();
  }

  /** One bpftrace process. */
  public final class Run implements TraceProcess {
    private final long pid;
    private final ScriptedStream output = new ScriptedStream();
    private final ScriptedStream errors = new ScriptedStream();
    private final CompletableFuture<Integer> exit = new CompletableFuture<>();
    private final CompletableFuture<Void> killed = new CompletableFuture<>();

    private Run(long pid) {
      this.pid = pid;
    }

    /** Prints to standard output. */
    public void print(String text) {
      output.print(text);
    }

    /** Prints to standard error. */
    public void complain(String text) {
      errors.print(text);
    }

    /**
     * Ends by itself. The daemon waits only briefly for the last output, and a test machine may be
     * slow; so the exit status comes after the output has been read.
     */
    public void end(int status) {
      output.end();
      errors.end().thenRun(() -> exit.complete(status));
    }

    /** Waits until it is killed. */
    public void awaitKilled() throws Exception {
      killed.get(10, TimeUnit.SECONDS);
    }

    /** Whether it was killed. */
    public boolean isKilled() {
      return killed.isDone();
    }

    /** The number of prints that have not been read. */
    public int unread() {
      return output.unread();
    }

    @Override
    public long pid() {
      return pid;
    }

    @Override
    public InputStream output() {
      return output;
    }

    @Override
    public InputStream errors() {
      return errors;
    }

    @Override
    public CompletionStage<Integer> exit() {
      return exit;
    }

    @Override
    public long misses() {
      return misses.getAsLong();
    }

    @Override
    public void kill() {
      killing.run();
      killed.complete(null);
      end(128 + 9);
    }
  }
}
