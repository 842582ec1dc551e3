package dev.lazymount.catalog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import akka.actor.testkit.typed.javadsl.TestProbe;
import akka.actor.typed.ActorRef;
import dev.lazymount.linux.Errno;
import dev.lazymount.linux.SyscallException;
import dev.lazymount.status.DaemonStatus;
import dev.lazymount.support.ManualExecutor;
import dev.lazymount.support.SynchronousTestKit;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

final class CatalogActorTest {
  private static final Duration RESCAN = Duration.ofSeconds(60);
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Duration HINT_PAUSE = Duration.ofSeconds(2);
  private static final Duration SOON = Duration.ofSeconds(10);

  private static SynchronousTestKit stage;

  private final ManualExecutor scanning = new ManualExecutor();
  private final DaemonStatus status = new DaemonStatus();
  private final Deque<CatalogActor.Scanner> script = new ArrayDeque<>();
  private final List<Catalog> previous = new ArrayList<>();
  private final TestProbe<Catalog> router = stage.kit().createTestProbe();

  @BeforeAll
  static void open() {
    stage = new SynchronousTestKit();
  }

  @AfterAll
  static void close() {
    stage.close();
  }

  @Test
  void scansAtOnceAndSendsTheCatalogToSubscribers() {
    ActorRef<CatalogActor.Command> catalog = subscribed();
    assertEquals(1, scanning.waiting());
    scan(found("gcc"));
    assertNames("gcc");
    assertEquals(1, status.imagesKnown());
    assertNull(status.catalogProblem());
    assertSame(Catalog.empty().getClass(), previous.get(0).getClass());
    assertEquals(0, previous.get(0).size());
    stage.kit().stop(catalog);
  }

  @Test
  void aLateSubscriberGetsTheNewestCatalog() {
    ActorRef<CatalogActor.Command> catalog = actor();
    scan(found("gcc"));
    catalog.tell(new CatalogActor.Subscribe(router.getRef()));
    assertNames("gcc");
  }

  @Test
  void nothingIsSentBeforeTheFirstScanHasEnded() {
    ActorRef<CatalogActor.Command> catalog = subscribed();
    for (int i = 0; i < 10; i++) {
      stage.pass(RESCAN);
      catalog.tell(new CatalogActor.Hint());
    }
    assertEquals(1, scanning.waiting(), "one scan at a time");
    scan(found("gcc"));
    assertNames("gcc");
    router.expectNoMessage(Duration.ZERO);
  }

  @Test
  void scansAgainAtItsInterval() {
    subscribed();
    scan(found("gcc"));
    assertNames("gcc");
    stage.pass(RESCAN.minusMillis(1));
    assertEquals(0, scanning.waiting());
    stage.pass(Duration.ofMillis(1));
    scan(found("clang", "gcc"));
    assertNames("clang", "gcc");
    assertEquals(List.of("gcc"), List.copyOf(previous.get(1).names()));
    stage.pass(RESCAN);
    assertEquals(1, scanning.waiting());
  }

  @Test
  void aRescanStartsAfterTheRequestAndSaysWhatChanged() {
    ActorRef<CatalogActor.Command> catalog = subscribed();
    TestProbe<CatalogChanges> asker = stage.kit().createTestProbe();
    catalog.tell(new CatalogActor.Rescan(asker.getRef()));
    scan(found("clang", "gcc"));
    assertNames("clang", "gcc");
    asker.expectNoMessage(Duration.ZERO);
    assertEquals(1, scanning.waiting(), "the one under way may have missed it");
    scan(found("gcc", "rust"));
    CatalogChanges changes = asker.receiveMessage(SOON);
    assertEquals(List.of("rust"), changes.added());
    assertEquals(List.of("clang"), changes.removed());
    assertEquals(2, changes.known());
    assertNull(changes.problem());
    assertEquals(0, scanning.waiting());

    catalog.tell(new CatalogActor.Rescan(asker.getRef()));
    scan(failed(new SyscallException("openat /images", Errno.ESTALE)));
    changes = asker.receiveMessage(SOON);
    assertTrue(changes.problem().contains("ESTALE"), changes.toString());
    assertEquals(List.of(), changes.removed());
  }

  @Test
  void aReloadWithTheSameIntervalDoesNotDelayTheScan() {
    ActorRef<CatalogActor.Command> catalog = subscribed();
    scan(found("gcc"));
    for (int i = 0; i < 3; i++) {
      stage.pass(RESCAN.dividedBy(4));
      catalog.tell(new CatalogActor.Interval(RESCAN));
    }
    stage.pass(RESCAN.dividedBy(4));
    assertEquals(1, scanning.waiting());
  }

