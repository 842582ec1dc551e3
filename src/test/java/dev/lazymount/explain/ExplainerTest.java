package dev.lazymount.explain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import dev.lazymount.catalog.Catalog;
import dev.lazymount.catalog.CatalogActor;
import dev.lazymount.catalog.CatalogScan;
import dev.lazymount.catalog.ImageFile;
import dev.lazymount.catalog.NewestCatalog;
import dev.lazymount.config.Settings;
import dev.lazymount.explain.Explanation.State;
import dev.lazymount.status.Bypass;
import dev.lazymount.status.DaemonState;
import dev.lazymount.status.DaemonStatus;
import dev.lazymount.status.MountState;
import dev.lazymount.status.MountStatus;
import dev.lazymount.status.ProgramName;
import dev.lazymount.status.Scanner;
import dev.lazymount.status.TraceStatus;
import dev.lazymount.support.TestSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every way an explanation can end, with the sentences that an operator reads. */
final class ExplainerTest {
  private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");
  private static final String MINUTE_AGO = "2026-11-23T11:59:00Z (60 s ago)";

  private final DaemonStatus status = new DaemonStatus();
  private Optional<NewestCatalog.Snapshot> newest;
  private Settings settings = settings("mode = mount");

  @BeforeEach
  void scan() {
    status.state(DaemonState.READY);
    Catalog catalog =
        Catalog.of(
            Stream.of("gcc-14", "gcc-15", "arm64/gcc-14", "cuda", "cuda/12.5")
                .map(name -> new ImageFile(name, name + ".img"))
                .toList(),
            Map.of("gcc-trunk", "gcc-snapshot", "gcc-snapshot", "gcc-15", "a", "b", "b", "a"));
    newest = Optional.of(new NewestCatalog.Snapshot(catalog, NOW.minusSeconds(12)));
  }

  private static Settings settings(String lines) {
    return TestSettings.settings(
        "root = /ce", "images = /images", "trace.ignore-comms = [find]", lines);
  }

  private Explainer explainer(boolean running) {
    return new Explainer(() -> settings, () -> newest, status, running, () -> NOW);
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

  private static void assertSays(String verdict, String next, Explanation explanation) {
    assertEquals(verdict, explanation.verdict());
    assertEquals(next, explanation.next());
  }

  /** An image whose row on the board has this state. */
  private MountStatus.Builder row(MountState state, String reason) {
    MountStatus.Builder row =
        MountStatus.of("gcc-15", "/images/gcc-15.img", "/ce/gcc-15")
            .state(state, NOW.minusSeconds(60), reason);
    status.mounts().put(row.build());
    return row;
  }

  // ---- Which image

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
    assertEquals(State.UNUSED, explanation.state());
    assertTrue(step(explanation, "image").startsWith("/images/" + name + ".img serves "));
  }

  @Test
  void lesserTraceProgramIsNamed() {
    String note = "path and not hooked: no BTF";
    status.trace(new TraceStatus(ProgramName.PATH, 1L, 1.0, null, note));
    assertEquals("ready, mode mount; " + note, step(explain("gcc-15"), "daemon"));
  }

  @Test
  void everyStepIsALine() {
    assertEquals(
        """
        asked       /ce/./gcc-trunk/bin/g++
        normalised  gcc-trunk/bin/g++ below /ce
        scan        5 images known, scanned 12 s ago
        symlink     gcc-trunk leads to gcc-snapshot
        symlink     gcc-snapshot leads to gcc-15
        image       /images/gcc-15.img serves gcc-15, the longest name on the way
        daemon      ready, mode mount
        verdict     gcc-15 is not mounted because it has not been used since the daemon started.
        next        The first open of a file in it mounts it; opens by find are ignored (trace.ignore-comms).
        """,
        explain("/ce/./gcc-trunk/bin/g++").text());
  }

  @Test
  void imagesAroundANestedOneAreNamed() {
    assertEquals("cuda: mounted first", step(explain("cuda/12.5/nvcc"), "around it"));
  }

  // ---- No image

  @ParameterizedTest
  @CsvSource({
    "/ce, ROOT",
    "gcc-15/.., ROOT",
    "'', ROOT",
    "/etc/passwd, OUTSIDE",
    "../x, OUTSIDE",
    "/ce-other/gcc-15, OUTSIDE",
    "arm64, DIRECTORY",
    "gcc-1, UNKNOWN",
    "nothing/like/it, UNKNOWN",
    "a/x, UNKNOWN",
  })
  void aPathWithoutAnImageHasAState(String asked, State state) {
    Explanation explanation = explain(asked);
    assertEquals(state, explanation.state());
    assertNull(explanation.name());
  }

