package dev.lazymount.trace;

import dev.lazymount.trace.program.Canary;
import dev.lazymount.trace.program.TraceFailure;
import dev.lazymount.trace.program.TraceProgram;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * One run of a trace without actors: an access of our own is made, and it comes back through
 * bpftrace and parser, or it does not. Blocks; leaves no process.
 */
public final class TraceTrial {
  /** Of what bpftrace complains of, so much is repeated. */
  private static final int MAX_COMPLAINT = 400;

  private static final int TRIES = 2;
  private static final long BETWEEN_CANARIES_MILLIS = 100;

  private final TraceProgram program;
  private final String canaryPrefix;
  private final CountDownLatch over = new CountDownLatch(1);
  private volatile boolean back;

  /**
   * What came of it.
   *
   * @param program which one ran last: path or resolved
   * @param note why it was this one, if another was asked for; else null
   * @param millis from the start of bpftrace to the canary's return, milliseconds
   * @param problem why no canary came back; null if one did
   */
  public record Result(String program, String note, double millis, String problem) {}

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
    Result result = new Result("none", null, 0, "no program was run");
    String before = null;
    for (int i = 0; i < TRIES; i++) {
      try {
        TraceProgram program = programs.next();
        if (program.name().equals(before)) {
          break;
        }
        before = program.name();
        result =
            new TraceTrial(program, root + "/" + Canary.PREFIX)
                .run(launcher.launch(program), patience);
      } catch (TraceFailure e) {
        return new Result(result.program(), null, 0, e.getMessage());
      }
      if (result.problem() == null) {
        return result;
      }
      programs.failed(result.problem(), true);
    }
    return result;
  }

  private Result run(TraceProcess process, Duration patience) {
    long start = System.nanoTime();
    String token = program.canary().token();
    thread("trial-output", () -> read(process.output(), token));
    try {
      byte[] complaints = new byte[MAX_COMPLAINT];
      int[] length = {0};
      thread("trial-errors", () -> length[0] = readErrors(process.errors(), complaints));
      thread("trial-canary", () -> fly(token));
      boolean inTime = over.await(patience.toMillis(), TimeUnit.MILLISECONDS);
      double millis = (System.nanoTime() - start) / 1e6;
      if (back) {
        return new Result(program.name(), program.note(), millis, null);
      }
      String said =
          new String(Arrays.copyOf(complaints, length[0]), StandardCharsets.UTF_8)
              .replaceAll("\\p{Cntrl}+", " ")
              .strip();
      String what =
          inTime ? "bpftrace ended" : "no access came back within " + patience.toSeconds() + " s";
      return new Result(
          program.name(), program.note(), millis, said.isEmpty() ? what : what + ": " + said);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Result(program.name(), null, 0, "interrupted");
    } finally {
      process.kill();
    }
  }

  private static void thread(String name, Runnable work) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    thread.start();
  }

  /** Again and again: those before the program is attached are not seen. */
  private void fly(String token) {
    try {
      while (!over.await(BETWEEN_CANARIES_MILLIS, TimeUnit.MILLISECONDS)) {
        program.canary().fly(token);
      }
    } catch (InterruptedException e) {
      // The trial is over.
    }
  }

  private void read(InputStream output, String token) {
    TraceParser parser = new TraceParser(program.mark(), canaryPrefix);
    byte[] buffer = new byte[8192];
    try {
      int count;
      while (!back && (count = output.read(buffer)) >= 0) {
        TraceBatch batch = parser.feed(Arrays.copyOf(buffer, count), System.nanoTime());
        back = batch.canaries().contains(token);
      }
    } catch (IOException e) {
      // Killed, as the trial is over.
    }
    over.countDown();
  }

  private static int readErrors(InputStream errors, byte[] into) {
    try {
      int length = errors.readNBytes(into, 0, into.length);
      errors.transferTo(java.io.OutputStream.nullOutputStream());
      return length;
    } catch (IOException e) {
      return 0;
    }
  }
}
