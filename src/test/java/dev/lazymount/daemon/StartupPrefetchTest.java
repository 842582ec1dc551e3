package dev.lazymount.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.catalog.Catalog;
import dev.lazymount.catalog.CatalogActor;
import dev.lazymount.catalog.CatalogScan;
import dev.lazymount.catalog.ImageFile;
import dev.lazymount.status.DaemonStatus;
import dev.lazymount.status.ProgramName;
import dev.lazymount.support.NoProcess;
import dev.lazymount.trace.TraceProcess;
import dev.lazymount.trace.program.Canary;
import dev.lazymount.trace.program.TraceFailure;
import dev.lazymount.trace.program.TraceProgram;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** A head start is handed over once, and then all is as without one. */
class StartupPrefetchTest {
  private static final CatalogScan.Scan SCAN =
      new CatalogScan.Scan(
          Catalog.of(List.of(new ImageFile("arm64/gcc", "arm64/gcc.img")), Map.of()), List.of(), 0);

  private final DaemonStatus status = new DaemonStatus();
  private final List<TraceProgram> made = Collections.synchronizedList(new ArrayList<>());
  private final List<Run> launched = Collections.synchronizedList(new ArrayList<>());
  private final AtomicInteger scans = new AtomicInteger();
  private volatile Supplier<TraceFailure> refusal = () -> null;
  private volatile Supplier<TraceFailure> noProgram = () -> null;

  private final Assembly.TracePart trace = new Assembly.TracePart(this::program, this::launch);

  private TraceProgram program() {
    if (noProgram.get() != null) {
      throw noProgram.get();
    }
    Canary canary = null;
    made.add(
        new TraceProgram(
            ProgramName.PATH, "program for " + status.deepestName(), "", 0, canary, null));
    return made.get(made.size() - 1);
  }

  private TraceProcess launch(TraceProgram program) {
    if (refusal.get() != null) {
      throw refusal.get();
    }
    launched.add(new Run());
    return launched.get(launched.size() - 1);
  }

  private CatalogScan.Scan scan(Catalog previous) {
    scans.incrementAndGet();
    return SCAN;
  }

  private StartupPrefetch begin() {
    return StartupPrefetch.begin(this::scan, status, trace);
  }

  @Test
  void theFirstScanIsTheOneThatWasBegunAndTheNextOneIsAnother() throws IOException {
    CatalogActor.Scanner scanner = begin().scanner(this::scan);
    assertSame(SCAN, scanner.scan(Catalog.empty()));
    assertEquals(1, scans.get());
    assertEquals(2, status.deepestName(), "the program was told how deep names are");
    assertSame(SCAN, scanner.scan(SCAN.catalog()));
    assertEquals(2, scans.get());
  }

  @Test
  void aFirstScanThatFailedFailsWhereItIsWaitedForAndIsMadeAgain() throws IOException {
    IOException broken = new IOException("no such directory");
    CatalogActor.Scanner scanner =
        StartupPrefetch.begin(
                previous -> {
                  throw broken;
                },
                status,
                trace)
            .scanner(this::scan);
    assertSame(broken, assertThrows(IOException.class, () -> scanner.scan(Catalog.empty())));
    assertSame(SCAN, scanner.scan(Catalog.empty()));
  }

  @Test
  void theFirstRunIsTheOneThatWasBegunAndKnowsTheNames() {
    Assembly.TracePart part = begin().trace();
    TraceProgram program = part.programs().next();
    assertEquals("program for 2", program.source());
    assertSame(launched.get(0), part.launcher().launch(program));
    assertEquals(1, launched.size());

    TraceProgram next = part.programs().next();
    assertNotSame(program, next);
    TraceProcess second = part.launcher().launch(next);
    assertSame(launched.get(1), second);
    assertEquals(2, launched.size());
    assertEquals(0, launched.get(0).killed.get(), "it was handed over");
  }

  /** As when names became deeper in the meantime. */
  @Test
  void aRunThatNobodyWantsIsEnded() {
    Assembly.TracePart part = begin().trace();
    part.programs().next();
    TraceProgram other = part.programs().next();
    assertEquals(1, launched.get(0).killed.get());
    TraceProcess second = part.launcher().launch(other);
    assertSame(launched.get(1), second);
    assertEquals(0, launched.get(1).killed.get());
  }

  /** As when the trace gets other settings before it has begun, or while it hangs. */
  @Test
  void aRunThatIsAbandonedIsEndedAlsoIfItBeginsOnlyThen() throws Exception {
    CountDownLatch storage = new CountDownLatch(1);
    Assembly.TracePart part =
        StartupPrefetch.begin(
                this::scan,
                status,
                new Assembly.TracePart(
                    () -> {
                      await(storage);
                      return program();
                    },
                    this::launch))
            .trace();
    part.programs().abandoned();
    storage.countDown();
    TraceProgram program = part.programs().next();
    assertEquals("program for 2", program.source());
    assertTrue(launched.get(0).ended.await(10, TimeUnit.SECONDS));
    assertEquals(1, launched.get(0).killed.get());
  }

  @Test
  void whatCouldNotBeMadeOrRunIsSaidWhereItIsWaitedForAndTriedAgain() {
    TraceFailure why = new TraceFailure("no kernel types");
    noProgram = () -> why;
    Assembly.TracePart part = begin().trace();
    assertSame(why, assertThrows(TraceFailure.class, () -> part.programs().next()));
    noProgram = () -> null;
    part.launcher().launch(part.programs().next());
    assertEquals(1, launched.size());

    refusal = () -> why;
    Assembly.TracePart other = begin().trace();
    TraceProgram program = other.programs().next();
    assertSame(why, assertThrows(TraceFailure.class, () -> other.launcher().launch(program)));
    refusal = () -> null;
    other.launcher().launch(other.programs().next());
    assertEquals(2, launched.size());
  }

  /** As when a class of the native part can't be loaded. */
  @Test
  void anErrorIsAFailureAndHangsNobody() {
    Error why = new LinkageError("no native library");
    StartupPrefetch head =
        StartupPrefetch.begin(
            previous -> {
              throw why;
            },
            status,
            new Assembly.TracePart(
                () -> {
                  throw why;
                },
                this::launch));
    IOException scan =
        assertThrows(IOException.class, () -> head.scanner(this::scan).scan(Catalog.empty()));
    assertSame(why, scan.getCause());
    TraceFailure program = assertThrows(TraceFailure.class, () -> head.trace().programs().next());
    assertEquals(why.toString(), program.getMessage());
  }

  @Test
  void aScanThatHangsIsNotWaitedForForLong() {
    CountDownLatch end = new CountDownLatch(1);
    StartupPrefetch head =
        StartupPrefetch.begin(
            previous -> {
              await(end);
              return SCAN;
            },
            status,
            trace);
    assertEquals("program for 0", head.trace().programs().next().source());
    end.countDown();
    assertEquals(1, made.size());
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static final class Run extends NoProcess {
    private final AtomicInteger killed = new AtomicInteger();
    private final CountDownLatch ended = new CountDownLatch(1);

    @Override
    public void kill() {
      killed.incrementAndGet();
      ended.countDown();
    }
  }
}
