package dev.lazymount.web;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Arrays;
import java.util.function.Function;

/**
 * One client: it asks once, is answered and closed. Never blocks; used by the server's thread
 * alone. Whatever a client does or leaves, it has a deadline for each of the three.
 */
final class Connection {
  /** For sending the request. */
  static final Duration ASKING = Duration.ofSeconds(5);

  /** For receiving the answer. */
  static final Duration ANSWERING = Duration.ofSeconds(10);

  /** For closing, once it has the answer. */
  static final Duration CLOSING = Duration.ofSeconds(1);

  private static final int FIRST_BUFFER = 512;

  /** The most bytes that are written at once: the JDK copies them, and keeps the copy's buffer. */
  private static final int SLICE = 64 * 1024;

  /** So many bytes are read, and dropped, of what a client sends that was answered. */
  private static final int DRAINED = 64 * 1024;

  private enum Stage {
    ASKING,
    ANSWERING,
    CLOSING
  }

  private final SocketChannel channel;
  private final Function<HttpRequest, HttpResponse> resources;
  private Stage stage = Stage.ASKING;
  private long deadline;
  private byte[] received = new byte[0];
  private int length;
  private int patience = DRAINED;
  private ByteBuffer head;
  private ByteBuffer body;

  /**
   * A client that was just let in.
   *
   * @param channel is not blocking
   * @param resources answers, at once
   * @param now System.nanoTime()
   */
  Connection(SocketChannel channel, Function<HttpRequest, HttpResponse> resources, long now) {
    this.channel = channel;
    this.resources = resources;
    this.deadline = now + ASKING.toNanos();
  }

  /** Whether its time is over. */
  boolean isLate(long now) {
    return now - deadline >= 0;
  }

  /**
   * Goes on as far as it can without waiting.
   *
   * @param key the connection's
   * @param scratch is read into; shared by all connections
   * @return false if it is over, and the channel can be closed
   * @throws IOException if the client is gone
   */
  boolean proceed(SelectionKey key, ByteBuffer scratch, long now) throws IOException {
    if (stage == Stage.ASKING && !ask(scratch, now)) {
      return false;
    }
    if (stage == Stage.ANSWERING) {
      answer(now);
    }
    if (stage == Stage.CLOSING && !drain(scratch)) {
      return false;
    }
    key.interestOps(stage == Stage.ANSWERING ? SelectionKey.OP_WRITE : SelectionKey.OP_READ);
    return true;
  }

  private boolean ask(ByteBuffer scratch, long now) throws IOException {
    scratch.clear().limit(HttpRequest.LONGEST - length);
    int read = channel.read(scratch);
    if (read < 0) {
      return false;
    }
    if (length + read > received.length) {
      int most = Math.min(HttpRequest.LONGEST, Math.max(2 * received.length, length + read));
      received = Arrays.copyOf(received, Math.max(FIRST_BUFFER, most));
    }
    scratch.flip().get(received, length, read);
    length += read;
    int end = HttpRequest.end(received, length);
    if (end >= 0) {
      respond(end, now);
    } else if (length == HttpRequest.LONGEST) {
      begin(HttpResponse.error(431, "the request is too long"), false, now);
    }
    return true;
  }

  private void respond(int end, long now) {
    try {
      HttpRequest request = HttpRequest.of(received, end);
      begin(resources.apply(request), request.head(), now);
    } catch (HttpRequest.Refused e) {
      begin(e.response(), false, now);
    }
  }

  private void begin(HttpResponse response, boolean headOnly, long now) {
    stage = Stage.ANSWERING;
    deadline = now + ANSWERING.toNanos();
    received = new byte[0];
    head = response.head();
    // The bytes are shared by all who get the same answer.
    body = response.body().duplicate();
    if (headOnly) {
      body.limit(0);
    }
  }

  private void answer(long now) throws IOException {
    if (!write(head) || !write(body)) {
      return;
    }
    // Closed with something unread, the kernel would reset the connection and the client might
    // lose the answer: it is told that this was all, and heard out for a moment.
    channel.shutdownOutput();
    stage = Stage.CLOSING;
    deadline = now + CLOSING.toNanos();
  }

  private boolean write(ByteBuffer bytes) throws IOException {
    int end = bytes.limit();
    while (bytes.position() < end) {
      bytes.limit(Math.min(end, bytes.position() + SLICE));
      int written = channel.write(bytes);
      bytes.limit(end);
      if (written == 0) {
        return false;
      }
    }
    return true;
  }

  /** Returns false at the end; a client that goes on and on is not heard to its. */
  private boolean drain(ByteBuffer scratch) throws IOException {
    int read = channel.read(scratch.clear());
    patience -= read;
    return read >= 0 && patience > 0;
  }

  /** Closes it; what was not sent yet is dropped. */
  void close() {
    try {
      channel.close();
    } catch (IOException e) {
      // It is gone either way.
    }
  }
}
