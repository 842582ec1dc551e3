package dev.lazymount.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HttpRequestTest {
  private static HttpRequest parse(String head) throws HttpRequest.Refused {
    byte[] bytes = head.getBytes(StandardCharsets.ISO_8859_1);
    assertEquals(bytes.length, HttpRequest.end(bytes, bytes.length));
    return HttpRequest.of(bytes, bytes.length);
  }

  private static int refusal(String head) {
    return assertThrows(HttpRequest.Refused.class, () -> parse(head)).response().status();
  }

  @Test
  void whatABrowserSendsIsUnderstood() throws Exception {
    String head =
        """
        GET /api/explain?of=a%2Fb HTTP/1.1
        Host: LocalHost:9723
        User-Agent: Mozilla/5.0
        Accept-Encoding: gzip, deflate, br
        Cookie: caf\u00e9=1
        Empty:

        """;
    HttpRequest request = parse(head.replace("\n", "\r\n"));
    assertEquals(new HttpRequest(false, "/api/explain", "of=a%2Fb", "localhost", true), request);
  }

  @Test
  void headIsLikeGet() throws Exception {
    assertEquals(
        new HttpRequest(true, "/", "", "[::1]", false),
        parse("HEAD / HTTP/1.0\r\nHost: [::1]:80\r\n\r\n"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "gzip | true",
        "br, gzip;q=0.5 | true",
        "GZIP ; q=1.0 | true",
        "gzip;q=0 | false",
        "gzip;q=0.0 | false",
        "x-gzip | false",
        "identity | false",
      })
  void gzipIsForThoseWhoTakeIt(String codings, boolean expected) throws Exception {
    String head = "GET / HTTP/1.1\r\nHost: h\r\nAccept-Encoding: " + codings + "\r\n\r\n";
    assertEquals(expected, parse(head).gzip());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "GET",
        "GET /",
        "GET / HTTP/2.0",
        "GET / HTTP/1.11",
        "get / HTTP/1.1",
        "GET  / HTTP/1.1",
        " GET / HTTP/1.1",
        "GET http://h/ HTTP/1.1",
        "GET h/ HTTP/1.1",
        "GET /# HTTP/1.1",
        "GET /\u0000 HTTP/1.1",
        "GET /\u00e9 HTTP/1.1",
        "GET /\n HTTP/1.1",
      })
  void oddFirstLinesAreRefused(String line) {
    assertEquals(400, refusal(line + "\r\nHost: h\r\n\r\n"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Host: h\r\nHost: h",
        "Host:",
        "Host: a b",
        "Host: a,b",
        "Host: h:99999999",
        "Host: user@h",
        "Host: [::1",
        "Host : h",
        "Host: h\r\n folded: x",
        "Host: h\r\nno colon",
        "Host: h\r\n: x",
        "Host: h\r\nx: \u0000",
        "Host: h\r\nx: a\rb",
        "Host: h\r\nx: a\nb",
        "Host: h\r\nTransfer-Encoding: chunked",
        "Host: h\r\nContent-Length: 5",
        "Host: h\r\nContent-Length: 0, 5",
        "X: y",
      })
  void oddHeadersAreRefused(String headers) {
    assertEquals(400, refusal("GET / HTTP/1.1\r\n" + headers + "\r\n\r\n"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PATCH"})
  void onlyReadingIsAllowed(String method) {
    assertEquals(405, refusal(method + " / HTTP/1.1\r\nHost: h\r\n\r\n"));
  }
}
