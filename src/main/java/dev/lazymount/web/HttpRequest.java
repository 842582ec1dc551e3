package dev.lazymount.web;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The head of a request (RFC 9112), read strictly: what is not surely a GET or a HEAD without a
 * body is refused.
 *
 * @param head whether only the head of the answer is wanted (HEAD)
 * @param path the path, as it was sent; begins with a slash
 * @param query what follows the question mark, as it was sent; empty if there is none
 * @param host the host that is asked for, in lower case and without port
 * @param gzip whether the answer may be compressed by gzip
 */
record HttpRequest(boolean head, String path, String query, String host, boolean gzip) {
  /** The longest head that is read, bytes; a browser's is below one KiB, cookies aside. */
  static final int LONGEST = 8192;

  private static final byte[] END = {'\r', '\n', '\r', '\n'};

  private static final Pattern FIRST_LINE =
      Pattern.compile(
          "([A-Z]{1,20}) (/[\\x21-\\x7e&&[^#?]]*)(?:\\?([\\x21-\\x7e&&[^#]]*))? HTTP/1\\.[01]");
  private static final Pattern HEADER =
      Pattern.compile("([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \\t]*([\\t\\x20-\\x7e\\x80-\\xff]*)");
  private static final Pattern HOST =
      Pattern.compile("([a-z0-9._-]{1,255}|\\[[0-9a-f:.]{2,45}])(?::\\d{1,5})?");

  /** A request that is refused, and with which answer. */
  static final class Refused extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient HttpResponse response;

    Refused(HttpResponse response) {
      super("refused", null, false, false);
      this.response = response;
    }

    HttpResponse response() {
      return response;
    }
  }

  /**
   * Where the head ends.
   *
   * @param bytes what was received so far
   * @param length how many bytes of it
   * @return how many bytes the head has; -1 if it has not ended
   */
  static int end(byte[] bytes, int length) {
    for (int i = 0; i + END.length <= length; i++) {
      if (bytes[i] == END[0]
          && bytes[i + 1] == END[1]
          && bytes[i + 2] == END[2]
          && bytes[i + 3] == END[3]) {
        return i + END.length;
      }
    }
    return -1;
  }

  /**
   * Reads a head.
   *
   * @param bytes the head, as long as {@link #end} says
   * @throws Refused if it is no request that is answered here
   */
  static HttpRequest of(byte[] bytes, int length) throws Refused {
    String text = new String(bytes, 0, length - END.length, StandardCharsets.ISO_8859_1);
    String[] lines = text.split("\r\n", -1);
    Matcher first = FIRST_LINE.matcher(lines[0]);
    if (!first.matches()) {
      throw bad("the first line is not understood");
    }
    List<String> hosts = new ArrayList<>();
    boolean gzip = false;
    for (int i = 1; i < lines.length; i++) {
      Matcher header = HEADER.matcher(lines[i]);
      if (!header.matches()) {
        throw bad("a header is not understood");
      }
      String value = header.group(2).strip().toLowerCase(Locale.ROOT);
      switch (header.group(1).toLowerCase(Locale.ROOT)) {
        case "host" -> hosts.add(value);
        case "accept-encoding" -> gzip = gzip || acceptsGzip(value);
        case "transfer-encoding" -> throw bad("no body is taken");
        case "content-length" -> {
          if (!value.equals("0")) {
            throw bad("no body is taken");
          }
        }
        default -> {
          // Says nothing that would change the answer.
        }
      }
    }
    String method = first.group(1);
    if (!method.equals("GET") && !method.equals("HEAD")) {
      throw new Refused(HttpResponse.error(405, "only GET and HEAD").allowing("GET, HEAD"));
    }
    String query = Optional.ofNullable(first.group(3)).orElse("");
    return new HttpRequest(method.equals("HEAD"), first.group(2), query, host(hosts), gzip);
  }

  private static String host(List<String> hosts) throws Refused {
    if (hosts.size() != 1) {
      throw bad("one Host header is needed");
    }
    Matcher host = HOST.matcher(hosts.get(0));
    if (!host.matches()) {
      throw bad("the Host header is not understood");
    }
    return host.group(1);
  }

  private static boolean acceptsGzip(String codings) {
    for (String coding : codings.split(",", -1)) {
      if (coding.strip().matches("gzip(\\s*;\\s*q=(1(\\.0*)?|0\\.\\d*[1-9]\\d*))?")) {
        return true;
      }
    }
    return false;
  }

  private static Refused bad(String reason) {
    return new Refused(HttpResponse.error(400, reason));
  }
}
