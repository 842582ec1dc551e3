package dev.lazymount.linux;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * sd_notify(3): sends messages to the service manager over the datagram socket in NOTIFY_SOCKET,
 * natively because Java has no Unix datagrams. Every message is sent with MSG_DONTWAIT, so that a
 * service manager that does not read can't block the daemon. Thread-safe.
 */
public final class SdNotify {
  private static final int AF_UNIX = 1;
  private static final int SOCK_DGRAM = 2;
  private static final int SOCK_CLOEXEC = 02000000;
  private static final int MSG_DONTWAIT = 0x40;
  private static final int MSG_NOSIGNAL = 0x4000;
  private static final int SUN_PATH_SIZE = 108;

  private final byte[] address;

  private SdNotify(byte[] address) {
    this.address = address;
  }

  /**
   * The socket with this name.
   *
   * @param socket the value of NOTIFY_SOCKET: a path, or an abstract name after {@code @}; or null
   * @return empty if it is null, has another form, or is longer than the 107 bytes of sun_path
   */
  public static Optional<SdNotify> to(String socket) {
    if (socket == null || !(socket.startsWith("/") || socket.startsWith("@"))) {
      return Optional.empty();
    }
    byte[] name = socket.getBytes(StandardCharsets.UTF_8);
    if (name.length >= SUN_PATH_SIZE) {
      return Optional.empty();
    }
    byte[] address = new byte[2 + name.length];
    Struct.of(address).putShort(0, (short) AF_UNIX);
    System.arraycopy(name, 0, address, 2, name.length);
    if (address[2] == '@') {
      address[2] = 0;
    }
    return Optional.of(new SdNotify(address));
  }

  /**
   * Sends one message: socket(2), sendto(2), close(2).
   *
   * @param state lines such as {@code READY=1}
   * @throws SyscallException EAGAIN if the service manager does not read, ENOENT or ECONNREFUSED if
   *     it does not listen
   */
  public void send(String state) throws SyscallException {
    int fd = LibC.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
      throw new SyscallException("socket", LibC.errno());
    }
    try (Fd socket = new Fd(fd)) {
      byte[] message = state.getBytes(StandardCharsets.UTF_8);
      int flags = MSG_DONTWAIT | MSG_NOSIGNAL;
      if (LibC.sendto(socket.raw(), message, message.length, flags, address, address.length) < 0) {
        throw new SyscallException("sendto NOTIFY_SOCKET", LibC.errno());
      }
    }
  }
}
