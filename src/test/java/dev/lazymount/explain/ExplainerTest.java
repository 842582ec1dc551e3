package dev.lazymount.explain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.catalog.Catalog;
import dev.lazymount.catalog.ImageFile;
import dev.lazymount.catalog.NewestCatalog;
import dev.lazymount.config.Settings;
import dev.lazymount.status.DaemonState;
import dev.lazymount.status.DaemonStatus;
import dev.lazymount.status.MountState;
import dev.lazymount.status.MountStatus;
import dev.lazymount.support.TestSettings;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every way that an explanation can end. */
final class ExplainerTest {
  private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");

  private final DaemonStatus status = new DaemonStatus();
  private final NewestCatalog newest = new NewestCatalog();
  private Settings settings = settings("mode = mount");

  @BeforeEach
  void scan() {
    status.state(DaemonState.READY);
    newest.set(
        Catalog.of(
            Stream.of("gcc-14", "gcc-15", "arm64/gcc-14", "cuda", "cuda/12.5")
                .map(name -> new ImageFile(name, name + ".img"))
                .toList(),
            Map.of("gcc-trunk", "gcc-snapshot", "gcc-snapshot", "gcc-15", "a", "b", "b", "a")));
  }

  private static Settings settings(String lines) {
    return TestSettings.settings("root = /ce", "images = /images", lines);
  }

  private Explainer explainer(boolean running) {
    return new Explainer(() -> settings, newest::get, status, running, () -> NOW);
  }

  private Explanation explain(String asked) {
    return explainer(true).explain(asked);
  }

  private static String step(Explanation explanation, String what) {
    return explanation.steps().stream()
        .filter(step -> step.what().equals(what))
        .map(Explanation.Step::finding)
        .findFirst()
        .orElse("");
  }

  private void inUse(String name, MountState state, String reason) {
    status
        .mounts()
        .put(
            MountStatus.of(name, "/images/" + name + ".img", "/ce/" + name)
                .state(state, NOW.minusSeconds(60), reason)
                .build());
  }

  @ParameterizedTest
  @CsvSource({
    "gcc-15, gcc-15",
    "gcc-15/bin/g++, gcc-15",
    "/ce/gcc-15, gcc-15",
    "/ce//gcc-14/../gcc-15/./bin, gcc-15",
    "/ce/../ce/gcc-15/x, gcc-15",
    "/images/gcc-15.img, gcc-15",
    "gcc-trunk/bin/g++, gcc-15",
    "arm64/gcc-14/lib, arm64/gcc-14",
    "cuda/12.5/nvcc, cuda/12.5",
    "cuda/11, cuda",
  })
  void theLongestNameOnTheWayServesIt(String asked, String name) {
    Explanation explanation = explain(asked);
    assertEquals(name, explanation.name());
    assertEquals("unused", explanation.state());
    assertTrue(step(explanation, "image").startsWith("/images/" + name + ".img"));
  }

  @ParameterizedTest
  @CsvSource({
    "/ce, root",
    "gcc-15/.., root",
    "/etc/passwd, outside",
    "../x, outside",
    "/ce-other/gcc-15, outside",
    "arm64, directory",
    "gcc-1, unknown",
    "nothing/like/it, unknown",
    "a/x, unknown",
  })
  void whatHasNoImageSaysWhatItIsInstead(String asked, String state) {
    Explanation explanation = explain(asked);
    assertEquals(state, explanation.state());
    assertEquals(null, explanation.name());
    assertFalse(explanation.verdict().isBlank());
    assertFalse(explanation.next().isBlank());
  }

  @Test
  void eachSymlinkIsAStep() {
    Explanation explanation = explain("gcc-trunk/bin");
    assertEquals(
        List.of("gcc-trunk leads to gcc-snapshot", "gcc-snapshot leads to gcc-15"),
        explanation.steps().stream()
            .filter(step -> step.what().equals("symlink"))
            .map(Explanation.Step::finding)
            .toList());
  }

