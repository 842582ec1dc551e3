package dev.lazymount.daemon;

import dev.lazymount.catalog.Catalog;
import dev.lazymount.catalog.CatalogActor;
import dev.lazymount.catalog.CatalogScan;
import dev.lazymount.status.DaemonStatus;
import dev.lazymount.trace.TraceProcess;
import dev.lazymount.trace.program.TraceFailure;
import dev.lazymount.trace.program.TraceProgram;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;

/**
 * What takes longest of a start, begun before there are actors: the first scan and, with what it
 * tells of the names, the first run of bpftrace, which compiles its program while Akka starts. Each
 * is handed over where an actor would begin it, and from then on all goes as it does without.
 *
 * <p>Both may hang with the storage, and so each has a thread of its own, which keeps no process
 * from ending. A bpftrace that nobody takes over ends with this process, as any of ours does.
 */
final class StartupPrefetch {
  /** A run: its program, and the process or why there is none. */
  private record Run(TraceProgram program, TraceProcess process, TraceFailure failure) {
    void kill() {
      if (process != null) {
        process.kill();
      }
    }
  }

  private final Assembly.TracePart usual;
  private final AtomicReference<CompletableFuture<CatalogScan.Scan>> scan;
  private final AtomicReference<CompletableFuture<Run>> run;

  /** The same run, handed over or not. */
  private final CompletableFuture<Run> first;

  /** The run whose program was handed over and whose process was not; of one thread at a time. */
  private Run awaited;

  private StartupPrefetch(
      Assembly.TracePart usual,
      CompletableFuture<CatalogScan.Scan> scan,
      CompletableFuture<Run> run) {
    this.usual = usual;
    this.scan = new AtomicReference<>(scan);
    this.run = new AtomicReference<>(run);
    this.first = run;
  }

  /**
   * Begins, and returns at once.
   *
   * @param scanner scans the images
   * @param status is told what the scan found, for the program
   * @param trace makes and runs trace programs
   */
  static StartupPrefetch begin(
      CatalogActor.Scanner scanner, DaemonStatus status, Assembly.TracePart trace) {
    CompletableFuture<CatalogScan.Scan> scan = new CompletableFuture<>();
    CompletableFuture<Run> run = new CompletableFuture<>();
    start("first-scan", () -> scan(scanner, status, scan));
    start("first-trace", () -> run(trace, scan, run));
    return new StartupPrefetch(trace, scan, run);
  }

  private static void start(String name, Runnable work) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    thread.start();
  }

  private static void scan(
      CatalogActor.Scanner scanner,
      DaemonStatus status,
      CompletableFuture<CatalogScan.Scan> answer) {
    try {
      CatalogScan.Scan found = scanner.scan(Catalog.empty());
      Catalog catalog = found.catalog();
      status.catalog(catalog.size(), catalog.maxDepth(), catalog.longestComponent(), null);
      answer.complete(found);
    } catch (IOException | RuntimeException | Error e) {
      // Errors too: whoever takes this over waits for it, and nobody else would hear of them.
      answer.completeExceptionally(e);
    }
  }

  private static void run(
      Assembly.TracePart trace,
      CompletableFuture<CatalogScan.Scan> scan,
      CompletableFuture<Run> answer) {
    try {
      scan.get(Supervisor.FIRST_SCAN.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException | ExecutionException e) {
      // Whoever takes the scan over says so.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    try {
      TraceProgram program = trace.programs().next();
      answer.complete(launch(trace, program));
    } catch (RuntimeException | Error e) {
      answer.completeExceptionally(e);
    }
  }

  private static Run launch(Assembly.TracePart trace, TraceProgram program) {
    try {
      return new Run(program, trace.launcher().launch(program), null);
    } catch (TraceFailure e) {
      return new Run(program, null, e);
    }
  }

  /** The scanner, whose first scan is the one that was begun. */
  CatalogActor.Scanner scanner(CatalogActor.Scanner usual) {
    return previous -> {
      CompletableFuture<CatalogScan.Scan> begun = scan.getAndSet(null);
      return begun == null ? usual.scan(previous) : await(begun);
    };
  }

  private static CatalogScan.Scan await(CompletableFuture<CatalogScan.Scan> begun)
      throws IOException {
    try {
      return begun.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException cause) {
        throw cause;
      }
      throw new IOException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /** The part of the trace, whose first run is the one that was begun. */
  Assembly.TracePart trace() {
    return new Assembly.TracePart(new Programs(), this::launch);
  }

  private TraceProcess launch(TraceProgram program) {
    Run begun = awaited;
    awaited = null;
    if (begun == null || !begun.program().equals(program)) {
      return usual.launcher().launch(program);
    }
    if (begun.failure() != null) {
      throw begun.failure();
    }
    return begun.process();
  }

  private final class Programs implements TraceProgram.Factory {
    @Override
    public TraceProgram next() {
      if (awaited != null) {
        // Somebody wants another program than that which was begun.
        awaited.kill();
        awaited = null;
      }
      CompletableFuture<Run> begun = run.getAndSet(null);
      if (begun == null) {
        return usual.programs().next();
      }
      try {
        awaited = begun.get();
        return awaited.program();
      } catch (ExecutionException e) {
        throw e.getCause() instanceof TraceFailure failure
            ? failure
            : new TraceFailure(e.getCause().toString());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new TraceFailure("interrupted");
      }
    }

    @Override
    public void abandoned() {
      // Nobody may come to take it over, and whoever has it is ended, too.
      CompletableFuture<Void> unused = first.thenAccept(Run::kill);
      usual.programs().abandoned();
    }

    @Override
    public void worked() {
      usual.programs().worked();
    }

    @Override
    public void failed(String reason, boolean conclusive) {
      usual.programs().failed(reason, conclusive);
    }
  }
}
