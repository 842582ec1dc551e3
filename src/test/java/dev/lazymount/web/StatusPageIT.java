package dev.lazymount.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.status.DaemonState;
import dev.lazymount.status.MountState;
import dev.lazymount.status.ProgramName;
import dev.lazymount.status.TraceStatus;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The status page in a real browser. */
class StatusPageIT extends StatusPageFixture {
  private static final String EVIL = "<img src=x onerror=\"document.title='owned'\">";

  private String state() throws Exception {
    return chromium.text("document.getElementById('state').textContent");
  }

  @Test
  void showsStateFiguresAndImages() throws Exception {
    show();
    assertEquals("ready", state());
    String figures = chromium.text("document.getElementById('figures').innerText");
    assertTrue(figures.contains("18,432"), figures);
    assertTrue(figures.contains("of 3,050 images mounted"), figures);
    assertEquals(
        List.of(
            "zig-0.16.0",
            "nightly-20261101",
            "arm64/gcc-14.2.0",
            "clang-21.1.0",
            "gcc-15.1.0",
            "gcc-9.5.0",
            "rust-1.91.0",
            "tcc-0.9.27"),
        names());
    assertEquals(List.of(), chromium.complaints());
  }

  @Test
  void showsWhatIsAwaitedHeldAndBypassed() throws Exception {
    status.waitingFor(List.of("root /opt/compiler-explorer (ENOENT)"));
    refused("gcc-8", MountState.HELD, "held by an operator");
    status.bypasses().add("gcc-15.1.0", 7, "cat", Instant.now());
    show();
    String problems = chromium.text("document.getElementById('problems').innerText");
    assertTrue(problems.contains("waiting for root /opt/compiler-explorer (ENOENT)"), problems);
    assertTrue(problems.contains("gcc-15.1.0 by cat[7]"), problems);
    String figures =
        chromium.text("document.getElementById('figures').innerText").replace("\n", " ");
    assertTrue(figures.contains("held 1"), figures);
    assertTrue(figures.contains("bypassed 1"), figures);
  }

  @Test
  void loadsOnlyFromItsOwnServer() throws Exception {
    show();
    List<String> elsewhere =
        chromium.requests().stream()
            .filter(request -> !request.startsWith(url) && !request.startsWith("data:"))
            .toList();
    assertEquals(List.of(), elsewhere);
    assertTrue(chromium.requests().contains(url + "page.css"));
  }

  @Test
  void reloadsByItself() throws Exception {
    show();
    status.counters().lost.add(77);
    status.state(DaemonState.DEGRADED);
    chromium.await(
        "document.readyState === 'complete'"
            + " && document.getElementById('state')?.textContent === 'degraded'");
    String figures = chromium.text("document.getElementById('figures').innerText");
    assertTrue(figures.contains("77"), figures);
    assertTrue(chromium.text("document.title").startsWith("degraded"));
  }

  @Test
  void valuesAreTextAndNeverMarkup() throws Exception {
    refused(EVIL, MountState.FAILED, "</td><script>document.title='owned'</script>" + EVIL);
    status.trace(new TraceStatus(ProgramName.PATH, 1L, 1.0, EVIL, null));
    show();
    assertTrue(names().contains(EVIL), names().toString());
    assertEquals(0, chromium.value("document.images.length").getAsInt());
    assertEquals(0, chromium.value("document.scripts.length").getAsInt());
    assertFalse(chromium.text("document.title").contains("owned"));
    assertEquals(List.of(), chromium.complaints());
  }

  @Test
  void policyStopsInjectedScripts() throws Exception {
    show();
    chromium.value(
        "(() => { const s = document.createElement('script');"
            + " s.text = 'document.title = \"owned\"'; document.body.append(s); })()");
    assertFalse(chromium.text("document.title").contains("owned"));
    assertEquals(
        "TypeError", chromium.text("fetch('http://127.0.0.1:1/').then(() => 'none', e => e.name)"));
  }

  @Test
  void nameLinksToItsExplanation() throws Exception {
    show();
    chromium.value("document.querySelector('#rows .name a').click()");
    chromium.await("document.body.innerText.includes('zig-0.16.0 is not mounted')");
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
  void followsThePreferredColourScheme() throws Exception {
    chromium.dark(false);
    show();
    assertTrue(contrast() < 0, "dark text on a light background");
    chromium.dark(true);
    assertTrue(contrast() > 0, "light text on a dark background");
  }

  /** Brightness of the text minus that of the background, 0 to 255 each. */
  private int contrast() throws Exception {
    return chromium
        .value(
            "(() => { const of = c => +c.match(/\\d+/g)[1]; const s ="
                + " getComputedStyle(document.body); return of(s.color) - of(s.backgroundColor);"
                + " })()")
        .getAsInt();
  }

  @Test
  void showsThousandsOfImages() throws Exception {
    for (int i = 0; i < 3000; i++) {
      mounted("compiler-" + i, 1, 2);
    }
    show();
    assertEquals(3008, names().size());
  }

  /** Leaves screenshots for the manual in target/site. */
  @Test
  void screenshots() throws Exception {
    Path site = Path.of("target", "site");
    chromium.resize(1100, 800, false);
    show();
    chromium.screenshot(site.resolve("status-page.png"));
    chromium.dark(true);
    chromium.screenshot(site.resolve("status-page-dark.png"));
    assertEquals(List.of(), chromium.complaints());
  }
}
