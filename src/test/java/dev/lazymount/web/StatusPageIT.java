package dev.lazymount.web;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import dev.lazymount.ops.StatusReport;
import dev.lazymount.state.DaemonState;
import dev.lazymount.state.MountState;
import dev.lazymount.state.MountStatus;
import dev.lazymount.state.TraceStatus;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The status page in a real browser. Screenshots are left in {@code target/site}. */
class StatusPageIT extends WebFixture {
  private static final Path SITE = Path.of("target", "site");
  private static final String EVIL = "<img src=x onerror=\"document.title='owned'\">";

  @TempDir private static Path folder;

  private static Chromium chromium;
  private String url;

  @BeforeAll
  static void launch() throws Exception {
    chromium = Chromium.start(folder);
  }

  @AfterAll
  static void quit() throws Exception {
    if (chromium != null) {
      chromium.close();
    }
  }

  @BeforeEach
  void open() throws Exception {
    status.state(DaemonState.READY);
    status.trace(new TraceStatus("resolved", 28314L, 0.8, null, null));
    status.catalog(3050, 3, 40, null);
    status.counters().seen.add(18_432);
    status.counters().unknown.add(311);
    mounted("gcc-9.5.0", 1.2, 90);
    mounted("gcc-15.1.0", 0.9, 3);
    mounted("clang-21.1.0", 2.4, 30);
    mounted("arm64/gcc-14.2.0", 1.7, 12);
    mounted("rust-1.91.0", 1.1, 55);
    mounted("tcc-0.9.27", 2.8, 1);
    refused(
        "zig-0.16.0",
        MountState.FAILED,
        "openat2 zig-0.16.0.img: EIO (Input/output error); the first access in 4.0 s or later tries"
            + " again");
    refused(
        "nightly-20261101",
        MountState.QUARANTINED,
        "the image is cut off: 94208 bytes, its superblock says 187656; it is tried again when the"
            + " file has changed");
    Instant start = Instant.now().minus(Duration.ofMinutes(200));
    report = () -> StatusReport.of(status, "/opt/compiler-explorer", start);
    explain = Optional.of(StatusPageIT::explanation);
    start();
    InetSocketAddress address = address();
    url = "http://127.0.0.1:" + address.getPort() + "/";
    chromium.forget();
    chromium.dark(false);
    chromium.resize(1100, 900, false);
  }

  /** So that a page asks no server that is gone. */
  @AfterEach
  void leave() throws Exception {
    chromium.open("about:blank");
  }

  /** In the shape of {@code lazymount explain --json}. */
  private static Object explanation(String of) {
    return Map.of(
        "asked",
        of,
        "steps",
        List.of(
            Map.of("what", "name", "finding", of + ", with an image of the same name"),
            Map.of("what", "image", "finding", "/efs/squash-images/" + of + ".img")),
        "state",
        "failed",
        "verdict",
        of + " is not mounted: EIO (Input/output error)",
        "next",
        "the first access in 4.0 s or later tries again");
  }

  private void mounted(String name, double millis, int minutesAgo) {
    Instant when = Instant.now().minus(Duration.ofMinutes(minutesAgo));
    status
        .mounts()
        .put(
            MountStatus.unknown(
                    name, "/efs/squash-images/" + name + ".img", "/opt/compiler-explorer/" + name)
                .mounted(when, "/dev/loop" + minutesAgo, millis, "cc1[4711] by openat", "1")
                .accessed(when.plusSeconds(20)));
  }

  private void refused(String name, MountState state, String reason) {
    status
        .mounts()
        .put(
            MountStatus.unknown(name, "/i/" + name, "/t/" + name)
                .unmounted(state, Instant.now(), reason));
  }

  private void show() throws Exception {
    chromium.open(url);
    chromium.await("document.querySelectorAll('#rows tr').length > 0");
  }

  private List<String> names() throws Exception {
    JsonArray names =
        chromium
            .value("[...document.querySelectorAll('#rows .name')].map(node => node.textContent)")
            .getAsJsonArray();
    return StreamSupport.stream(names.spliterator(), false).map(JsonElement::getAsString).toList();
  }

  private void type(String text) throws Exception {
    for (int i = 0; i < text.length(); i++) {
      chromium.press(text.substring(i, i + 1));
    }
  }

  private String focused() throws Exception {
    return chromium.text(
        "document.activeElement.id || document.activeElement.dataset.sort"
            + " || document.activeElement.textContent.trim()");
  }

  @Test
  void showsStateFiguresAndTableAndAsksNobodyElse() throws Exception {
    show();
    assertEquals("ready", chromium.text("document.getElementById('state').textContent"));
    String figures = chromium.text("document.getElementById('figures').innerText");
    assertTrue(figures.contains("18,432"), figures);
    assertTrue(figures.contains("of 3,050 images mounted"), figures);
    assertEquals(
        List.of(
            "arm64/gcc-14.2.0",
            "clang-21.1.0",
            "gcc-9.5.0",
            "gcc-15.1.0",
            "nightly-20261101",
            "rust-1.91.0",
            "tcc-0.9.27",
            "zig-0.16.0"),
        names());

    status.counters().lost.add(77);
    status.state(DaemonState.DEGRADED);
    chromium.await("document.getElementById('state').textContent === 'degraded'");
    chromium.await("document.querySelector('#figures .alarm dd').textContent === '77'");

    List<String> elsewhere =
        chromium.requests().stream()
            .filter(request -> !request.startsWith(url) && !request.startsWith("data:"))
            .toList();
    assertEquals(List.of(), elsewhere);
    assertTrue(chromium.requests().contains(url + "api/history"));
    assertEquals(List.of(), chromium.complaints());
  }

