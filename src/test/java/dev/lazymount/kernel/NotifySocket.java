package dev.lazymount.kernel;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The service manager's end of NOTIFY_SOCKET: keeps every message, in order. A message comes from
 * one sender in one piece, so that the order is the order of sending.
 */
public final class NotifySocket implements AutoCloseable {
  /** The C library; Java has no Unix datagrams. */
  private static final class C {
    static {
      Native.register(C.class, NativeLibrary.getInstance("c"));
    }

    private C() {}

    static native int socket(int domain, int type, int protocol);

    static native int bind(int fd, byte[] address, int size);

    static native int setsockopt(int fd, int level, int option, long[] value, int size);

    static native long recv(int fd, byte[] buffer, long size, int flags);

    static native int close(int fd);
  }

  private static final int AF_UNIX = 1;
  private static final int SOCK_DGRAM_CLOEXEC = 02000002;
  private static final int SOL_SOCKET = 1;
  private static final int SO_RCVTIMEO = 20;

  private final Path path;
  private final int fd;
  private final List<String> messages = new CopyOnWriteArrayList<>();
  private final Thread reader = new Thread(this::read, "notify-socket");
  private volatile boolean closed;

  /** Listens on a path that is not there yet. */
  public NotifySocket(Path path) {
    this.path = path;
    fd = C.socket(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0);
    byte[] name = path.toString().getBytes(StandardCharsets.UTF_8);
    byte[] address = new byte[2 + name.length + 1];
    // Both of our architectures are little-endian.
    address[0] = AF_UNIX;
    System.arraycopy(name, 0, address, 2, name.length);
    // 50 ms, after which the reader looks whether it is closed.
    long[] timeout = {0, 50_000};
    if (fd < 0
        || C.bind(fd, address, address.length) != 0
        || C.setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, timeout, 16) != 0) {
      throw new AssertionError("can't listen on " + path);
    }
    reader.setDaemon(true);
    reader.start();
  }

  /** What NOTIFY_SOCKET has to be. */
  public String address() {
    return path.toString();
  }

  /** All messages so far. */
  public List<String> messages() {
    return List.copyOf(messages);
  }

  /** Whether a message has this line. */
  public boolean has(String line) {
    return first(line) >= 0;
  }

  /** Which message is the first to have this line; -1 if none has. */
  public int first(String line) {
    List<String> all = messages();
    for (int i = 0; i < all.size(); i++) {
      if (all.get(i).lines().anyMatch(line::equals)) {
        return i;
      }
    }
    return -1;
  }

  /** How many messages have this line. */
  public long count(String line) {
    return messages().stream().filter(m -> m.lines().anyMatch(line::equals)).count();
  }

  private void read() {
    byte[] buffer = new byte[8192];
    while (!closed) {
      long n = C.recv(fd, buffer, buffer.length, 0);
      if (n > 0) {
        messages.add(new String(buffer, 0, (int) n, StandardCharsets.UTF_8));
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    try {
      reader.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    C.close(fd);
  }
}