  @Test
  void aPathOutsideTheRootSaysSo() {
    assertSays(
        "It is outside the root /ce, so lazymount has nothing to do with it.",
        "Accesses to it are not even counted.",
        explain("/etc/passwd"));
  }

  @Test
  void theRootSaysSo() {
    assertSays(
        "It is the root itself, /ce; images are mounted on directories in it.",
        "Opening or listing it mounts nothing.",
        explain("/ce/"));
  }

  @Test
  void aDirectoryOfImagesSaysHowMany() {
    assertSays(
        "It is a directory with an image in it, and is no image itself.",
        "An access to one of them mounts that image. Listing this directory mounts nothing.",
        explain("arm64"));
  }

  @Test
  void aMisspelledNameGetsASuggestion() {
    assertSays(
        "No image serves gcc-51/bin, so it is read as it is; did you mean gcc-15?",
        "A file /images/gcc-51.img would be found by the next scan (catalog.rescan, or lazymount"
            + " rescan).",
        explain("gcc-51/bin"));
    assertTrue(explain("arm64/gcc-41/x").verdict().endsWith("did you mean arm64/gcc-14?"));
  }

  @Test
  void farNamesAreNotSuggested() {
    assertEquals("", step(explain("rustc-1.80"), "near"));
    assertEquals(
        "No image serves rustc-1.80, so it is read as it is.", explain("rustc-1.80").verdict());
  }

  @Test
  void aSymlinkLoopSaysSo() {
    assertSays(
        "It leads through more than 40 symlinks, or in a circle.",
        "The kernel refuses to open it (ELOOP).",
        explain("a/x"));
  }

  @Test
  void aSymlinkOutOfTheRootSaysSo(@TempDir Path temp) throws IOException {
    Path images = Files.createDirectory(temp.resolve("images"));
    Path root = Files.createDirectory(temp.resolve("ce"));
    Files.createFile(images.resolve("gcc-9.img"));
    Files.createSymbolicLink(root.resolve("gcc-9"), Path.of("/elsewhere/gcc-9"));
    CatalogActor.Scanner scanner =
        previous -> CatalogScan.scan(images.toString(), root.toString(), List.of(".img"), previous);
    newest = Optional.of(new NewestCatalog.Snapshot(scanner.scan(Catalog.empty()).catalog(), NOW));
    Explanation explanation = explain("gcc-9/bin/gcc");
    assertEquals(State.OUTSIDE, explanation.state());
    assertEquals("gcc-9 leads to /elsewhere/gcc-9", step(explanation, "symlink"));
    assertSays(
        "gcc-9 is a symlink to /elsewhere/gcc-9, which is outside the root; lazymount cannot serve"
            + " it.",
        "It is read as it is. A directory in its place, or a symlink within the root, can be served"
            + " after the next scan.",
        explanation);
  }

  @Test
  void beforeTheFirstScanNothingIsKnown() {
    newest = Optional.empty();
    status.catalog(0, 0, 0, "EIO");
    Explanation explanation = explain("gcc-15");
    assertEquals(State.UNSCANNED, explanation.state());
    assertEquals("no scan of /images has finished yet; EIO", step(explanation, "scan"));
    assertSays(
        "No scan has finished yet, so it is not known which images there are.",
        "Accesses are kept until the first scan has finished, and acted on then.",
        explanation);
  }

  // ---- The states of an image

  @Test
  void anUnusedImageSaysWhatMountsIt() {
    assertSays(
        "gcc-15 is not mounted because it has not been used since the daemon started.",
        "The first open of a file in it mounts it; opens by find are ignored (trace.ignore-comms).",
        explain("gcc-15"));
  }

  @Test
  void anUnusedImageNamesTheProcessThatWalksTheTree() {
    status.scanner(new Scanner(123, "grep", Instant.now(), Instant.now(), 9));
    String next = explain("gcc-15").next();
    assertTrue(
        next.endsWith(" Opens by grep[123] are ignored: it walks the tree (trace.scanner-names)."),
        next);
  }

  @Test
  void inObserveModeNothingIsMounted() {
    settings = settings("mode = observe");
    assertEquals(
        "Mode is observe: an access is counted, and nothing is mounted.", explain("gcc-15").next());
  }

  @Test
  void hungStorageIsTheReason() {
    status.storage("all mounts hang");
    assertEquals(
        "Nothing is mounted until the storage responds: all mounts hang.",
        explain("gcc-15").next());
  }

