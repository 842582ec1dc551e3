package dev.lazymount.web;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which answer a request gets. A site that has its own name lead to this machine (DNS rebinding)
 * would be let read all of it by a browser; so a request has to ask for this machine by an address,
 * as {@code localhost}, or by a name from the settings.
 */
final class Resources implements Function<HttpRequest, HttpResponse> {
  private static final Logger LOG = LoggerFactory.getLogger(Resources.class);
  private static final Gson GSON = new GsonBuilder().serializeNulls().create();

  private static final String JSON = "application/json";
  private static final Pattern ADDRESS = Pattern.compile("\\[[0-9a-f:.]+]|\\d+(\\.\\d+){3}");
  private static final String EXPLAIN = "/api/explain";
  private static final Pattern QUESTION = Pattern.compile("of=([^&]*)");

  /** The longest name or path that is explained; the kernel's paths are at most 4096 bytes. */
  private static final int LONGEST_QUESTION = 1024;

  /** Requests that come within this time get the same answer, made once. */
  private static final Duration FRESH = Duration.ofSeconds(1);

  private final Set<String> hosts;
  private final History history;
  private final Map<String, Document> documents;
  private final Optional<Function<String, ?>> explain;

  /** All that is served; {@code history} is the last hour of it. */
  Resources(WebService.Env env, History history) {
    this.hosts = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
    hosts.add("localhost");
    hosts.addAll(env.hosts());
    this.history = history;
    this.explain = env.explain();
    StatusPage page = new StatusPage(explain.isPresent());
    Metrics metrics = new Metrics(env.status(), env.version());
    this.documents =
        Map.of(
            "/", Document.fixed(page.type(), page.html(), page.policy()),
            "/metrics", Document.live(metrics.type(), metrics::text, FRESH),
            "/api/status", Document.live(JSON, () -> json(env.report().get()), FRESH),
            "/api/history", Document.live(JSON, () -> json(history.hour()), FRESH));
  }

  /** To be called about once a second. */
  void tick() {
    history.tick();
  }

  @Override
  public HttpResponse apply(HttpRequest request) {
    if (!ADDRESS.matcher(request.host()).matches() && !hosts.contains(request.host())) {
      return HttpResponse.error(421, "not known by this name: see metrics.hosts");
    }
    try {
      Document document = documents.get(request.path());
      if (document != null) {
        return document.get(request.gzip());
      }
      if (explain.isPresent() && request.path().equals(EXPLAIN)) {
        return explain(explain.get(), request.query());
      }
      return HttpResponse.error(404, "nothing is here");
    } catch (RuntimeException | LinkageError e) {
      LOG.debug("web: {}", request.path(), e);
      return HttpResponse.error(500, "internal error");
    }
  }

  private static HttpResponse explain(Function<String, ?> explain, String query) {
    var question = QUESTION.matcher(query);
    if (question.matches() && question.group(1).length() <= LONGEST_QUESTION) {
      try {
        String of = URLDecoder.decode(question.group(1), StandardCharsets.UTF_8);
        if (!of.isBlank()) {
          return HttpResponse.ok(JSON, json(explain.apply(of.strip())));
        }
      } catch (IllegalArgumentException e) {
        LOG.debug("web: {}", e.getMessage());
      }
    }
    return HttpResponse.error(400, "ask for " + EXPLAIN + "?of= and a name or a path");
  }

  private static byte[] json(Object value) {
    return GSON.toJson(value).getBytes(StandardCharsets.UTF_8);
  }
}
