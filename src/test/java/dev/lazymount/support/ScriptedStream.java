package dev.lazymount.support;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * The output of a process as the test prints it; each print is one read, and reads block between
 * them.
 */
public final class ScriptedStream extends InputStream {
  private static final byte[] END = new byte[0];

  private final BlockingQueue<byte[]> pieces = new LinkedBlockingQueue<>();
  private final CompletableFuture<Void> read = new CompletableFuture<>();
  private byte[] piece = END;
  private int at;
  private boolean ended;

  /** Prints it. */
  public void print(String text) {
    print(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Prints it. */
  public void print(byte[] bytes) {
    if (bytes.length > 0) {
      pieces.add(bytes.clone());
    }
  }

  /** The number of prints that have not been read. */
  public int unread() {
    return pieces.size();
  }

  /** Ends the stream; completes when a reader has reached the end. */
  public CompletionStage<Void> end() {
    pieces.add(END);
    return read;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] into, int from, int most) throws IOException {
    if (!ended && at == piece.length) {
      try {
        piece = pieces.take();
      } catch (InterruptedException e) {
        throw new IOException(e);
      }
      at = 0;
      ended = piece.length == 0;
    }
    if (ended) {
      read.complete(null);
      return -1;
    }
    int n = Math.min(most, piece.length - at);
    System.arraycopy(piece, at, into, from, n);
    at += n;
    return n;
  }
}
