package dev.lazymount.support;

import com.sun.jna.Native;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * The service manager's end of NOTIFY_SOCKET: a real datagram socket, natively because Java has
 * none. A thread receives messages at once, because the kernel queues only a few and senders do not
 * wait.
 *
 * <p>A test takes messages one by one ({@link #next}), or searches all of them ({@link #has}).
 */
public final class NotifySocket implements AutoCloseable {
  private static final int AF_UNIX = 1;
  private static final int SOCK_DGRAM = 2;
  private static final int SOCK_CLOEXEC = 02000000;
  private static final int SHUT_RD = 0;

  static {
    Native.register(NotifySocket.class, "c");
  }

  private final String address;
  private final int fd;
  private final BlockingQueue<String> untaken = new LinkedBlockingQueue<>();
  private final List<String> messages = new CopyOnWriteArrayList<>();
  private final Thread reader = new Thread(this::read, "notify-socket");

  /** Binds a socket in this directory. */
  public NotifySocket(Path directory) throws IOException {
    this(directory.resolve("notify").toString());
  }

  /**
   * Binds a socket with this name.
   *
   * @param address a path, or an abstract name after {@code @}
   */
  public NotifySocket(String address) throws IOException {
    this.address = address;
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    byte[] name = address.replace('@', '\0').getBytes(StandardCharsets.UTF_8);
    ByteBuffer sun = ByteBuffer.allocate(2 + name.length).order(ByteOrder.nativeOrder());
    sun.putShort((short) AF_UNIX).put(name);
    if (fd < 0 || bind(fd, sun.array(), sun.capacity()) < 0) {
      throw new IOException("can't bind " + address + ": errno " + Native.getLastError());
    }
    reader.setDaemon(true);
    reader.start();
  }

  /** The value of NOTIFY_SOCKET. */
  public String address() {
    return address;
  }

  /** The lines of the next message; fails if there is none within 10 s. */
  public List<String> next() throws InterruptedException {
    String message = untaken.poll(10, TimeUnit.SECONDS);
    if (message == null) {
      throw new AssertionError("no message to the service manager");
    }
    return message.lines().toList();
  }

  /** The next message with this line; skips the messages before it. */
  public List<String> nextWith(String line) throws InterruptedException {
    List<String> message = next();
    while (!message.contains(line)) {
      message = next();
    }
    return message;
  }

  /** The lines of the next message; empty if there is none within this time. */
  public List<String> poll(Duration time) throws InterruptedException {
    String message = untaken.poll(time.toMillis(), TimeUnit.MILLISECONDS);
    return message == null ? List.of() : message.lines().toList();
  }

  /** All messages so far, taken or not. */
  public List<String> messages() {
    return List.copyOf(messages);
  }

  /** Whether a message had this line. */
  public boolean has(String line) {
    return first(line) >= 0;
  }

  /** The index of the first message with this line; -1 if there is none. */
  public int first(String line) {
    List<String> all = messages();
    for (int i = 0; i < all.size(); i++) {
      if (all.get(i).lines().anyMatch(line::equals)) {
        return i;
      }
    }
    return -1;
  }

  /** The number of messages with this line. */
  public long count(String line) {
    return messages().stream().filter(m -> m.lines().anyMatch(line::equals)).count();
  }

  private void read() {
    byte[] buffer = new byte[65536];
    for (long size = recv(fd, buffer, buffer.length, 0);
        size > 0;
        size = recv(fd, buffer, buffer.length, 0)) {
      String message = new String(buffer, 0, (int) size, StandardCharsets.UTF_8);
      messages.add(message);
      untaken.add(message);
    }
  }

  @Override
  public void close() {
    shutdown(fd, SHUT_RD);
    try {
      reader.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    close(fd);
  }

  private static native int socket(int domain, int type, int protocol);

  private static native int bind(int fd, byte[] address, int size);

  private static native long recv(int fd, byte[] buffer, long size, int flags);

  private static native int shutdown(int fd, int how);

  private static native int close(int fd);
}
