package dev.lazymount.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class ReloadSignalTest {
  private final ReloadSignal signal = new ReloadSignal();
  private final AtomicInteger reloads = new AtomicInteger();

  @Test
  void signalsBeforeTheDaemonCanReloadCauseOneReload() {
    signal.received();
    signal.received();
    signal.connect(reloads::incrementAndGet);
    assertEquals(1, reloads.get());
  }

  @Test
  void eachLaterSignalReloads() {
    signal.connect(reloads::incrementAndGet);
    assertEquals(0, reloads.get());
    signal.received();
    signal.received();
    assertEquals(2, reloads.get());
  }
}
