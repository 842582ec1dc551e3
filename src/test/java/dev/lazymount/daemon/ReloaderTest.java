package dev.lazymount.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.lazymount.config.LiveSettings;
import dev.lazymount.control.ControlRefusal;
import dev.lazymount.status.DaemonStatus;
import dev.lazymount.support.NotifySocket;
import dev.lazymount.systemd.ServiceManager;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ReloaderTest {
  /** A refusal is exit code 1 of the command; problems of settings would be 2. */
  @Test
  void reloadDuringAStartIsRefused(@TempDir Path temp) throws Exception {
    try (NotifySocket systemd = new NotifySocket(temp)) {
      ServiceManager manager = ServiceManager.from(Map.of("NOTIFY_SOCKET", systemd.address()));
      Reloader reloader =
          new Reloader(new LiveSettings(Optional.empty(), List.of()), new DaemonStatus(), manager);
      ControlRefusal refusal = assertThrows(ControlRefusal.class, reloader::reload);
      assertEquals("the daemon is still starting; try again", refusal.getMessage());
      manager.status("next");
      assertEquals(List.of("STATUS=next"), systemd.next());
    }
  }
}
