package dev.lazymount.web;

import com.sun.net.httpserver.HttpExchange;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import java.util.zip.GZIPOutputStream;

/** The body of a response. Immutable. */
final class Reply {
  /** A smaller body fits into one packet anyway. */
  private static final int WORTH_COMPRESSING = 1024;

  /** The JDK's server copies what is written at once into buffers that it keeps. */
  private static final int PIECE = 16 * 1024;

  /** Possessive, so that a hostile header costs linear time. */
  private static final Pattern GZIP =
      Pattern.compile(
          "(?:^|,)\\s*+gzip\\s*+(?:;\\s*+q=(?:1[.0]*+|0?\\.0*+[1-9]\\d*+)\\s*+)?(?:,|$)");

  private final String type;
  private final byte[] plain;

  /** Compressed; null where that gains nothing. */
  private final byte[] zipped;

  private Reply(String type, byte[] plain, byte[] zipped) {
    this.type = type;
    this.plain = plain;
    this.zipped = zipped;
  }

  /**
   * A body; a long one is compressed too.
   *
   * @param type its media type
   * @param plain the bytes, not copied
   */
  static Reply of(String type, byte[] plain) {
    return new Reply(type, plain, plain.length < WORTH_COMPRESSING ? null : gzip(plain));
  }

  /** Sends it with status 200, compressed if the client accepts gzip. */
  void send(HttpExchange exchange) throws IOException {
    String accepted = exchange.getRequestHeaders().getFirst("Accept-Encoding");
    if (zipped != null && accepted != null && GZIP.matcher(accepted).find()) {
      exchange.getResponseHeaders().set("Content-Encoding", "gzip");
      send(exchange, 200, type, zipped);
    } else {
      send(exchange, 200, type, plain);
    }
  }

  /** Sends an error as one line of text. */
  static void error(HttpExchange exchange, int status, String reason) throws IOException {
    byte[] body = (status + " " + reason + "\n").getBytes(StandardCharsets.UTF_8);
    send(exchange, status, "text/plain; charset=utf-8", body);
  }

  private static void send(HttpExchange exchange, int status, String type, byte[] body)
      throws IOException {
    exchange.getResponseHeaders().set("Content-Type", type);
    if (exchange.getRequestMethod().equals("HEAD")) {
      exchange.getResponseHeaders().set("Content-Length", Integer.toString(body.length));
      exchange.sendResponseHeaders(status, -1);
      exchange.close();
      return;
    }
    exchange.sendResponseHeaders(status, body.length);
    try (OutputStream out = exchange.getResponseBody()) {
      for (int i = 0; i < body.length; i += PIECE) {
        out.write(body, i, Math.min(PIECE, body.length - i));
      }
    }
  }

  private static byte[] gzip(byte[] plain) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(plain.length / 4);
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      out.write(plain);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }
}
