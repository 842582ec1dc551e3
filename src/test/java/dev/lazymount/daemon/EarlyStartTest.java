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
import dev.lazymount.trace.program.TraceFailure;
import dev.lazymount.trace.program.TraceProgram;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was begun early is taken over once, and then all is as without it. */
class EarlyStartTest {
  private static final CatalogScan.Scan SCAN =
      new CatalogScan.Scan(
          Catalog.of(List.of(new ImageFile("arm64/gcc", "arm64/gcc.img")), Map.of()), List.of(), 0);

  @TempDir private Path folder;
  private Path root;

  private final DaemonStatus status = new DaemonStatus();
  private final List<TraceProgram> made = Collections.synchronizedList(new ArrayList<>());
  private final List<Run> launched = Collections.synchronizedList(new ArrayList<>());
  private final AtomicInteger scans = new AtomicInteger();
  private volatile TraceProgram.Names names = TraceProgram.Names.ALL;
  private volatile RuntimeException noProgram;
  private volatile RuntimeException noProcess;

  private final Assembly.TracePart trace = new Assembly.TracePart(this::program, this::launch);

  @BeforeEach
  void makeRoot() throws IOException {
    root = Files.createDirectory(folder.resolve("root"));
  }

  private TraceProgram program() {
    if (noProgram != null) {
      throw noProgram;
    }
    made.add(
        new TraceProgram(
            ProgramName.RESOLVED, "deepest " + status.deepestName(), "", 0, names, null, null));
    return made.get(made.size() - 1);
  }

  private TraceProcess launch(TraceProgram program) {
    if (noProcess != null) {
      throw noProcess;
    }
    launched.add(new Run());
    return launched.get(launched.size() - 1);
  }

  private CatalogScan.Scan scan(Catalog previous) {
    scans.incrementAndGet();
    return SCAN;
  }

  private EarlyStart begin(CatalogActor.Scanner scanner) {
    return EarlyStart.begin(scanner, trace, status, root.toString());
  }

  /** Its scan has ended, and its run has begun. */
  private Assembly.TracePart begun() {
    int runs = launched.size();
    Assembly.TracePart part = begin(this::scan).trace();
    while (launched.size() == runs) {
      Thread.onSpinWait();
    }
    return part;
  }

  @Test
  void firstScanIsTheOneThatWasBegun() throws IOException {
    CatalogActor.Scanner scanner = begin(this::scan).scanner(this::scan);
    assertSame(SCAN, scanner.scan(Catalog.empty()));
    assertEquals(1, scans.get());
    assertSame(SCAN, scanner.scan(SCAN.catalog()));
    assertEquals(2, scans.get());
  }

  @Test
  void failedScanIsReportedAndRepeated() throws IOException {
    IOException broken = new IOException("no such directory");
    CatalogActor.Scanner scanner =
        begin(
                previous -> {
                  throw broken;
                })
            .scanner(this::scan);
    assertSame(broken, assertThrows(IOException.class, () -> scanner.scan(Catalog.empty())));
    assertSame(SCAN, scanner.scan(Catalog.empty()));
  }

  @Test
  void failedScanBeginsNoRun() {
    EarlyStart early =
        begin(
            previous -> {
              throw new LinkageError("no native library");
            });
    assertThrows(IOException.class, () -> early.scanner(this::scan).scan(Catalog.empty()));
    assertEquals("deepest 0", early.trace().programs().next().source());
    assertEquals(List.of(), launched);
  }

  @Test
  void firstRunIsTheOneThatWasBegunAndKnowsTheNames() {
    Assembly.TracePart part = begun();
    TraceProgram program = part.programs().next();
    assertEquals("deepest 2", program.source());
    assertSame(launched.get(0), part.launcher().launch(program));
    assertEquals(1, launched.size());

    TraceProgram next = part.programs().next();
    assertNotSame(program, next);
    TraceProcess second = part.launcher().launch(next);
    assertSame(launched.get(1), second);
    assertEquals(0, launched.get(0).killed.get(), "it was handed over");
  }

  @Test
  void runForOtherNamesIsKilled() {
    names = (deepest, longest) -> deepest <= 2;
    Assembly.TracePart part = begun();
    status.catalog(2, 3, 10, null);
    assertEquals("deepest 3", part.programs().next().source());
    assertEquals(1, launched.get(0).killed.get());
  }

  @Test
  void runForAnotherRootIsKilled() throws Exception {
    Assembly.TracePart part = begun();
    Files.move(root, folder.resolve("away"));
    Files.createDirectory(root);
    part.programs().next();
    assertEquals(1, launched.get(0).killed.get());
    assertEquals(2, made.size());
  }

  @Test
  void missingRootBeginsNoRun() throws Exception {
    Files.delete(root);
    EarlyStart early = begin(this::scan);
    early.scanner(this::scan).scan(Catalog.empty());
    early.trace().programs().next();
    assertEquals(1, made.size());
    assertEquals(List.of(), launched);
  }

  @Test
  void runWhoseProcessIsNotTakenIsKilled() {
    Assembly.TracePart part = begun();
    part.programs().next();
    TraceProgram other = part.programs().next();
    assertEquals(1, launched.get(0).killed.get());
    TraceProcess second = part.launcher().launch(other);
    assertSame(launched.get(1), second);
    assertEquals(0, launched.get(1).killed.get());
  }

  @Test
  void abandonedRunIsKilled() throws Exception {
    Assembly.TracePart part = begun();
    part.programs().abandoned();
    assertTrue(launched.get(0).ended.await(10, TimeUnit.SECONDS));
  }

  @Test
  void abandonedBeforeItsBeginItNeverBegins() {
    CountDownLatch storage = new CountDownLatch(1);
    EarlyStart early = begin(previous -> await(storage));
    early.trace().programs().abandoned();
    storage.countDown();
    early.trace().programs().next();
    assertEquals(List.of(), launched);
  }

  @Test
  void failureToMakeAProgramIsReportedAndNotRepeated() throws IOException {
    TraceFailure why = new TraceFailure("no kernel types");
    noProgram = why;
    EarlyStart early = begin(this::scan);
    early.scanner(this::scan).scan(Catalog.empty());
    TraceProgram.Factory programs = early.trace().programs();
    assertSame(why, assertThrows(TraceFailure.class, programs::next));
    noProgram = null;
    programs.next();
    assertEquals(1, made.size());
  }

  @Test
  void scanThatHangsIsNotAwaitedByTheTrace() {
    CountDownLatch end = new CountDownLatch(1);
    EarlyStart early = begin(previous -> await(end));
    assertEquals("deepest 0", early.trace().programs().next().source());
    end.countDown();
    assertEquals(1, made.size());
  }

  private static CatalogScan.Scan await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return SCAN;
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
