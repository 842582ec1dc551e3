package dev.lazymount.web;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * An answer. Every one has the headers by which a browser keeps it to itself: it is not sniffed,
 * framed, cached, sent on as a referrer or given to another site's scripts, and it may load nothing
 * but what its {@code policy} says.
 *
 * @param status such as 200
 * @param type the media type
 * @param body the body; shared, and so only ever read through a duplicate
 * @param policy the Content-Security-Policy
 * @param gzipped whether the body is compressed
 * @param allow the methods there are; empty unless another one was used
 */
record HttpResponse(
    int status, String type, ByteBuffer body, String policy, boolean gzipped, String allow) {
  /** Nothing may be loaded, run or framed. */
  static final String NOTHING =
      "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

  private static final Map<Integer, String> REASONS =
      Map.of(
          200, "OK",
          400, "Bad Request",
          404, "Not Found",
          405, "Method Not Allowed",
          408, "Request Timeout",
          421, "Misdirected Request",
          431, "Request Header Fields Too Large",
          500, "Internal Server Error");

  /** Something to show. */
  static HttpResponse ok(String type, byte[] body) {
    return new HttpResponse(200, type, ByteBuffer.wrap(body), NOTHING, false, "");
  }

  /** What is wrong, in a line. */
  static HttpResponse error(int status, String reason) {
    ByteBuffer body = StandardCharsets.UTF_8.encode(status + " " + reason + "\n");
    return new HttpResponse(status, "text/plain; charset=utf-8", body, NOTHING, false, "");
  }

  /** The same, naming the methods there are. */
  HttpResponse allowing(String methods) {
    return new HttpResponse(status, type, body, policy, gzipped, methods);
  }

  /** The same, allowed to load this. */
  HttpResponse under(String otherPolicy) {
    return new HttpResponse(status, type, body, otherPolicy, gzipped, allow);
  }

  /** The same, with its body compressed. */
  HttpResponse gzipped(byte[] compressed) {
    return new HttpResponse(status, type, ByteBuffer.wrap(compressed), policy, true, allow);
  }

  /** Status line and headers. */
  ByteBuffer head() {
    StringBuilder head = new StringBuilder(600);
    head.append("HTTP/1.1 ").append(status).append(' ').append(REASONS.get(status)).append("\r\n");
    header(head, "Content-Type", type);
    header(head, "Content-Length", Integer.toString(body.remaining()));
    if (gzipped) {
      header(head, "Content-Encoding", "gzip");
    }
    if (!allow.isEmpty()) {
      header(head, "Allow", allow);
    }
    header(head, "Connection", "close");
    header(head, "Vary", "Accept-Encoding");
    header(head, "Cache-Control", "no-store");
    header(head, "Content-Security-Policy", policy);
    header(head, "Cross-Origin-Opener-Policy", "same-origin");
    header(head, "Cross-Origin-Resource-Policy", "same-origin");
    header(head, "Permissions-Policy", "camera=(), geolocation=(), microphone=()");
    header(head, "Referrer-Policy", "no-referrer");
    header(head, "X-Content-Type-Options", "nosniff");
    header(head, "X-Frame-Options", "DENY");
    head.append("\r\n");
    return ByteBuffer.wrap(head.toString().getBytes(StandardCharsets.US_ASCII));
  }

  private static void header(StringBuilder head, String name, String value) {
    head.append(name).append(": ").append(value).append("\r\n");
  }
}
