package dev.lazymount.web;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The pages: which path gets which response. Thread-safe. */
final class Resources implements HttpHandler {
  private static final Logger LOG = LoggerFactory.getLogger(Resources.class);
  private static final Gson GSON = new GsonBuilder().serializeNulls().create();

  private static final String JSON = "application/json";
  private static final String TEXT = "text/plain; charset=utf-8";
  private static final String EXPLAIN = "/api/explain";
  private static final Pattern QUESTION = Pattern.compile("of=([^&]*+)");

  /** The longest name or path that is explained, as it is sent; the kernel's limit is 4096. */
  private static final int LONGEST_QUESTION = 1024;

  /** Requests within this time share one response. */
  static final Duration FRESH = Duration.ofSeconds(1);

  private final Map<String, Supplier<Reply>> pages;
  private final Optional<Function<String, ?>> explain;

  Resources(WebService.Env env) {
    this.explain = env.explain();
    StatusPage page = new StatusPage(explain.isPresent());
    Metrics metrics = new Metrics(env.status(), env.version());
    Reply style = Reply.of("text/css; charset=utf-8", file("page.css"));
    Map<String, Supplier<Reply>> all = new HashMap<>();
    env.learned()
        .ifPresent(text -> all.put("/api/learned", recent(() -> Reply.of(TEXT, utf8(text.get())))));
    all.putAll(
        Map.of(
            "/", recent(() -> Reply.of(StatusPage.TYPE, page.html(env.report().get()))),
            "/page.css", () -> style,
            "/metrics", recent(() -> Reply.of(metrics.type(), metrics.text())),
            "/api/status", recent(() -> Reply.of(JSON, json(env.report().get())))));
    this.pages = Map.copyOf(all);
  }

  private static Supplier<Reply> recent(Supplier<Reply> source) {
    return new Recent(source, System::nanoTime);
  }

  /** Every page, made now. */
  List<Reply> all() {
    return pages.values().stream().map(Supplier::get).toList();
  }

  @Override
  public void handle(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getRawPath();
    Reply reply;
    try {
      if (pages.containsKey(path)) {
        reply = pages.get(path).get();
      } else if (explain.isPresent() && path.equals(EXPLAIN)) {
        Optional<String> of = question(exchange.getRequestURI().getRawQuery());
        if (of.isEmpty()) {
          Reply.error(exchange, 400, "expected " + EXPLAIN + "?of= and a name or a path");
          return;
        }
        reply = Reply.of(JSON, json(explain.get().apply(of.get())));
      } else {
        Reply.error(exchange, 404, "no such page");
        return;
      }
    } catch (RuntimeException | LinkageError e) {
      LOG.debug("web: internal error handling {}", path, e);
      Reply.error(exchange, 500, "internal error");
      return;
    }
    if (path.equals("/")) {
      exchange.getResponseHeaders().set("Content-Security-Policy", StatusPage.POLICY);
    }
    reply.send(exchange);
  }

  private static Optional<String> question(String query) {
    Matcher question = QUESTION.matcher(query == null ? "" : query);
    if (!question.matches() || question.group(1).length() > LONGEST_QUESTION) {
      return Optional.empty();
    }
    try {
      String of = URLDecoder.decode(question.group(1), StandardCharsets.UTF_8).strip();
      return of.isEmpty() ? Optional.empty() : Optional.of(of);
    } catch (IllegalArgumentException notEncoded) {
      return Optional.empty();
    }
  }

  private static byte[] json(Object value) {
    return utf8(GSON.toJson(value));
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** A file beside this class. */
  static byte[] file(String name) {
    try (InputStream file = Resources.class.getResourceAsStream(name)) {
      return file.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * A response that is made at most once in {@link #FRESH}, however many clients ask, and whose
   * bytes they share: many slow readers cost no more memory than one.
   */
  static final class Recent implements Supplier<Reply> {
    private final Supplier<Reply> source;
    private final LongSupplier nanoTime;
    private Reply newest;
    private long made;

    Recent(Supplier<Reply> source, LongSupplier nanoTime) {
      this.source = source;
      this.nanoTime = nanoTime;
    }

    @Override
    public synchronized Reply get() {
      long now = nanoTime.getAsLong();
      if (newest == null || now - made >= FRESH.toNanos()) {
        newest = source.get();
        made = now;
      }
      return newest;
    }
  }
}