  @Test
  void aChangedIntervalCountsFromTheLastScan() {
    ActorRef<CatalogActor.Command> catalog = subscribed();
    scan(found("gcc"));
    stage.pass(RESCAN.dividedBy(2));
    catalog.tell(new CatalogActor.Interval(RESCAN.dividedBy(4).multipliedBy(3)));
    stage.pass(RESCAN.dividedBy(4).minusMillis(1));
    assertEquals(0, scanning.waiting());
    stage.pass(Duration.ofMillis(1));
    assertEquals(1, scanning.waiting());
  }

  @Test
  void anIntervalThatHasPassedAlreadyScansAtOnce() {
    ActorRef<CatalogActor.Command> catalog = subscribed();
    scan(found("gcc"));
    stage.pass(RESCAN.dividedBy(2));
    catalog.tell(new CatalogActor.Interval(RESCAN.dividedBy(4)));
    stage.pass(Duration.ofMillis(1));
    assertEquals(1, scanning.waiting());
  }

  @Test
  void aLongerIntervalHoldsFromNowOn() {
    ActorRef<CatalogActor.Command> catalog = subscribed();
    scan(found("gcc"));
    catalog.tell(new CatalogActor.Interval(RESCAN.multipliedBy(3)));
    stage.pass(RESCAN.multipliedBy(2));
    assertEquals(0, scanning.waiting());
    stage.pass(RESCAN);
    assertEquals(1, scanning.waiting());
  }

  @Test
  void aFailedScanKeepsThePreviousCatalogAndSaysWhy() {
    ActorRef<CatalogActor.Command> catalog = subscribed();
    scan(found("gcc"));
    assertNames("gcc");
    stage.pass(RESCAN);
    scan(failed(new SyscallException("openat /images", Errno.ESTALE)));
    router.expectNoMessage(Duration.ZERO);
    assertEquals(1, status.imagesKnown());
    assertTrue(status.catalogProblem().contains("openat /images: ESTALE"));
    catalog.tell(new CatalogActor.Subscribe(router.getRef()));
    assertNames("gcc");

    stage.pass(RESCAN);
    scan(found("clang"));
    assertNames("clang");
    assertNull(status.catalogProblem());
    assertEquals(List.of("gcc"), List.copyOf(previous.get(2).names()));
  }

  @Test
  void aHungScanIsReportedAndKeepsThePreviousCatalog() {
    subscribed();
    scan(found("gcc"));
    assertNames("gcc");
    stage.pass(RESCAN);
    stage.pass(PATIENCE.minusMillis(1));
    assertNull(status.catalogProblem());
    stage.pass(Duration.ofMillis(1));
    assertTrue(status.catalogProblem().contains("has been running for 30 s"));
    assertEquals(1, status.imagesKnown());
    router.expectNoMessage(Duration.ZERO);

    scan(found("clang"));
    assertNames("clang");
    assertNull(status.catalogProblem());
    stage.pass(PATIENCE);
    assertNull(status.catalogProblem());
  }

  @Test
  void aScanThatCrashesIsAFailedScan() {
    subscribed();
    scan(
        before -> {
          throw new IllegalStateException("a fault");
        });
    assertTrue(status.catalogProblem().contains("a fault"));
    stage.pass(RESCAN);
    scan(
        before -> {
          throw new StackOverflowError("too deep");
        });
    assertTrue(status.catalogProblem().contains("too deep"));
    stage.pass(RESCAN);
    scan(found("gcc"));
    assertNames("gcc");
  }

  @Test
  void aFailedFirstScanIsNoCatalog() {
    ActorRef<CatalogActor.Command> catalog = actor();
    scan(failed(new SyscallException("openat /images", Errno.ENOENT)));
    catalog.tell(new CatalogActor.Subscribe(router.getRef()));
    stage.pass(RESCAN);
    scan(found("gcc"));
    assertNames("gcc");
    router.expectNoMessage(Duration.ZERO);
  }

  @Test
  void aFailedFirstScanIsRepeatedSooner() {
    subscribed();
    scan(failed(new SyscallException("openat /images", Errno.ESTALE)));
    stage.pass(Duration.ofSeconds(5));
    scan(found("gcc"));
    assertNames("gcc");
    stage.pass(RESCAN.minusMillis(1));
    assertEquals(0, scanning.waiting());
  }

  @Test
  void problemsOfAScanAreShownTogether() {
    subscribed();
    scan(before -> new CatalogScan.Scan(images("gcc"), List.of("a: bad", "b: worse"), 2));
    assertEquals("a: bad; b: worse", status.catalogProblem());
    assertEquals(1, status.imagesKnown());
    assertNames("gcc");
  }