  @Test
  void aMountedImageSaysSinceWhenAndFromWhere() {
    status
        .mounts()
        .put(
            row(MountState.UNMOUNTED, null)
                .mounted(NOW.minusSeconds(600), "/dev/loop7", 2.25, "cc1[7] (openat)", "1:2")
                .build());
    Explanation explanation = explain("gcc-15");
    assertEquals(State.MOUNTED, explanation.state());
    assertEquals("2026-11-23T11:50:00Z", explanation.since());
    assertTrue(
        explanation
            .verdict()
            .startsWith(
                "gcc-15 has been mounted from /dev/loop7 since 2026-11-23T11:50:00Z (10 min ago),"
                    + " in 2.3 ms, for cc1[7] (openat)"),
        explanation.verdict());
    assertTrue(
        explanation.next().startsWith("Files opened in it are read from the image. It stays"),
        explanation.next());
  }

  @Test
  void anImageWhoseOriginalIsStillReadSaysByWhom() {
    MountStatus.Builder row = row(MountState.UNMOUNTED, null);
    status.bypasses().add("gcc-15", 7, "cc1", NOW.minusSeconds(60));
    assertEquals("", step(explain("gcc-15"), "bypassed"), "not mounted");
    status.mounts().put(row.mounted(NOW.minusSeconds(90), "/dev/loop7", 2.0, "a", "1").build());
    status.bypasses().add("gcc-15", 8, "cat", NOW.minusSeconds(3));
    status.bypasses().cause("gcc-15", 8, "cat", Bypass.Cause.NO_MOUNT);
    assertEquals(
        "its original directory is still read: 2 accesses since "
            + MINUTE_AGO
            + ", the newest 3 s ago, by cat[8]: its mount namespace does not have the mount",
        step(explain("gcc-15"), "bypassed"));
  }

  @Test
  void aMountOfAnotherProcessIsNotCalledOurs() {
    status
        .mounts()
        .put(
            row(MountState.UNMOUNTED, null)
                .mounted(NOW.minusSeconds(60), "/dev/loop7", null, null, null)
                .build());
    assertEquals(
        "gcc-15 has been mounted from /dev/loop7 since " + MINUTE_AGO + ", not by this daemon.",
        explain("gcc-15").verdict());
  }

  @Test
  void aRunningMountSaysWhatServesReads() {
    row(MountState.MOUNTING, null);
    assertSays(
        "gcc-15 is not mounted yet: its mount started " + MINUTE_AGO + ".",
        "Reads are served from the original directory. After 30 s the mount is reported as stuck.",
        explain("gcc-15"));
  }

  @Test
  void aFailedImageSaysWhyAndWhenItIsRetried() {
    MountStatus.Builder row = row(MountState.FAILED, "EIO");
    status.mounts().put(row.retryAt(NOW.plusSeconds(17)).build());
    assertSays(
        "gcc-15 is not mounted because the attempt of " + MINUTE_AGO + " failed: EIO.",
        "Reads are served from the original directory. The first access after 17 s tries again.",
        explain("gcc-15"));
    status.mounts().put(row.retryAt(NOW.minusSeconds(1)).build());
    assertEquals(
        "Reads are served from the original directory. The back-off is over: the next access tries"
            + " again.",
        explain("gcc-15").next());
  }

  @Test
  void aDirectoryThatIsWrittenToSaysWhoAndUntilWhen() {
    MountStatus.Builder row =
        row(MountState.HELD, "written to by cp[4711]; not mounted until 13:04:00");
    status.mounts().put(row.retryAt(NOW.plusSeconds(240)).build());
    assertSays(
        "gcc-15 has been held since "
            + MINUTE_AGO
            + ": written to by cp[4711]; not mounted until 13:04:00.",
        "Reads are served from the original directory. The first access after 2026-11-23T12:04:00Z"
            + " mounts it.",
        explain("gcc-15"));
  }

  @Test
  void anImageHeldByAnOperatorSaysHowToReleaseIt() {
    row(MountState.HELD, "held by an operator");
    assertSays(
        "gcc-15 has been held since " + MINUTE_AGO + ": held by an operator.",
        "Reads are served from the original directory. Accesses mount nothing until an operator"
            + " releases it: lazymount release gcc-15.",
        explain("gcc-15"));
  }

  @Test
  void aQuarantinedImageSaysWhatEndsIt() {
    row(MountState.QUARANTINED, "the image is truncated");
    assertSays(
        "gcc-15 is not mounted: it has been quarantined since "
            + MINUTE_AGO
            + ": the image is truncated.",
        "Reads are served from the original directory. The first access after that change"
            + " tries again.",
        explain("gcc-15"));
  }

  @Test
  void aStuckImageSaysWhatItWaitsFor() {
    row(MountState.STUCK, "storage has not responded for 30 s");
    assertSays(
        "gcc-15 has been stuck since " + MINUTE_AGO + ": storage has not responded for 30 s.",
        "Reads are served from the original directory. A mount in the kernel can't be interrupted;"
            + " it ends when the storage responds.",
        explain("gcc-15"));
  }

