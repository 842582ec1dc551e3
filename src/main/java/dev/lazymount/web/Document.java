package dev.lazymount.web;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.function.Supplier;
import java.util.zip.GZIPOutputStream;

/**
 * One thing that is served. It is made anew at most once in a while, however many ask for it, and
 * all who get it share its bytes: so a crowd of slow readers costs no more than one. Used by the
 * server's thread alone.
 */
final class Document {
  /** Below this, compressing gains nothing: it is sent in one packet anyway. */
  private static final int WORTH_IT = 1024;

  private final Supplier<HttpResponse> source;
  private final Duration fresh;
  private HttpResponse plain;
  private HttpResponse zipped;
  private long made;

  private Document(Supplier<HttpResponse> source, Duration fresh) {
    this.source = source;
    this.fresh = fresh;
  }

  /** One that changes; {@code source} is asked again when {@code fresh} has passed. */
  static Document live(String type, Supplier<byte[]> source, Duration fresh) {
    return new Document(() -> HttpResponse.ok(type, source.get()), fresh);
  }

  /** One that never changes, and may load what its policy says. */
  static Document fixed(String type, byte[] body, String policy) {
    return new Document(() -> HttpResponse.ok(type, body).under(policy), Duration.ofDays(10_000));
  }

  /** The newest. */
  HttpResponse get(boolean gzip) {
    long now = System.nanoTime();
    if (plain == null || now - made >= fresh.toNanos()) {
      plain = source.get();
      zipped = null;
      made = now;
    }
    if (!gzip || plain.body().remaining() < WORTH_IT) {
      return plain;
    }
    if (zipped == null) {
      zipped = plain.gzipped(gzip(plain.body()));
    }
    return zipped;
  }

  private static byte[] gzip(ByteBuffer body) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(body.remaining() / 4);
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      out.write(body.array(), body.arrayOffset(), body.remaining());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }
}
