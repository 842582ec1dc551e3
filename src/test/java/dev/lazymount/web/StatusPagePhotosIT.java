package dev.lazymount.web;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Screenshots of the status page, for README: left in {@code target/site}. */
class StatusPagePhotosIT extends StatusPageFixture {
  private static final Path SITE = Path.of("target", "site");

  /** For README: an hour is played, and the page photographed. */
  @Test
  void photographs() throws Exception {
    HttpServer server =
        HttpServer.listen(env(0).address(), new Resources(env(0), playedHour()), () -> {});
    Thread serving = new Thread(() -> assertDoesNotThrow(server::run), "photographs");
    serving.start();
    try {
      url = "http://127.0.0.1:" + server.address().getPort() + "/";
      photograph();
    } finally {
      server.close();
      serving.join();
    }
  }

  /** A quiet hour with a busy quarter, by a clock of its own. */
  private History playedHour() {
    AtomicLong clock = new AtomicLong();
    History history = new History(status.counters(), clock::get);
    Random random = new Random(7);
    for (int i = 0; i < 360; i++) {
      boolean busy = i > 150 && i < 240;
      status.counters().seen.add(random.nextInt(busy ? 90 : 25));
      status.counters().mounts.add(random.nextInt(busy ? 3 : 20) == 0 ? 1 : 0);
      status.counters().failures.add(i == 200 || i == 310 ? 1 : 0);
      clock.addAndGet(10_000_000_000L);
      history.tick();
    }
    return history;
  }

  private void photograph() throws Exception {
    chromium.resize(1100, 1300, false);
    show();
    chromium.await("document.querySelectorAll('#chart-mounts rect').length > 20");
    chromium.value("[...document.querySelectorAll('#rows .name')].at(-1).click()");
    chromium.await("document.querySelector('#explanation .verdict') !== null");
    chromium.value("scrollTo(0, 0)");
    chromium.screenshot(SITE.resolve("status-page.png"));
    chromium.dark(true);
    chromium.screenshot(SITE.resolve("status-page-dark.png"));
    chromium.resize(390, 1400, true);
    chromium.screenshot(SITE.resolve("status-page-phone.png"));
    assertEquals(List.of(), chromium.complaints());
  }
}
