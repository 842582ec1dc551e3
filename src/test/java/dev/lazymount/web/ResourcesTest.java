package dev.lazymount.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.support.RawHttp;
import dev.lazymount.support.RawHttp.Answer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is served, over a real port. */
class ResourcesTest extends WebFixture {
  @ParameterizedTest
  @ValueSource(strings = {"/", "/metrics", "/api/status", "/api/history", "/nothing"})
  void everyAnswerHasTheHeadersThatKeepItToItself(String path) throws IOException {
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
  void thePolicyNamesTheVeryStyleAndScriptOfThePage() throws Exception {
    Answer page = start().get("/");
    assertEquals(200, page.status());
    assertEquals("text/html; charset=utf-8", page.headers().get("Content-Type"));
    String policy = page.headers().get("Content-Security-Policy");
    for (String tag : List.of("style", "script")) {
      Matcher inline =
          Pattern.compile("<" + tag + ">(.*?)</" + tag + ">", Pattern.DOTALL).matcher(page.text());
      assertTrue(inline.find(), tag);
      String hash = sha256(inline.group(1));
      assertTrue(policy.contains(tag + "-src 'sha256-" + hash + "'"), policy);
      assertFalse(inline.find(), "one " + tag + " only");
    }
    assertFalse(
        Pattern.compile("@[A-Z]+@").matcher(page.text()).find(),
        "a place that nothing was put into");
    assertFalse(Pattern.compile("(src|href)=\"(?!/|#|data:)").matcher(page.text()).find());
  }

  private static String sha256(String text) throws Exception {
    byte[] hash =
        java.security.MessageDigest.getInstance("SHA-256")
            .digest(text.getBytes(StandardCharsets.UTF_8));
    return java.util.Base64.getEncoder().encodeToString(hash);
  }

  @Test
  void statusIsWhatTheReportSaysAsJson() throws IOException {
    report = () -> Map.of("name", "</script><img src=x>");
    Answer answer = start().get("/api/status");
    assertEquals("application/json", answer.headers().get("Content-Type"));
    assertEquals(
        "{\"name\":\"\\u003c/script\\u003e\\u003cimg src\\u003dx\\u003e\"}", answer.text());
  }

  @Test
  void explainIsAskedAndAnsweredAsJson() throws IOException {
    explain = Optional.of(of -> Map.of("verdict", "because of " + of));
    RawHttp http = start();
    assertEquals(
        "{\"verdict\":\"because of a/b c\"}", http.get("/api/explain?of=%20a%2Fb+c").text());
    assertTrue(http.get("/").text().contains("data-explain=\"true\""));
    for (String question : List.of("", "?of=", "?of=%20", "?of=%zz", "?x=1", "?of=a&of=b")) {
      assertEquals(400, http.get("/api/explain" + question).status(), question);
    }
    assertEquals(200, http.get("/api/explain?of=" + "a".repeat(1024)).status());
    assertEquals(400, http.get("/api/explain?of=" + "a".repeat(1025)).status());
  }

  @Test
  void withoutExplainThereIsNoBoxForIt() throws IOException {
    RawHttp http = start();
    assertEquals(404, http.get("/api/explain?of=gcc").status());
    assertTrue(http.get("/").text().contains("data-explain=\"false\""));
  }

  @Test
  void whatFailsIsAnErrorAndTheNextRequestIsAnswered() throws IOException {
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
  void asksByAddressOrByAKnownName(String host) throws IOException {
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
  void anotherNameThatLeadsHereIsRefused(String host) throws IOException {
    for (String path : List.of("/", "/metrics", "/api/status", "/nothing")) {
      Answer answer = start().send("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
      assertEquals(421, answer.status());
      close();
    }
  }

  @Test
  void headIsAnsweredWithoutABody() throws IOException {
    RawHttp http = start();
    Answer head = http.send("HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assertEquals(200, head.status());
    assertEquals(0, head.body().length);
    assertEquals(
        Integer.toString(http.get("/").body().length), head.headers().get("Content-Length"));
  }

  @Test
  void onlyGetAndHead() throws IOException {
    Answer answer = start().send("POST / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assertEquals(405, answer.status());
    assertEquals("GET, HEAD", answer.headers().get("Allow"));
  }

  @Test
  void whoTakesGzipGetsIt() throws IOException {
    RawHttp http = start();
    Answer zipped = http.get("/", "Accept-Encoding: gzip");
    assertEquals("gzip", zipped.headers().get("Content-Encoding"));
    try (var in = new GZIPInputStream(new ByteArrayInputStream(zipped.body()))) {
      assertEquals(http.get("/").text(), new String(in.readAllBytes(), StandardCharsets.UTF_8));
    }
    assertFalse(http.get("/").headers().containsKey("Content-Encoding"));
  }

  @Test
  void manyWhoAskAtOnceAreOneLook() throws IOException {
    int[] looks = {0};
    report = () -> Map.of("looks", ++looks[0]);
    RawHttp http = start();
    String first = http.get("/api/status").text();
    long start = System.nanoTime();
    int asked = 0;
    while (System.nanoTime() - start < 300_000_000L) {
      http.get("/api/status");
      asked++;
    }
    assertEquals("{\"looks\":1}", first);
    assertTrue(looks[0] <= 2, looks[0] + " looks for " + asked + " requests");
  }
}
