package dev.lazymount.linux;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.kernel.ChildProcess;
import dev.lazymount.kernel.Site;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The kernel's notification of mount changes. */
class MountEventsIT {
  @Test
  void mountAndUnmountAreReported() throws Exception {
    try (Site site = Site.create();
        MountEvents events = MountEvents.open()) {
      Path place = Files.createDirectories(site.scratch().resolve("place"));
      settle(events);
      ChildProcess.run("mount", "--bind", site.root().toString(), place.toString()).orFail();
      assertTrue(events.await(Duration.ofSeconds(10)), "the mount is reported");
      settle(events);
      ChildProcess.run("umount", place.toString()).orFail();
      assertTrue(events.await(Duration.ofSeconds(10)), "the unmount is reported");
    }
  }

  @Test
  void quietTableEndsTheWait() throws SyscallException {
    try (MountEvents events = MountEvents.open()) {
      settle(events);
      assertFalse(events.await(Duration.ZERO), "nothing was mounted");
    }
  }

  /** Takes in what other processes of this machine have mounted meanwhile. */
  private static void settle(MountEvents events) throws SyscallException {
    while (events.await(Duration.ZERO)) {}
  }
}
