package dev.lazymount.support;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;

/** Generates malformed HTTP requests; the same seed gives the same requests. */
public final class MalformedHttp {
  private static final List<String> VALID =
      List.of(
          "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
          "GET /api/explain?of=gcc%2F15 HTTP/1.1\r\nHost: localhost:9723\r\nAccept: */*\r\n\r\n",
          "HEAD /metrics HTTP/1.0\r\nHost: [::1]\r\nAccept-Encoding: gzip\r\n\r\n");

  private static final List<String> WRONG =
      List.of(
          "",
          "\r\n\r\n",
          "GET",
          "GET /\r\n\r\n",
          "GET / HTTP/9.9\r\nHost: h\r\n\r\n",
          "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\n",
          "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
          "GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n",
          "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
          "GET / HTTP/1.1\r\n\r\n",
          "GET /../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n",
          "GET /%2e%2e/%00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
          "GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
          "CONNECT localhost:22 HTTP/1.1\r\nHost: localhost\r\n\r\n",
          "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
          "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003",
          "{\"command\":\"status\"}\n");

  private final Random random;

  /** Takes its randomness from here. */
  public MalformedHttp(Random random) {
    this.random = random;
  }

  /** The next request. */
  public byte[] next() {
    return switch (random.nextInt(5)) {
      case 0 -> noise(random.nextInt(2000));
      case 1 -> pick(WRONG).getBytes(StandardCharsets.ISO_8859_1);
      case 2 -> mutated();
      case 3 -> oversized();
      default -> cutOff();
    };
  }

  private String pick(List<String> from) {
    return from.get(random.nextInt(from.size()));
  }

  private byte[] noise(int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }

  private byte[] mutated() {
    byte[] bytes = pick(VALID).getBytes(StandardCharsets.ISO_8859_1);
    for (int i = random.nextInt(4); i >= 0; i--) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
    }
    return bytes;
  }

  private byte[] cutOff() {
    String valid = pick(VALID);
    return valid.substring(0, random.nextInt(valid.length())).getBytes(StandardCharsets.ISO_8859_1);
  }

  /** Long lines and many headers, below and above the bound. */
  private byte[] oversized() {
    String filling = random.nextBoolean() ? "a" : "x: y\r\n";
    String request =
        "GET /"
            + (filling.length() == 1 ? "" : " HTTP/1.1\r\nHost: localhost\r\n")
            + filling.repeat(random.nextInt(20_000) / filling.length())
            + "\r\n\r\n";
    return request.getBytes(StandardCharsets.ISO_8859_1);
  }
}
