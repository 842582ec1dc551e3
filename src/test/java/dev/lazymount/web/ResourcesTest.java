package dev.lazymount.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import dev.lazymount.status.MountState;
import dev.lazymount.status.MountStatus;
import dev.lazymount.status.ProgramName;
import dev.lazymount.status.StatusReport;
import dev.lazymount.status.TraceStatus;
import dev.lazymount.support.RawHttp;
import dev.lazymount.support.RawHttp.Answer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests and responses, over a real port. */
class ResourcesTest extends WebFixture {
  @ParameterizedTest
  @ValueSource(strings = {"/", "/page.css", "/metrics", "/api/status", "/api/learned", "/nothing"})
  void everyResponseHasTheSecurityHeaders(String path) throws IOException {
    Map<String, String> headers = start().get(path).headers();
    assertEquals("nosniff", headers.get("X-Content-Type-Options"));
    assertEquals("DENY", headers.get("X-Frame-Options"));
    assertEquals("no-referrer", headers.get("Referrer-Policy"));
    assertEquals("no-store", headers.get("Cache-Control"));
    assertEquals("same-origin", headers.get("Cross-Origin-Resource-Policy"));
    assertEquals("same-origin", headers.get("Cross-Origin-Opener-Policy"));
    String policy = headers.get("Content-Security-Policy");
    assertTrue(policy.startsWith("default-src 'none'; frame-ancestors 'none'; "), policy);
    assertFalse(policy.contains("unsafe"), policy);
    assertFalse(headers.containsKey("Access-Control-Allow-Origin"));
    assertFalse(headers.containsKey("Server"));
  }

  @Test
  void learnedIsText() throws IOException {
    Answer learned = start().get("/api/learned");
    assertEquals("text/plain; charset=utf-8", learned.headers().get("Content-Type"));
    assertEquals("# learned\n", learned.text());
  }

  @Test
  void pageLoadsNothingButItsStyle() throws IOException {
    RawHttp http = start();
    Answer page = http.get("/");
    assertEquals(200, page.status());
    assertEquals("text/html; charset=utf-8", page.headers().get("Content-Type"));
    String policy = page.headers().get("Content-Security-Policy");
    assertTrue(policy.endsWith("; style-src 'self'; img-src data:"), policy);
    assertFalse(page.text().contains("<script"), "no script");
    assertFalse(Pattern.compile("@[A-Z]+@").matcher(page.text()).find(), "every place is filled");
    assertFalse(Pattern.compile("(src|href)=\"(?!/|#|data:)").matcher(page.text()).find());
    assertEquals("text/css; charset=utf-8", http.get("/page.css").headers().get("Content-Type"));
  }

  @Test
  void pageEscapesEveryValue() throws IOException {
    String evil = "<b>'&\"@ROWS@";
    status.trace(new TraceStatus(ProgramName.PATH, 1L, 1.0, evil, evil));
    status
        .mounts()
        .put(
            MountStatus.of(evil, evil, evil).state(MountState.FAILED, Instant.now(), evil).build());
    report = () -> rooted(evil);
    String page = start().get("/").text();
    assertFalse(page.contains("<b>"), page);
    assertTrue(page.contains("&lt;b&gt;&#39;&amp;&quot;@ROWS@"), page);
  }

  private void mounted(String name) {
    status.mounts().put(MountStatus.of(name, "/i", "/t").build());
  }

  @Test
  void statusIsTheReportAsJson() throws IOException {
    StatusReport now = rooted("</script><img src=x>");
    report = () -> now;
    Answer answer = start().get("/api/status");
    assertEquals("application/json", answer.headers().get("Content-Type"));
    assertFalse(answer.text().contains("<"), answer.text());
    assertEquals(now, new Gson().fromJson(answer.text(), StatusReport.class));
  }

  @Test
  void explainAnswersAsJson() throws IOException {
    explain = Optional.of(of -> Map.of("verdict", "because of " + of));
    RawHttp http = start();
    assertEquals(
        "{\"verdict\":\"because of a/b c\"}", http.get("/api/explain?of=%20a%2Fb+c").text());
    mounted("a/b c");
    assertTrue(http.get("/").text().contains("href=\"/api/explain?of=a%2Fb+c\""));
    for (String question : List.of("", "?of=", "?of=%20", "?of=%zz", "?x=1", "?of=a&of=b")) {
      assertEquals(400, http.get("/api/explain" + question).status(), question);
    }
    assertEquals(200, http.get("/api/explain?of=" + "a".repeat(1024)).status());
    assertEquals(400, http.get("/api/explain?of=" + "a".repeat(1025)).status());
  }

