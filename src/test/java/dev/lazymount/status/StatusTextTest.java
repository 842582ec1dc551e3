package dev.lazymount.status;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The table that a person reads. */
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
  void countsComeFirstThenProblemsThenWhatIsWrongThenTheRest() {
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
    status.storage("the image storage does not answer");
    List<String> lines = lines((tone, text) -> text);
    assertTrue(lines.get(0).startsWith("state    starting, mode mount"), lines.get(0));
    assertEquals("images   0 known, 1 mounted, 1 failed, 1 quarantined, 1 stuck", lines.get(1));
    int problem = lines.indexOf("problem  the image storage does not answer");
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
  void onlyWhatIsNotZeroIsMarked() {
    status.counters().lost.increment();
    List<String> lines = lines((tone, text) -> "<" + tone + ":" + text + ">");
    assertTrue(lines.get(2).contains("<WARN:1 lost>"), lines.get(2));
    assertFalse(lines.get(1).contains("<"), lines.get(1));
  }
}
