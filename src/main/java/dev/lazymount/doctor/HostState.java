package dev.lazymount.doctor;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** What systemd does with the host as a whole. */
public final class HostState {
  private static final Path SYSTEMD = Path.of("/run/systemd/system");

  private HostState() {}

  /**
   * Whether systemd shuts the host down. Blocks until systemctl has ended.
   *
   * @param atMost after which the answer is no; so it is on a host without systemd
   */
  public static boolean shutsDown(Duration atMost) throws InterruptedException {
    return Files.exists(SYSTEMD)
        && Tool.output(atMost, "systemctl", "show", "--property=SystemState")
            .filter(state -> state.strip().equals("SystemState=stopping"))
            .isPresent();
  }
}
