package dev.lazymount.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.kernel.Await;
import dev.lazymount.kernel.Namespace;
import dev.lazymount.kernel.Site;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The mount tables of processes in this and in another mount namespace. */
class ProcessMountsIT {
  private static final int NO_PROCESS = 4_194_303;

  private final long self = ProcessHandle.current().pid();
  private Site site;

  @BeforeEach
  void open() {
    site = Site.createShared();
  }

  @AfterEach
  void close() {
    site.close();
  }

  @Test
  void ownProcessHasItsMounts() throws IOException {
    MountInfo mount = MountInfo.read().get(0);
    String device = MountInfo.deviceName(mount.device());
    assertTrue(ProcessMounts.of(self, device).orElseThrow().contains(mount));
    assertEquals(ProcessMounts.Sight.HAS, ProcessMounts.sight(self, device));
    assertEquals(ProcessMounts.Sight.LACKS, ProcessMounts.sight(self, "/dev/loop9999999"));
    assertTrue(ProcessMounts.sharesMountsWith(self));
  }

  @Test
  void processThatHasEndedHasNone() {
    assertEquals(Optional.empty(), ProcessMounts.of(NO_PROCESS, "/dev/loop0"));
    assertEquals(ProcessMounts.Sight.ENDED, ProcessMounts.sight(NO_PROCESS, "/dev/loop0"));
    assertFalse(ProcessMounts.sharesMountsWith(NO_PROCESS));
    assertEquals(Optional.empty(), ProcessMounts.name(NO_PROCESS));
  }

  @Test
  void otherNamespaceSharesNoMountOfThisOne() throws IOException {
    Path output = site.scratch().resolve("log");
    try (Namespace other = Namespace.make(site, Namespace.Propagation.SLAVE)) {
      Process there = other.start(output, "sleep", "600");
      try {
        Await.until(
            "it runs there", () -> ProcessMounts.name(there.pid()).equals(Optional.of("sleep")));
        assertFalse(ProcessMounts.sharesMountsWith(there.pid()));
      } finally {
        there.destroyForcibly();
      }
    }
  }

  @Test
  void deviceNumberIsAsInMaps() {
    assertEquals(" 07:0a ", MountInfo.numberInMaps(FileStatus.device(7, 10)));
    assertEquals("/dev/loop10", MountInfo.deviceName(FileStatus.device(7, 10)));
    assertEquals("0:45", MountInfo.deviceName(FileStatus.device(0, 45)));
    assertEquals(List.of(10), LoopDevice.minor("/dev/loop10").stream().boxed().toList());
    assertTrue(LoopDevice.minor("0:45").isEmpty());
  }
}