  @Test
  void withoutExplainThereIsNoLink() throws IOException {
    RawHttp http = start();
    assertEquals(404, http.get("/api/explain?of=gcc").status());
    mounted("a/b c");
    assertFalse(http.get("/").text().contains("/api/explain"));
  }

  @Test
  void internalErrorIsAnswered500WithoutDetails() throws IOException {
    explain =
        Optional.of(
            of -> {
              throw new IllegalStateException("secret");
            });
    RawHttp http = start();
    Answer answer = http.get("/api/explain?of=gcc");
    assertEquals(500, answer.status());
    assertFalse(answer.text().contains("secret"));
    assertEquals(200, http.get("/api/status").status());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "localhost",
        "LOCALHOST:9723",
        "127.0.0.1:1",
        "10.1.2.3",
        "[::1]:9723",
        "[fe80::1]",
        "node7.example.org",
        "Node7.Example.Org:9723"
      })
  void addressesAndConfiguredNamesAreServed(String host) throws IOException {
    assertEquals(200, start().send("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n").status());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "node7",
        "127.0.0.1.nip.io",
        "1.2.3",
        "0x7f.1",
        "node7.example.org.",
        "x.node7.example.org"
      })
  void otherHostNamesAreRefused(String host) throws IOException {
    for (String path : List.of("/", "/metrics", "/api/status", "/nothing")) {
      Answer answer = start().send("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
      assertEquals(421, answer.status());
      close();
    }
  }

  @Test
  void headHasHeadersAndNoBody() throws IOException {
    RawHttp http = start();
    Answer head = http.send("HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assertEquals(200, head.status());
    assertEquals(0, head.body().length);
    assertEquals(
        Integer.toString(http.get("/").body().length), head.headers().get("Content-Length"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"})
  void otherMethodsAreRefused(String method) throws IOException {
    Answer answer = start().send(method + " / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assertEquals(405, answer.status());
    assertEquals("GET, HEAD", answer.headers().get("Allow"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Host: localhost\r\nHost: localhost",
        "Host:",
        "Host: a b",
        "Host: localhost,localhost",
        "Host: localhost:99999999",
        "Host: user@localhost",
        "Host: [::1",
        "X: y",
        "Host: localhost\r\nTransfer-Encoding: chunked",
        "Host: localhost\r\nContent-Length: 5",
        "Host: localhost\r\nContent-Length: 0\r\nContent-Length: 5",
        "Host: localhost\r\nContent-Length: -1",
      })
  void oddHeadersAreRefused(String headers) throws IOException {
    assertEquals(400, start().send("GET / HTTP/1.1\r\n" + headers + "\r\n\r\n").status());
  }

  @Test
  void absoluteAddressIsRefused() throws IOException {
    RawHttp http = start();
    for (String target : List.of("http://localhost/", "//localhost/", "/#x")) {
      assertEquals(
          400, http.send("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n").status());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "gzip | true",
        "br, gzip;q=0.5 | true",
        "deflate,gzip | true",
        "gzip ; q=1.0 | true",
        "gzip;q=0 | false",
        "gzip;q=0.0 | false",
        "x-gzip | false",
        "identity | false",
      })
  void gzipIsSentWhereAccepted(String codings, boolean expected) throws IOException {
    Answer answer = start().get("/", "Accept-Encoding: " + codings);
    assertEquals(expected, answer.headers().containsKey("Content-Encoding"));
  }

  @Test
  void gzipIsSentOnRequest() throws IOException {
    RawHttp http = start();
    Answer zipped = http.get("/", "Accept-Encoding: gzip");
    assertEquals("gzip", zipped.headers().get("Content-Encoding"));
    try (var in = new GZIPInputStream(new ByteArrayInputStream(zipped.body()))) {
      assertEquals(http.get("/").text(), new String(in.readAllBytes(), StandardCharsets.UTF_8));
    }
    assertFalse(http.get("/").headers().containsKey("Content-Encoding"));
  }

  @Test
  void requestsWithinASecondShareOneResponse() {
    AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 5);
    Resources.Recent recent =
        new Resources.Recent(() -> Reply.of("text/plain", new byte[1]), clock::get);
    Reply first = recent.get();
    clock.addAndGet(Resources.FRESH.toNanos() - 1);
    assertSame(first, recent.get());
    clock.incrementAndGet();
    assertNotSame(first, recent.get());
  }
}
