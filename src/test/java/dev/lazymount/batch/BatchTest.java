package dev.lazymount.batch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.catalog.Catalog;
import dev.lazymount.catalog.ImageFile;
import dev.lazymount.mount.MountResult;
import dev.lazymount.mount.Mounter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The order and number of images under way, and the progress reported. */
class BatchTest {
  private static final Catalog CATALOG =
      Catalog.of(
          Stream.of("a", "a/b", "a/b/c", "ab", "x/y")
              .map(n -> new ImageFile(n, n + ".img"))
              .toList(),
          Map.of());

  private final List<String> begun = new ArrayList<>();
  private final List<CompletableFuture<MountResult>> underWay = new ArrayList<>();
  private final List<Progress> told = new ArrayList<>();

  private static MountResult done(String name) {
    return MountResult.unmounted(name, Mounter.Expiry.UNMOUNTED, false);
  }

  private CompletableFuture<MountResult> atOnce(String name) {
    begun.add(name);
    return CompletableFuture.completedFuture(done(name));
  }

  @Test
  void outerImagesAreMountedFirstAndInnerOnesUnmountedFirst() throws Exception {
    assertEquals(
        List.of(List.of("a", "ab", "x/y"), List.of("a/b"), List.of("a/b/c")),
        Selection.all().toMount(CATALOG));
    assertEquals(
        List.of(List.of("a/b/c"), List.of("a")),
        Selection.of(List.of("a", "a/b/c")).toUnmount(CATALOG, Set.of()));
  }

  @Test
  void parentAndNestedImagesAreIncluded() throws Exception {
    assertEquals(
        List.of(List.of("a"), List.of("a/b"), List.of("a/b/c")),
        Selection.of(List.of("a/b")).toMount(CATALOG));
    assertEquals(
        List.of(List.of("a/b")), Selection.of(List.of("a/b")).toUnmount(CATALOG, Set.of()));
  }

  @Test
  void aMountWithoutAnImageCanBeUnmounted() throws Exception {
    assertEquals(
        List.of(List.of("gone")), Selection.of(List.of("gone")).toUnmount(CATALOG, Set.of("gone")));
    assertEquals(List.of(List.of("gone")), Selection.all().toUnmount(CATALOG, Set.of("gone")));
  }

  @Test
  void allUnknownNamesAreListed() {
    Selection selection = Selection.of(List.of("b", "a", "../x\n"));
    Selection.Unknown refused =
        assertThrows(Selection.Unknown.class, () -> selection.toMount(CATALOG));
    assertTrue(refused.getMessage().startsWith("no image has these names: b, ../x"));
    assertTrue(refused.getMessage().indexOf('\n') < 0, "printable");
    assertThrows(Selection.Unknown.class, () -> selection.toUnmount(CATALOG, Set.of()));
  }

  @Test
  void aSelectionSurvivesTheSocket() {
    for (Selection selection :
        List.of(Selection.all(), Selection.idle(), Selection.of(List.of("a", "b")))) {
      assertEquals(selection, Selection.fromArguments(selection.toArguments()));
    }
    for (List<String> nonsense : List.of(List.<String>of(), List.of("NONE"))) {
      assertThrows(IllegalArgumentException.class, () -> Selection.fromArguments(nonsense));
    }
  }

  @Test
  void theWindowLimitsWhatIsUnderWay() throws Exception {
    Batch batch =
        new Batch(
            2,
            name -> {
              begun.add(name);
              CompletableFuture<MountResult> answer = new CompletableFuture<>();
              underWay.add(answer);
              assertTrue(underWay.size() <= 2);
              if (underWay.size() == 2 || name.equals("c")) {
                List<CompletableFuture<MountResult>> all = List.copyOf(underWay);
                underWay.clear();
                all.forEach(a -> a.complete(done("any")));
              }
              return answer;
            },
            () -> false,
            told::add);
    Progress end = batch.run(List.of(List.of("a", "b", "c"), List.of("d", "e")));
    assertEquals(List.of("a", "b", "c", "d", "e"), begun);
    assertEquals(5, told.size());
    assertEquals(5, end.done());
    assertEquals(0, end.left());
  }

  @Test
  void aStoppedBatchStartsNoMoreAndCountsTheRest() throws Exception {
    Batch batch = new Batch(1, this::atOnce, () -> begun.size() >= 2, told::add);
    Progress end = batch.run(List.of(List.of("a", "b", "c"), List.of("d")));
    assertEquals(List.of("a", "b"), begun);
    assertEquals(2, end.done());
    assertEquals(2, end.left());
    assertEquals(0, end.underWay());
  }

  @Test
  void aClosedListenerEndsTheBatch() {
    Batch batch =
        new Batch(
            1,
            this::atOnce,
            () -> false,
            progress -> {
              throw new IOException("gone");
            });
    assertThrows(IOException.class, () -> batch.run(List.of(List.of("a", "b", "c"))));
    assertTrue(begun.size() <= 2, begun.toString());
  }

  @Test
  void anExceptionFailsItsImageAlone() throws Exception {
    Batch batch =
        new Batch(
            1,
            name ->
                name.equals("a")
                    ? CompletableFuture.failedFuture(new IllegalStateException("broken"))
                    : atOnce(name),
            () -> false,
            told::add);
    Progress end = batch.run(List.of(List.of("a", "b")));
    assertEquals(1, end.failed());
    assertEquals(1, end.done());
    assertTrue(told.get(0).last().reason().contains("broken"));
  }

  @Test
  void busyImagesAreTriedAgainBeforeTheNextLayer() throws Exception {
    Batch batch =
        new Batch(
            4,
            name -> {
              boolean second = begun.contains(name);
              begun.add(name);
              return CompletableFuture.completedFuture(
                  MountResult.unmounted(
                      name,
                      second && !name.equals("used")
                          ? Mounter.Expiry.UNMOUNTED
                          : Mounter.Expiry.MARKED,
                      second));
            },
            () -> false,
            told::add);
    Progress end = batch.runTwice(List.of(List.of("a/b"), List.of("a", "used")));
    assertEquals(List.of("a/b", "a/b", "a", "used", "a", "used"), begun);
    assertEquals(2, end.done());
    assertEquals(1, end.busy());
    assertEquals(0, end.left());
  }
}
