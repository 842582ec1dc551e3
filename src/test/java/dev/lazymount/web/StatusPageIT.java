package dev.lazymount.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.status.DaemonState;
import dev.lazymount.status.MountState;
import dev.lazymount.status.ProgramName;
import dev.lazymount.status.TraceStatus;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The status page in a real browser: what it shows and does. */
class StatusPageIT extends StatusPageFixture {
  private static final String EVIL = "<img src=x onerror=\"document.title='owned'\">";

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
    status.trace(new TraceStatus(ProgramName.PATH, 1L, 1.0, EVIL, null));
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
}
