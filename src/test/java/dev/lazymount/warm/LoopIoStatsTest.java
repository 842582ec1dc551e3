package dev.lazymount.warm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lazymount.status.MountState;
import dev.lazymount.status.MountStatus;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Use of what is mounted, by what its loop device was asked for. */
class LoopIoStatsTest {
  private static final Instant NOON = Instant.parse("2026-11-23T12:00:00Z");

  private final Map<String, Long> sectors = new HashMap<>();
  private final LoopIoStats reads =
      new LoopIoStats(
          device ->
              sectors.containsKey(device)
                  ? OptionalLong.of(sectors.get(device))
                  : OptionalLong.empty());

  private static MountStatus mounted(String name, String device, Instant since) {
    return MountStatus.of(name, name + ".img", "/ce/" + name)
        .mounted(since, device, 1.0, "the warm list", null)
        .build();
  }

  @Test
  void whatWasReadSinceTheLastLookIsUsed() {
    List<MountStatus> lines =
        List.of(mounted("gcc", "/dev/loop0", NOON), mounted("clang", "/dev/loop1", NOON));
    sectors.putAll(Map.of("/dev/loop0", 100L, "/dev/loop1", 100L));
    assertEquals(Set.of(), reads.since(lines), "mounting has read that");
    sectors.put("/dev/loop1", 102L);
    assertEquals(Set.of("clang"), reads.since(lines));
    assertEquals(Set.of(), reads.since(lines));
  }

  @Test
  void aDeviceThatHasAnotherMountNowBeginsAnew() {
    sectors.put("/dev/loop0", 100L);
    reads.since(List.of(mounted("gcc", "/dev/loop0", NOON)));
    sectors.put("/dev/loop0", 200L);
    assertEquals(Set.of(), reads.since(List.of(mounted("clang", "/dev/loop0", NOON))));
    sectors.put("/dev/loop0", 300L);
    MountStatus again = mounted("clang", "/dev/loop0", NOON.plusSeconds(1));
    assertEquals(Set.of(), reads.since(List.of(again)));
  }

  @Test
  void whatIsNotMountedOrCantBeToldIsNotUsed() {
    List<MountStatus> lines =
        List.of(
            mounted("erofs", "none", NOON),
            MountStatus.of("gcc", "gcc.img", "/ce/gcc")
                .state(MountState.UNMOUNTED, NOON, "idle")
                .build());
    sectors.put("/dev/loop0", 1L);
    reads.since(lines);
    sectors.put("/dev/loop0", 2L);
    assertEquals(Set.of(), reads.since(lines));
  }
}
