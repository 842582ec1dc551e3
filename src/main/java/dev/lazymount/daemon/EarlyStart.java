package dev.lazymount.daemon;

import dev.lazymount.catalog.Catalog;
import dev.lazymount.catalog.CatalogActor;
import dev.lazymount.catalog.CatalogScan;
import dev.lazymount.linux.DirectoryId;
import dev.lazymount.linux.SyscallException;
import dev.lazymount.status.DaemonStatus;
import dev.lazymount.trace.TraceProcess;
import dev.lazymount.trace.program.TraceFailure;
import dev.lazymount.trace.program.TraceProgram;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The first scan and the first run of bpftrace, begun before the actors. bpftrace compiles its
 * program while Akka starts, so the daemon is ready earlier ({@code ./dev bench start}). The actors
 * take over what was begun where they would begin it themselves.
 *
 * <p>All of it happens on one thread, which does not keep the process alive, because both may hang
 * with the storage. A run is begun only if the scan ends before an actor asks for a program.
 */
final class EarlyStart {
  /** A run, and the directory that the root was when it was begun. */
  private record Run(TraceProgram program, TraceProcess process, DirectoryId root) {}

  private final Assembly.TracePart usual;
  private final DaemonStatus status;
  private final String root;

  /** Null once an actor has taken it, so that the first catalog does not stay in memory. */
  private final AtomicReference<CompletableFuture<CatalogScan.Scan>> scan =
      new AtomicReference<>(new CompletableFuture<>());

  /** Set by the one who makes the first program: this class or an actor. */
  private final AtomicBoolean claimed = new AtomicBoolean();

  /** Holds null if the root is missing. */
  private final CompletableFuture<Run> run = new CompletableFuture<>();

  private EarlyStart(Assembly.TracePart usual, DaemonStatus status, String root) {
    this.usual = usual;
    this.status = status;
    this.root = root;
  }

  /**
   * Begins, and returns at once.
   *
   * @param scanner scans the images
   * @param usual makes and runs trace programs
   * @param status receives what the scan found about names, which the program depends on
   * @param root absolute path
   */
  static EarlyStart begin(
      CatalogActor.Scanner scanner, Assembly.TracePart usual, DaemonStatus status, String root) {
    EarlyStart early = new EarlyStart(usual, status, root);
    CompletableFuture<CatalogScan.Scan> answer = early.scan.get();
    Thread thread = new Thread(() -> early.run(scanner, answer), "early-start");
    thread.setDaemon(true);
    thread.start();
    return early;
  }

  private void run(CatalogActor.Scanner scanner, CompletableFuture<CatalogScan.Scan> answer) {
    try {
      CatalogScan.Scan found = scanner.scan(Catalog.empty());
      Catalog catalog = found.catalog();
      status.catalog(catalog.size(), catalog.maxDepth(), catalog.longestComponent(), null);
      answer.complete(found);
    } catch (IOException | RuntimeException | Error e) {
      // Errors too, because an actor waits for the result.
      answer.completeExceptionally(e);
      return;
    }
    if (claimed.compareAndSet(false, true)) {
      try {
        DirectoryId now = DirectoryId.of(root);
        TraceProgram program = usual.programs().next();
        run.complete(new Run(program, usual.launcher().launch(program), now));
      } catch (SyscallException rootIsMissing) {
        run.complete(null);
      } catch (RuntimeException | Error e) {
        run.completeExceptionally(e);
      }
    }
  }

  /** The scanner, whose first scan is the one that was begun. */
  CatalogActor.Scanner scanner(CatalogActor.Scanner next) {
    return previous -> {
      CompletableFuture<CatalogScan.Scan> begun = scan.getAndSet(null);
      if (begun == null) {
        return next.scan(previous);
      }
      try {
        return begun.get();
      } catch (ExecutionException e) {
        throw e.getCause() instanceof IOException cause ? cause : new IOException(e.getCause());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted", e);
      }
    };
  }

  /** The part of the trace, whose first run is the one that was begun. */
  Assembly.TracePart trace() {
    TakeOver takeOver = new TakeOver();
    return new Assembly.TracePart(takeOver, takeOver::launch);
  }

  /** Used by one thread at a time, except {@link #abandoned}. */
  private final class TakeOver implements TraceProgram.Factory {
    private boolean asked;

    /** The run whose program was handed over and whose process was not. */
    private Run half;

    @Override
    public TraceProgram next() {
      end(half);
      half = null;
      if (!asked) {
        asked = true;
        if (!claimed.compareAndSet(false, true)) {
          Run begun = await();
          if (begun != null && isRight(begun)) {
            half = begun;
            return begun.program();
          }
          end(begun);
        }
      }
      return usual.programs().next();
    }

    private Run await() {
      try {
        return run.get();
      } catch (ExecutionException e) {
        throw e.getCause() instanceof TraceFailure failure
            ? failure
            : new TraceFailure(e.getCause().toString());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new TraceFailure("interrupted");
      }
    }

    /** Something may have been mounted on the root, or the names may have changed. */
    private boolean isRight(Run begun) {
      try {
        return begun.program().names().fit(status.deepestName(), status.longestComponent())
            && DirectoryId.of(root).equals(begun.root());
      } catch (SyscallException e) {
        return false;
      }
    }

    private TraceProcess launch(TraceProgram program) {
      Run begun = half;
      half = null;
      if (begun != null && begun.program().equals(program)) {
        return begun.process();
      }
      end(begun);
      return usual.launcher().launch(program);
    }

    private void end(Run begun) {
      if (begun != null) {
        begun.process().kill();
      }
    }

    @Override
    public void abandoned() {
      if (claimed.compareAndSet(false, true)) {
        run.complete(null);
      }
      CompletableFuture<Void> unused = run.thenAccept(this::end);
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
