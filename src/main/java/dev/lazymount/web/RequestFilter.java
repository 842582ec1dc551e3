package dev.lazymount.web;

import com.sun.net.httpserver.Filter;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Refuses what is no plain GET or HEAD of this host, and gives every response the security headers.
 *
 * <p>The Host header must be an address, {@code localhost} or a configured name, to prevent DNS
 * rebinding: otherwise a web site could point a name of its own at this host, and a browser would
 * let it read the responses.
 */
final class RequestFilter extends Filter {
  /** The policy of a response that loads nothing. */
  static final String LOADS_NOTHING =
      "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

  private static final Pattern HOST =
      Pattern.compile("([a-z0-9._-]{1,255}|\\[[0-9a-f:.]{2,45}])(?::\\d{1,5})?");
  private static final Pattern ADDRESS = Pattern.compile("\\[.*]|\\d{1,3}(\\.\\d{1,3}){3}");

  private final Set<String> hosts = new TreeSet<>();

  /** Also accepts these host names, besides localhost and addresses. */
  RequestFilter(List<String> names) {
    hosts.add("localhost");
    names.forEach(name -> hosts.add(name.toLowerCase(Locale.ROOT)));
  }

  @Override
  public String description() {
    return "host check and security headers";
  }

  @Override
  public void doFilter(HttpExchange exchange, Chain chain) throws IOException {
    Headers headers = exchange.getResponseHeaders();
    // One request for each connection: no idle connection to bound.
    headers.set("Connection", "close");
    headers.set("Cache-Control", "no-store");
    headers.set("Content-Security-Policy", LOADS_NOTHING);
    headers.set("Cross-Origin-Opener-Policy", "same-origin");
    headers.set("Cross-Origin-Resource-Policy", "same-origin");
    headers.set("Permissions-Policy", "camera=(), geolocation=(), microphone=()");
    headers.set("Referrer-Policy", "no-referrer");
    headers.set("Vary", "Accept-Encoding");
    headers.set("X-Content-Type-Options", "nosniff");
    headers.set("X-Frame-Options", "DENY");
    String method = exchange.getRequestMethod();
    if (!method.equals("GET") && !method.equals("HEAD")) {
      headers.set("Allow", "GET, HEAD");
      Reply.error(exchange, 405, "only GET and HEAD are allowed");
    } else if (hasBody(exchange.getRequestHeaders())) {
      Reply.error(exchange, 400, "a request has no body");
    } else if (!isPath(exchange.getRequestURI())) {
      Reply.error(exchange, 400, "a path is expected");
    } else {
      checkHost(exchange, chain);
    }
  }

  private void checkHost(HttpExchange exchange, Chain chain) throws IOException {
    List<String> given = exchange.getRequestHeaders().get("Host");
    Matcher host =
        HOST.matcher(
            given == null || given.size() != 1 ? "" : given.get(0).toLowerCase(Locale.ROOT));
    if (!host.matches()) {
      Reply.error(exchange, 400, "one Host header is expected");
    } else if (!ADDRESS.matcher(host.group(1)).matches() && !hosts.contains(host.group(1))) {
      Reply.error(exchange, 421, "this host name is not in metrics.hosts");
    } else {
      chain.doFilter(exchange);
    }
  }

  private static boolean hasBody(Headers headers) {
    String length = headers.getFirst("Content-Length");
    return headers.containsKey("Transfer-Encoding") || (length != null && !length.equals("0"));
  }

  private static boolean isPath(URI uri) {
    return uri.getRawAuthority() == null
        && uri.getScheme() == null
        && uri.getRawFragment() == null
        && uri.getRawPath() != null;
  }
}