  @Test
  void nearNamesAreSuggestedAndFarOnesAreNot() {
    assertTrue(step(explain("gcc-51/bin"), "near").contains("gcc-15"));
    assertTrue(explain("arm64/gcc-41/x").verdict().contains("arm64/gcc-14"));
    assertEquals("", step(explain("rustc-1.80"), "near"));
  }

  @Test
  void aMountedOneSaysSinceWhenAndFromWhere() {
    inUse("gcc-15", MountState.UNMOUNTED, null);
    status
        .mounts()
        .put(
            MountStatus.of("gcc-15", "/images/gcc-15.img", "/ce/gcc-15")
                .mounted(NOW.minusSeconds(600), "/dev/loop7", 2.25, "cc1[7] (openat)", "1:2")
                .build());
    Explanation explanation = explain("gcc-15");
    assertEquals("mounted", explanation.state());
    assertEquals("2026-11-23T11:50:00Z", explanation.since());
    assertEquals(
        "gcc-15 is mounted from /dev/loop7 since 2026-11-23T11:50:00Z (10 min ago), in 2.3 ms,"
            + " for cc1[7] (openat).",
        explanation.verdict());
  }

  @Test
  void aFailedOneSaysWhenItIsTriedAgain() {
    MountStatus.Builder row =
        MountStatus.of("gcc-15", "/images/gcc-15.img", "/ce/gcc-15")
            .state(MountState.FAILED, NOW.minusSeconds(60), "EIO");
    status.mounts().put(row.retryAt(NOW.plusSeconds(17)).build());
    assertTrue(explain("gcc-15").verdict().contains("EIO"));
    assertTrue(explain("gcc-15").next().contains("in 17 s or later"), explain("gcc-15").next());
    status.mounts().put(row.retryAt(NOW.minusSeconds(1)).build());
    assertTrue(explain("gcc-15").next().contains("the next access tries again"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"QUARANTINED", "STUCK", "UNMOUNTED"})
  void theReasonIsTheBoards(String state) {
    inUse("gcc-15", MountState.valueOf(state), "the reason");
    Explanation explanation = explain("gcc-15");
    assertEquals(MountState.valueOf(state).word(), explanation.state());
    assertTrue(explanation.verdict().contains("the reason"), explanation.verdict());
  }

  @Test
  void inObserveModeNothingWouldBeMounted() {
    settings = settings("mode = observe");
    assertTrue(explain("gcc-15").next().contains("observe"), explain("gcc-15").next());
  }

  @Test
  void withoutAScanItSaysSo() {
    status.catalog(0, 0, 0, "EIO");
    Explanation explanation =
        new Explainer(() -> settings, Optional::empty, status, true, () -> NOW).explain("gcc-15");
    assertEquals("unscanned", explanation.state());
    assertTrue(step(explanation, "images").contains("EIO"));
  }

  @Test
  void withoutADaemonItSaysSo() {
    assertTrue(step(explainer(false).explain("gcc-15"), "daemon").startsWith("none runs"));
  }

  @Test
  void whereTheTextLeadsNowhereTheFollowedPathDoes() {
    Explanation explanation = explainer(true).explain("/srv/link", Optional.of("/ce/gcc-15/bin"));
    assertEquals("gcc-15", explanation.name());
    assertEquals(
        "followed on the file system, it is /ce/gcc-15/bin", step(explanation, "symlinks"));
    assertEquals(
        "outside", explainer(true).explain("/srv/link", Optional.of("/srv/other")).state());
  }

  @Test
  void hostileTextIsMadePrintableAndStaysShort() {
    Explanation explanation = explain("/ce/" + "\u001b[31m\n".repeat(600) + "/x");
    assertTrue(explanation.asked().chars().allMatch(c -> c >= ' ' && c <= '~'));
    assertTrue(explanation.text().length() < 5000, explanation.text());
    assertEquals("outside", explain("/ce/" + "x/".repeat(5000)).state());
    assertEquals("root", explain("").state());
  }
}
