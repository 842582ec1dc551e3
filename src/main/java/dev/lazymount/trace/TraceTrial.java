package dev.lazymount.trace;

import dev.lazymount.status.ProgramName;
import dev.lazymount.trace.program.Canary;
import dev.lazymount.trace.program.TraceFailure;
import dev.lazymount.trace.program.TraceProgram;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * One run of a trace without actors: makes an access and checks whether it returns through bpftrace
 * and parser. Blocks; leaves no process.
 */
public final class TraceTrial {
  private static final long BETWEEN_CANARIES_MILLIS = 100;

  /** How long the trial waits for exit status and standard error once the output has ended. */
  private static final long END_MILLIS = 1000;

  private final TraceProgram program;
  private final String canaryPrefix;
  private final CountDownLatch over = new CountDownLatch(1);
  private volatile boolean returned;

  /** The result of a trial. */
  public sealed interface Result {
    /**
     * The access returned.
     *
     * @param program the program that reported it
     * @param millis from the start of bpftrace to the canary's return, milliseconds
     */
    record Seen(ProgramName program, double millis) implements Result {}

    /**
     * The access returned, but by another program than the preferred one.
     *
     * @param note why, for display
     */
    record SeenByFallback(ProgramName program, double millis, String note) implements Result {}

    /** No access returned, for this reason. */
    record NotSeen(String reason) implements Result {}
  }

  private TraceTrial(TraceProgram program, String canaryPrefix) {
    this.program = program;
    this.canaryPrefix = canaryPrefix;
  }

  /**
   * Runs a program; and if that does not work and the factory has another, that one.
   *
   * @param programs makes them
   * @param launcher runs them
   * @param root below which the access is made
   * @param patience for each run
   */
  public static Result run(
      TraceProgram.Factory programs,
      TraceProcess.Launcher launcher,
      String root,
      Duration patience) {
    Result result = new Result.NotSeen("no program was run");
    for (int i = 0; i < programs.choices(); i++) {
      try {
        TraceProgram program = programs.next();
        result =
            new TraceTrial(program, root + "/" + Canary.PREFIX)
                .run(launcher.launch(program), patience);
      } catch (TraceFailure e) {
        return new Result.NotSeen(e.getMessage());
      }
      if (result instanceof Result.NotSeen notSeen) {
        programs.failed(notSeen.reason(), true);
      } else {
        return result;
      }
    }
    return result;
  }

  private Result run(TraceProcess process, Duration patience) {
    long start = System.nanoTime();
    String token = program.canary().token();
    ErrorLines errors = new ErrorLines();
    CountDownLatch errorsEnd = new CountDownLatch(1);
    try {
      thread("trial-output", () -> read(process.output(), token));
      thread("trial-errors", () -> read(process.errors(), errors, errorsEnd));
      thread("trial-canary", () -> send(token));
      boolean inTime = over.await(patience.toMillis(), TimeUnit.MILLISECONDS);
      double millis = (System.nanoTime() - start) / 1e6;
      if (returned) {
        return program.note() == null
            ? new Result.Seen(program.name(), millis)
            : new Result.SeenByFallback(program.name(), millis, program.note());
      }
      return new Result.NotSeen(
          inTime
              ? end(process, errors, errorsEnd)
              : silence(errors, "no access was reported within " + patience.toSeconds() + " s"));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Result.NotSeen("interrupted");
    } finally {
      process.kill();
    }
  }

  private static String end(TraceProcess process, ErrorLines errors, CountDownLatch errorsEnd)
      throws InterruptedException {
    try {
      int status = process.exit().toCompletableFuture().get(END_MILLIS, TimeUnit.MILLISECONDS);
      boolean unused = errorsEnd.await(END_MILLIS, TimeUnit.MILLISECONDS);
      synchronized (errors) {
        return errors.describe(status);
      }
    } catch (ExecutionException | TimeoutException e) {
      return silence(errors, "bpftrace has closed its output");
    }
  }

  private static String silence(ErrorLines errors, String what) {
    synchronized (errors) {
      String reason = errors.reason();
      return reason.isEmpty() ? what : what + ": " + reason;
    }
  }

  private static void thread(String name, Runnable work) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    thread.start();
  }

  /** Repeatedly, because canaries before the program is attached are not seen. */
  private void send(String token) {
    try {
      while (!over.await(BETWEEN_CANARIES_MILLIS, TimeUnit.MILLISECONDS)) {
        program.canary().send(token);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void read(InputStream output, String token) {
    TraceParser parser = new TraceParser(program.mark(), canaryPrefix);
    byte[] buffer = new byte[8192];
    try {
      int count;
      while (!returned && (count = output.read(buffer)) >= 0) {
        TraceBatch batch = parser.feed(Arrays.copyOf(buffer, count), System.nanoTime());
        returned = batch.canaries().contains(token);
      }
    } catch (IOException e) {
      // It was killed, because the trial is over.
    }
    over.countDown();
  }

  private static void read(InputStream from, ErrorLines errors, CountDownLatch end) {
    LineSplitter splitter = new LineSplitter();
    byte[] buffer = new byte[8192];
    try {
      int count;
      while ((count = from.read(buffer)) >= 0) {
        for (String line : splitter.feed(Arrays.copyOf(buffer, count))) {
          synchronized (errors) {
            errors.add(line);
          }
        }
      }
    } catch (IOException e) {
      // It was killed, because the trial is over.
    }
    end.countDown();
  }
}
