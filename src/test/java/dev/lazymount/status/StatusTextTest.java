package dev.lazymount.status;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.config.Settings;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The text of {@code lazymount status}, exactly. */
final class StatusTextTest {
  private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");

  private final DaemonStatus status = new DaemonStatus();

  private void image(String name, MountState state, String reason) {
    status
        .mounts()
        .put(
            MountStatus.of(name, "/images/" + name, "/ce/" + name)
                .state(state, NOW.minusSeconds(240), reason)
                .build());
  }

  private List<String> lines(StatusText.Painter painter) {
    return StatusText.lines(StatusReport.of(status, "/ce", NOW), painter, NOW);
  }

  @Test
  void heldImagesAreCountedIfThereAreAny() {
    image("gcc", MountState.HELD, "written to by cp[4711]");
    List<String> lines = lines(StatusText.PLAIN);
    assertEquals(
        "images   0 known, 0 mounted, 0 failed, 0 quarantined, 0 stuck, 1 held", lines.get(1));
    assertTrue(lines.contains("  written to by cp[4711]"), lines.toString());
  }

  @Test
  void scannersAreShownWithTheirIgnoredAccesses() {
    Instant now = Instant.now();
    status.scanner(new Scanner(123, "grep", now.minusSeconds(20), now, 1));
    status.scanner(new Scanner(7, "old", now.minusSeconds(90), now.minusSeconds(61), 9));
    status.scanner(new Scanner(123, "grep", now.minusSeconds(20), now, 4711));
    List<String> lines =
        StatusText.lines(StatusReport.of(status, "/ce", now), StatusText.PLAIN, now);
    assertEquals(
        List.of("scanner  grep[123] walks the tree: 4711 accesses ignored in 20 s"),
        lines.stream().filter(line -> line.startsWith("scanner")).toList());
  }

  @Test
  void bypassedImagesAreCountedAndTheMostReadOneIsNamed() {
    Instant now = Instant.now();
    for (String name : List.of("gcc", "clang")) {
      status
          .mounts()
          .put(
              MountStatus.of(name, "/images/" + name, "/ce/" + name)
                  .mounted(now, "/dev/loop3", 1.5, "cc1[7] by openat", null)
                  .build());
      status.bypasses().add(name, 7, "cat", now);
    }
    status.bypasses().add("unmounted", 7, "cat", now);
    status.bypasses().add("gcc", 8, "cc1\n", now);
    status.bypasses().cause("gcc", 8, "cc1\n", Bypass.Cause.NO_MOUNT);
    List<String> lines =
        StatusText.lines(StatusReport.of(status, "/ce", now), StatusText.PLAIN, now);
    assertEquals(
        List.of(
            "bypassed 2 mounted images are still read from their original directories: gcc by"
                + " cc1?[8]: its mount namespace does not have the mount"),
        lines.stream().filter(line -> line.startsWith("bypassed")).toList());
  }

  @Test
  void imagesOlderThanTheirDirectoryAreCounted() {
    status
        .mounts()
        .put(
            MountStatus.of("gcc", "/images/gcc", "/ce/gcc")
                .mounted(NOW, "/dev/loop3", 1.5, "cc1[7] by openat", null)
                .warning(MountWarning.NEWER_DIRECTORY, "the directory is newer")
                .build());
    assertEquals(
        "images   0 known, 1 mounted, 0 failed, 0 quarantined, 0 stuck, 1 older than their"
            + " directory",
        lines(StatusText.PLAIN).get(1));
  }

  @Test
  void figuresThenProblemsThenImagesByUrgency() {
    image("a-mounted", MountState.UNMOUNTED, null);
    status
        .mounts()
        .put(
            MountStatus.of("a-mounted", "/images/a-mounted", "/ce/a-mounted")
                .mounted(NOW.minusSeconds(60), "/dev/loop3", 1.5, "cc1[7] by openat", null)
                .build());
    image("b-quarantined", MountState.QUARANTINED, "cut off");
    image("c-stuck", MountState.STUCK, "no answer");
    image("d-failed", MountState.FAILED, "EIO");
    status.storage("storage has not responded for 30 s; still waiting");
    List<String> lines = lines((tone, text) -> text);
    assertTrue(lines.get(0).startsWith("state    starting, mode mount"), lines.get(0));
    assertEquals("images   0 known, 1 mounted, 1 failed, 1 quarantined, 1 stuck", lines.get(1));
    int problem = lines.indexOf("problem  storage has not responded for 30 s; still waiting");
    List<String> table = lines.subList(lines.indexOf("") + 1, lines.size());
    assertTrue(problem > 0 && problem < lines.indexOf(""), lines.toString());
    assertEquals(
        List.of(
            "STATE       NAME                SINCE LAST USED     MOUNT  DEVICE      FOR",
            "stuck       c-stuck             4 min",
            "  no answer",
            "failed      d-failed            4 min",
            "  EIO",
            "quarantined b-quarantined       4 min",
            "  cut off",
            "mounted     a-mounted            60 s              1.5 ms  /dev/loop3  cc1[7] by"
                + " openat"),
        table);
  }

  @Test
  void onlyFiguresAboveZeroAreMarked() {
    status.counters().lost.increment();
    List<String> lines = lines((tone, text) -> "<" + tone + ":" + text + ">");
    assertTrue(lines.get(2).contains("<WARN:1 lost>"), lines.get(2));
    assertFalse(lines.get(1).contains("<"), lines.get(1));
  }

  @Test
  void completeTextOfABusyDaemon() {
    status.state(DaemonState.READY);
    status.trace(
        new TraceStatus(ProgramName.PATH, 4711L, 1.26, null, "no BTF: the path program runs"));
    status.catalog(53, 2, 20, "/images/new: EACCES (Permission denied)");
    status.counters().seen.add(412);
    status.counters().lost.add(2);
    status.counters().unknown.add(12);
    status.counters().restarts.add(1);
    status.lingering(List.of(new LingeringImage("/images/old.img", "/dev/loop7", NOW)));
    assertEquals(
        """
        state    ready, mode mount, up 4 h
        images   53 known, 0 mounted, 0 failed, 0 quarantined, 0 stuck, 1 lingering
        events   412 seen, 2 lost, 12 matched no image
        trace    path, pid 4711, 1 restart, canary 1.3 ms
        root     /ce
        problem  /images/new: EACCES (Permission denied)
        note     no BTF: the path program runs
        lingering   /images/old.img  /dev/loop7
          unmounted, but an open file or another mount namespace still uses it
        """,
        text(upFor(Duration.ofHours(4))));
  }

  @Test
  void observeModeShowsWhatWouldHaveBeenMounted() {
    status.mode(Settings.Mode.OBSERVE);
    status.catalog(53, 1, 10, null);
    status.counters().wouldMount.add(3);
    status.counters().wouldServe.add(412);
    String text = text(upFor(Duration.ZERO));
    assertTrue(
        text.contains("\nobserved 3 of 53 images would have been mounted, serving 412 accesses\n"),
        text);
  }

  @Test
  void stateColumnAlignsInColourToo() {
    image("a", MountState.FAILED, null);
    List<String> plain = lines(StatusText.PLAIN);
    List<String> colours = lines(StatusText.COLOURS);
    assertEquals(plain, colours.stream().map(l -> l.replaceAll("\u001b\\[\\d*m", "")).toList());
  }

  private StatusReport upFor(Duration uptime) {
    return StatusReport.of(status, "/ce", Instant.now().minus(uptime));
  }

  private static String text(StatusReport report) {
    return String.join("\n", StatusText.lines(report, StatusText.PLAIN, NOW)) + "\n";
  }
}