  @Test
  void aHintScansAtOnceIfThePauseIsOver() {
    ActorRef<CatalogActor.Command> catalog = subscribed();
    scan(found("gcc"));
    stage.pass(HINT_PAUSE.minusMillis(1));
    catalog.tell(new CatalogActor.Hint());
    assertEquals(0, scanning.waiting());
    stage.pass(Duration.ofMillis(1));
    catalog.tell(new CatalogActor.Hint());
    catalog.tell(new CatalogActor.Hint());
    assertEquals(1, scanning.waiting());
    scan(found("gcc"));
    catalog.tell(new CatalogActor.Hint());
    assertEquals(0, scanning.waiting());
  }

  @Test
  void hintsWithoutANewImageScanLessAndLessOften() {
    ActorRef<CatalogActor.Command> catalog = subscribed();
    scan(found("gcc"));
    for (int seconds : new int[] {2, 4, 8, 16, 32}) {
      assertNextHintAfter(catalog, Duration.ofSeconds(seconds));
      scan(found("gcc"));
    }
    // The time between two scans is the longest; one of these finds something.
    stage.pass(RESCAN);
    scan(found("clang", "gcc"));
    assertNextHintAfter(catalog, HINT_PAUSE);
    scan(failed(new SyscallException("openat /images", Errno.EIO)));
    assertNextHintAfter(catalog, HINT_PAUSE.multipliedBy(2));
  }

  private void assertNextHintAfter(ActorRef<CatalogActor.Command> catalog, Duration pause) {
    stage.pass(pause.minusMillis(1));
    catalog.tell(new CatalogActor.Hint());
    assertEquals(0, scanning.waiting(), () -> "before " + pause);
    stage.pass(Duration.ofMillis(1));
    catalog.tell(new CatalogActor.Hint());
    assertEquals(1, scanning.waiting(), () -> "after " + pause);
  }

  @Test
  void aScanOnAHintPostponesTheNextRegularOne() {
    ActorRef<CatalogActor.Command> catalog = subscribed();
    scan(found("gcc"));
    stage.pass(RESCAN.dividedBy(2));
    catalog.tell(new CatalogActor.Hint());
    scan(found("gcc"));
    stage.pass(RESCAN.minusMillis(1));
    assertEquals(0, scanning.waiting());
    stage.pass(Duration.ofMillis(1));
    assertEquals(1, scanning.waiting());
  }

  @Test
  void hintsTakeATenthOfTheTimeWhenScansAreSlow() {
    ActorRef<CatalogActor.Command> catalog = subscribed();
    scan(
        before -> {
          stage.pass(Duration.ofSeconds(3));
          return found("gcc").scan(before);
        });
    stage.pass(Duration.ofSeconds(30).minusMillis(1));
    catalog.tell(new CatalogActor.Hint());
    assertEquals(0, scanning.waiting());
    stage.pass(Duration.ofMillis(1));
    catalog.tell(new CatalogActor.Hint());
    assertEquals(1, scanning.waiting());
  }

  @Test
  void hintsTakeATenthOfTheTimeAlsoWhenSlowScansFail() {
    ActorRef<CatalogActor.Command> catalog = subscribed();
    scan(
        before -> {
          stage.pass(Duration.ofSeconds(3));
          throw new SyscallException("openat /images", Errno.EIO);
        });
    stage.pass(HINT_PAUSE);
    catalog.tell(new CatalogActor.Hint());
    assertEquals(0, scanning.waiting());
    stage.pass(Duration.ofSeconds(28));
    catalog.tell(new CatalogActor.Hint());
    assertEquals(1, scanning.waiting());
  }

  private ActorRef<CatalogActor.Command> actor() {
    return stage
        .kit()
        .spawn(
            CatalogActor.create(
                new CatalogActor.Env(
                    this::next, scanning, RESCAN, PATIENCE, status, stage.clock())));
  }

  private ActorRef<CatalogActor.Command> subscribed() {
    ActorRef<CatalogActor.Command> catalog = actor();
    catalog.tell(new CatalogActor.Subscribe(router.getRef()));
    return catalog;
  }

  private CatalogScan.Scan next(Catalog before) throws IOException {
    previous.add(before);
    return script.removeFirst().scan(before);
  }

  /** Lets the scan under way end like this. */
  private void scan(CatalogActor.Scanner outcome) {
    assertEquals(1, scanning.waiting(), "scans under way");
    script.add(outcome);
    scanning.runOne();
  }

  private static CatalogActor.Scanner found(String... names) {
    return before -> new CatalogScan.Scan(images(names), List.of(), 0);
  }

  private static CatalogActor.Scanner failed(IOException failure) {
    return before -> {
      throw failure;
    };
  }

  private static Catalog images(String... names) {
    return Catalog.of(
        Stream.of(names).map(name -> new ImageFile(name, name + ".img")).toList(), Map.of());
  }

  private void assertNames(String... names) {
    Catalog catalog = router.expectMessageClass(Catalog.class, SOON);
    assertEquals(List.of(names), List.copyOf(catalog.names()));
  }
}
