package dev.lazymount.systemd;

import com.sun.jna.Native;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** A NOTIFY_SOCKET from which nothing is read. */
final class UnreadSocket implements AutoCloseable {
  private static final int AF_UNIX = 1;
  private static final int SOCK_DGRAM = 2;

  static {
    Native.register(UnreadSocket.class, "c");
  }

  private final int fd;
  private final Path address;

  private UnreadSocket(int fd, Path address) {
    this.fd = fd;
    this.address = address;
  }

  static UnreadSocket bind(Path address) throws IOException {
    byte[] name = address.toString().getBytes(StandardCharsets.UTF_8);
    ByteBuffer sun = ByteBuffer.allocate(2 + name.length).order(ByteOrder.nativeOrder());
    sun.putShort((short) AF_UNIX).put(name);
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    if (fd < 0 || bind(fd, sun.array(), sun.capacity()) < 0) {
      throw new IOException("can't bind " + address + ": errno " + Native.getLastError());
    }
    return new UnreadSocket(fd, address);
  }

  String address() {
    return address.toString();
  }

  @Override
  public void close() {
    close(fd);
  }

  private static native int socket(int domain, int type, int protocol);

  private static native int bind(int fd, byte[] address, int size);

  private static native int close(int fd);
}