  @Test
  void aStuckCheckOfAMountedImageSaysThatItIsMounted() {
    status
        .mounts()
        .put(
            row(MountState.UNMOUNTED, null)
                .mounted(NOW.minusSeconds(600), "/dev/loop7", 2.25, "cc1[7] (openat)", "1:2")
                .state(MountState.STUCK, NOW.minusSeconds(60), "the storage hangs")
                .build());
    assertTrue(
        explain("gcc-15").next().startsWith("Reads are served from the mounted image. "),
        explain("gcc-15").next());
  }

  @Test
  void anUnmountedImageSaysWhy() {
    row(MountState.UNMOUNTED, "idle for 30 min");
    assertSays(
        "gcc-15 has not been mounted since " + MINUTE_AGO + ": idle for 30 min.",
        "The first open of a file in it mounts it; opens by find are ignored (trace.ignore-comms).",
        explain("gcc-15"));
  }

  // ---- Who asks, and how

  @Test
  void withoutADaemonItSaysSo() {
    Explanation explanation = explainer(false).explain("gcc-15");
    assertTrue(step(explanation, "daemon").startsWith("none runs with run-dir "));
    assertEquals("5 images known, scanned for this question", step(explanation, "scan"));
    assertSays(
        "gcc-15 is not mounted because no daemon is running.",
        "With a daemon, the first access mounts it; mode is mount.",
        explanation);
  }

  @Test
  void thePathThatTheKernelResolvedIsUsedIfTheTextLeadsNowhere() {
    Explanation explanation = explainer(true).explain("/srv/link", Optional.of("/ce/gcc-15/bin"));
    assertEquals("gcc-15", explanation.name());
    assertEquals("the kernel resolves it to /ce/gcc-15/bin", step(explanation, "symlinks"));
    assertEquals(
        State.OUTSIDE, explainer(true).explain("/srv/link", Optional.of("/srv/other")).state());
  }

  @Test
  void aRepointedSymlinkSaysHowOldTheScanIs() {
    status.trace(TraceStatus.notStarted(ProgramName.RESOLVED));
    Explanation explanation =
        explainer(true).explain("gcc-trunk/bin/g++", Optional.of("/ce/gcc-14/bin/g++"));
    assertEquals("gcc-14", explanation.name());
    assertEquals(
        "a symlink on the way has been repointed since the scan of 12 s ago: it led to gcc-15 then,"
            + " and leads to /ce/gcc-14/bin/g++ now",
        step(explanation, "symlink"));
    assertTrue(explanation.verdict().startsWith("gcc-14 is not mounted"), explanation.verdict());
    assertFalse(explanation.next().contains("path program"), explanation.next());
    status.trace(TraceStatus.notStarted(ProgramName.PATH));
    assertTrue(
        explainer(true)
            .explain("gcc-trunk/bin/g++", Optional.of("/srv/gcc/g++"))
            .next()
            .endsWith(
                "Until the next scan (catalog.rescan, or lazymount rescan) the path program takes"
                    + " an access through the symlink for one to gcc-15."));
  }

  @Test
  void aSymlinkThatLeadsWhereItDidIsNotCalledRepointed() {
    Explanation explanation =
        explainer(true).explain("gcc-trunk/bin/g++", Optional.of("/ce/gcc-15/bin/g++"));
    assertEquals("gcc-trunk leads to gcc-snapshot", step(explanation, "symlink"));
  }

  @Test
  void theStateIsOneWordInJson() {
    row(MountState.QUARANTINED, "bad");
    String json = new Gson().toJson(explain("gcc-15"));
    assertTrue(json.contains("\"state\":\"quarantined\""), json);
    assertEquals(
        State.QUARANTINED, new Gson().fromJson(json, Explanation.class).state(), "and back");
  }

  @Test
  void everyMountStateHasItsWordInJson() {
    for (MountState state : MountState.values()) {
      assertEquals('"' + state.word() + '"', new Gson().toJson(State.of(state)));
    }
  }

  @Test
  void hostileTextIsMadePrintableAndStaysShort() {
    Explanation explanation = explain("/ce/" + "\u001b[31m\n".repeat(600) + "/x");
    assertTrue(explanation.asked().chars().allMatch(c -> c >= ' ' && c <= '~'));
    assertTrue(explanation.text().length() < 5000, explanation.text());
    assertEquals(State.OUTSIDE, explain("/ce/" + "x/".repeat(5000)).state());
    assertFalse(explain("x\u001b").verdict().contains("\u001b"));
  }
}