  @Test
  void searchesAndSorts() throws Exception {
    show();
    chromium.value("document.getElementById('find').focus()");
    type("GCC");
    assertEquals(List.of("arm64/gcc-14.2.0", "gcc-9.5.0", "gcc-15.1.0"), names());
    assertEquals("3 of 8 images", chromium.text("document.getElementById('found').textContent"));
    chromium.value("document.querySelector('[data-sort=mountMillis]').click()");
    assertEquals(List.of("gcc-15.1.0", "gcc-9.5.0", "arm64/gcc-14.2.0"), names());
    chromium.value("document.querySelector('[data-sort=mountMillis]').click()");
    assertEquals(List.of("arm64/gcc-14.2.0", "gcc-9.5.0", "gcc-15.1.0"), names());
    assertEquals(
        "descending",
        chromium.text("document.querySelector('[data-sort=mountMillis]').parentElement.ariaSort"));
    assertEquals(1, chromium.value("document.querySelectorAll('[aria-sort]').length").getAsInt());
    chromium.value("document.getElementById('find').select()");
    type("cut off");
    assertEquals(List.of("nightly-20261101"), names());
  }

  @Test
  void namesAreTextAndNothingElse() throws Exception {
    refused(EVIL, MountState.FAILED, "</td><script>document.title='owned'</script>" + EVIL);
    status.trace(new TraceStatus(EVIL, 1L, 1.0, EVIL, null));
    show();
    assertTrue(names().contains(EVIL), names().toString());
    chromium.value("document.querySelectorAll('#rows .name')[0].click()");
    chromium.await("document.querySelectorAll('#explanation dd').length === 3");
    assertEquals(0, chromium.value("document.images.length").getAsInt());
    assertFalse(chromium.text("document.title").contains("owned"));
    assertEquals(List.of(), chromium.complaints());
  }

  @Test
  void injectedScriptsAndMarkupAreRefusedByThePolicy() throws Exception {
    show();
    chromium.value(
        "(() => { const s = document.createElement('script'); try { s.text = 'document.title ="
            + " \"owned\"'; document.body.append(s); } catch (e) {} })()");
    assertFalse(chromium.text("document.title").contains("owned"));
    assertEquals(
        "TypeError",
        chromium.text(
            "(() => { try { document.body.innerHTML = '<b>'; return 'none'; }"
                + " catch (e) { return e.name; } })()"));
    assertEquals(
        "TypeError", chromium.text("fetch('http://127.0.0.1:1/').then(() => 'none', e => e.name)"));
  }

  @Test
  void theKeyboardIsEnough() throws Exception {
    show();
    chromium.press("Tab");
    assertEquals("To the table of images", focused());
    chromium.press("/");
    assertEquals("find", focused());
    type("/");
    assertEquals("/", chromium.text("document.getElementById('find').value"));
    chromium.value("document.getElementById('find').value = ''");
    chromium.press("Tab");
    assertEquals("name", focused());
    chromium.press("Enter");
    assertEquals("zig-0.16.0", names().get(0));
    assertEquals("solid", chromium.text("getComputedStyle(document.activeElement).outlineStyle"));
    for (int i = 0; i < 6; i++) {
      chromium.press("Tab");
    }
    assertEquals("zig-0.16.0", focused());
    chromium.press("Enter");
    chromium.await("document.querySelector('#explanation .verdict') !== null");
    assertEquals(
        "failed zig-0.16.0 is not mounted: EIO (Input/output error)",
        chromium.text("document.querySelector('#explanation .verdict').textContent"));
    assertEquals(
        0,
        chromium
            .value("[...document.querySelectorAll('input')].filter(i => !i.labels.length).length")
            .getAsInt());
  }

  @Test
  void fitsAPhone() throws Exception {
    refused(
        "a-name-without-any-place-to-break-it-" + "x".repeat(200),
        MountState.FAILED,
        "y".repeat(500));
    for (int width : new int[] {320, 390}) {
      chromium.resize(width, 800, true);
      show();
      assertEquals(width, chromium.value("document.documentElement.scrollWidth").getAsInt());
    }
  }

  @Test
  void isDarkForWhoPrefersIt() throws Exception {
    chromium.dark(false);
    show();
    assertTrue(contrast() < 0, "light paper, dark ink");
    chromium.dark(true);
    assertTrue(contrast() > 0, "dark paper, light ink");
  }

  /** Brightness of the ink less that of the paper, 0 to 255 each. */
  private int contrast() throws Exception {
    return chromium
        .value(
            "(() => { const of = c => +c.match(/\\d+/g)[1]; const s ="
                + " getComputedStyle(document.body); return of(s.color) - of(s.backgroundColor);"
                + " })()")
        .getAsInt();
  }

  @Test
  void thousandsOfImagesAreDrawnInPieces() throws Exception {
    for (int i = 0; i < 3000; i++) {
      mounted("compiler-" + i, 1, 2);
    }
    show();
    assertEquals(200, names().size());
    chromium.value("document.getElementById('more').click()");
    assertEquals(1200, names().size());
  }

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
