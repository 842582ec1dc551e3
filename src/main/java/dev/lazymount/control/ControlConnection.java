package dev.lazymount.control;

import dev.lazymount.control.ControlProtocol.Response;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.function.BiConsumer;

/**
 * One client of the {@link ControlServer}: what it has sent of its question, and what it has not
 * read of its answer. Reading and writing is done by the server's thread, and never waits; other
 * threads only leave lines of an answer here.
 */
final class ControlConnection {
  private static final int FIRST_BYTES = 512;

  /** A question waits for its turn for so many times the patience. */
  private static final int QUEUED = 60;

  private final SocketChannel channel;
  private final Selector selector;
  private final SelectionKey key;
  private final BiConsumer<ControlConnection, String> ask;
  private final long patienceNanos;

  private byte[] question = new byte[FIRST_BYTES];
  private int length;
  private boolean asked;

  private final Deque<ByteBuffer> answer = new ArrayDeque<>();
  private boolean complete;
  private boolean closed;
  private long deadline;
  private Thread worker;

  /**
   * A client that was just let in.
   *
   * @param ask is given the question once it is complete; on the server's thread
   * @param patience how long nothing may come of it
   */
  ControlConnection(
      SocketChannel channel,
      Selector selector,
      BiConsumer<ControlConnection, String> ask,
      Duration patience)
      throws ClosedChannelException {
    this.channel = channel;
    this.selector = selector;
    this.ask = ask;
    this.patienceNanos = patience.toNanos();
    this.key = channel.register(selector, SelectionKey.OP_READ, this);
    extend();
  }

  // --- the server's thread

  void onReady() {
    try {
      if (!asked) {
        read();
      }
      write();
    } catch (IOException e) {
      close();
    }
  }

  private void read() throws IOException {
    while (!asked) {
      if (length == question.length) {
        question = Arrays.copyOf(question, Math.min(2 * length, ControlProtocol.LONGEST_REQUEST));
      }
      int count = channel.read(ByteBuffer.wrap(question, length, question.length - length));
      if (count == 0) {
        return;
      }
      length += Math.max(0, count);
      boolean line = length > 0 && question[length - 1] == '\n';
      if (count < 0 || line || length == ControlProtocol.LONGEST_REQUEST) {
        asked = true;
        // Whatever else it sends is not read; its end is noticed when it is written to.
        key.interestOps(0);
        // That it may have to wait for a thread of ours is not its fault.
        extend(QUEUED);
        String text = new String(question, 0, length, StandardCharsets.UTF_8);
        question = new byte[0];
        ask.accept(this, text);
      }
    }
  }

  /** Writes what can be written, and closes when all is done or too late. */
  void settle(long now) {
    try {
      write();
    } catch (IOException e) {
      close();
    }
    if (deadline() - now <= 0) {
      close();
    }
  }

  private synchronized void write() throws IOException {
    if (closed) {
      return;
    }
    while (!answer.isEmpty()) {
      channel.write(answer.peek());
      if (answer.peek().hasRemaining()) {
        key.interestOps(SelectionKey.OP_WRITE);
        return;
      }
      answer.remove();
      notifyAll();
    }
    if (complete) {
      close();
    } else if (asked) {
      key.interestOps(0);
    }
  }

  boolean hasAsked() {
    return asked;
  }

  synchronized long unread() {
    return answer.stream().mapToLong(ByteBuffer::remaining).sum();
  }

  synchronized boolean isClosed() {
    return closed;
  }

  synchronized long deadline() {
    return deadline;
  }

  /** Ends it, and whoever works for it. */
  synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    answer.clear();
    notifyAll();
    if (worker != null) {
      worker.interrupt();
    }
    try {
      channel.close();
    } catch (IOException e) {
      // It is gone either way.
    }
    // The client sees the end when the selector has let go of the channel.
    selector.wakeup();
  }

  // --- any thread

  private void extend() {
    extend(1);
  }

  private synchronized void extend(int times) {
    deadline = System.nanoTime() + times * patienceNanos;
  }

  /** This thread works for it from now on, and is interrupted when it ends. */
  synchronized boolean workedForBy(Thread thread) {
    worker = thread;
    extend();
    return !closed;
  }

  /** Nobody works for it any more; an interrupt that came at the last moment is for nobody. */
  synchronized void release() {
    worker = null;
    Thread.interrupted();
  }

  /** The last line of the answer. */
  void answer(Response response) {
    ByteBuffer line = line(response);
    synchronized (this) {
      if (!closed) {
        answer.add(line);
        complete = true;
        extend();
      }
    }
    selector.wakeup();
  }

  /**
   * A line on the way to the answer; waits until the client has taken it.
   *
   * @throws IOException if the client is gone
   */
  void step(Response response) throws IOException, InterruptedException {
    ByteBuffer line = line(response);
    synchronized (this) {
      if (!closed) {
        answer.add(line);
        extend();
      }
    }
    selector.wakeup();
    synchronized (this) {
      while (!closed && !answer.isEmpty()) {
        wait();
      }
      if (closed) {
        throw new IOException("the client is gone");
      }
      extend();
    }
  }

  private static ByteBuffer line(Response response) {
    return ByteBuffer.wrap(
        (ControlProtocol.Json.GSON.toJson(response) + "\n").getBytes(StandardCharsets.UTF_8));
  }
}
