package dev.lazymount.support;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/** An HTTP client that sends raw bytes, also malformed ones. */
public final class RawHttp {
  /** Longer than any deadline of the server. */
  private static final int TIMEOUT_MILLIS = 30_000;

  private final InetSocketAddress server;

  /**
   * A response.
   *
   * @param status such as 200; 0 if the connection was closed without a response
   * @param headers by name, ignoring case
   * @param latin1 the body, one character for each byte
   */
  public record Answer(int status, Map<String, String> headers, String latin1) {
    /** The bytes of the body. */
    public byte[] body() {
      return latin1.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** The body as text. */
    public String text() {
      return new String(body(), StandardCharsets.UTF_8);
    }
  }

  /** A client of this server. */
  public RawHttp(InetSocketAddress server) {
    this.server = server;
  }

  /** Sends a GET with the Host header of a local browser, and these headers. */
  public Answer get(String path, String... headers) throws IOException {
    return send(
        "GET "
            + path
            + " HTTP/1.1\r\nHost: localhost\r\n"
            + String.join("\r\n", headers)
            + (headers.length == 0 ? "\r\n" : "\r\n\r\n"));
  }

  /** Sends a request, then closes its direction. */
  public Answer send(String request) throws IOException {
    return send(request.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** Sends a request, then closes its direction; the server has to close the connection. */
  public Answer send(byte[] request) throws IOException {
    try (Socket socket = connect()) {
      try {
        socket.getOutputStream().write(request);
        socket.shutdownOutput();
      } catch (IOException e) {
        // The server has closed its end, and may have responded before.
      }
      return read(socket.getInputStream());
    }
  }

  /** Opens a connection, for clients that misbehave. */
  public Socket connect() throws IOException {
    Socket socket = new Socket();
    socket.setSoTimeout(TIMEOUT_MILLIS);
    socket.connect(server, TIMEOUT_MILLIS);
    return socket;
  }

  /** Reads a response up to the end of the connection. */
  public static Answer read(InputStream in) throws IOException {
    String text = new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
    int end = text.indexOf("\r\n\r\n");
    if (end < 0) {
      return new Answer(0, Map.of(), text);
    }
    String[] lines = text.substring(0, end).split("\r\n", -1);
    Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    for (int i = 1; i < lines.length; i++) {
      String[] header = lines[i].split(": ", 2);
      if (headers.put(header[0], header[1]) != null) {
        throw new AssertionError("twice: " + header[0]);
      }
    }
    return new Answer(
        Integer.parseInt(lines[0].split(" ", 3)[1]), headers, text.substring(end + 4));
  }
}
