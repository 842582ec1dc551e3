package dev.lazymount.web;

import dev.lazymount.status.StatusReport;
import dev.lazymount.status.StatusText;
import dev.lazymount.text.Humanize;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The status page: {@code lazymount status} as HTML without scripts, which the browser reloads
 * every few seconds. All values are escaped; image names and process names come from any user.
 */
final class StatusPage {
  static final String TYPE = "text/html; charset=utf-8";

  /** Loads the style from here and the icon from the page itself. No script runs. */
  static final String POLICY = RequestFilter.LOADS_NOTHING + "; style-src 'self'; img-src data:";

  private static final Pattern PLACE = Pattern.compile("@([A-Z]+)@");

  private final String template = new String(Resources.file("page.html"), StandardCharsets.UTF_8);
  private final boolean explain;

  /** Names link to their explanation if {@code explain} is set. */
  StatusPage(boolean explain) {
    this.explain = explain;
  }

  /** The page for this status. */
  byte[] html(StatusReport status) {
    Instant now = Instant.now();
    Map<String, String> values =
        Map.of(
            "TITLE",
            status.state().equals("ready") ? "" : escape(status.state()) + " – ",
            "STATE",
            pill(status.state()),
            "ABOUT",
            escape(
                status.root()
                    + " · mode "
                    + status.mode()
                    + " · up "
                    + Humanize.span(Duration.ofSeconds(status.uptimeSeconds()))),
            "PROBLEMS",
            problems(status, now),
            "FIGURES",
            figures(status),
            "COUNT",
            status.mounts().isEmpty()
                ? "None yet: the first access to a compiler mounts its image."
                : String.format(Locale.ROOT, "%,d images", status.mounts().size()),
            "ROWS",
            StatusText.ordered(status.mounts()).stream()
                .map(mount -> row(mount, now))
                .collect(Collectors.joining("\n")));
    // In one pass: a value that looks like a place stays as it is.
    return PLACE
        .matcher(template)
        .replaceAll(place -> Matcher.quoteReplacement(values.get(place.group(1))))
        .getBytes(StandardCharsets.UTF_8);
  }

  private static String problems(StatusReport status, Instant now) {
    return Stream.of(
            status.waitingFor().stream().map(what -> "waiting for " + what),
            Stream.of(status.trace().problem(), status.storageProblem(), status.catalogProblem())
                .filter(Objects::nonNull),
            status.scanners().stream().map(walk -> StatusText.scanner(walk, now)),
            StatusText.bypasses(status).stream(),
            Stream.ofNullable(status.trace().note()))
        .flatMap(problems -> problems)
        .map(problem -> "<li>" + escape(problem) + "</li>")
        .collect(Collectors.joining());
  }

  private static String figures(StatusReport status) {
    StatusReport.Images images = status.images();
    StatusReport.Trace trace = status.trace();
    Double canary = trace.canaryMillis();
    return figure(
            String.format(Locale.ROOT, "of %,d images mounted", images.known()), images.mounted())
        + alarm("failed", images.failed())
        + alarm("quarantined", images.quarantined())
        + alarm("stuck", images.stuck())
        + figure("held", images.held())
        + figure("lingering", images.lingering())
        + alarm("older than their directory", images.newerDirectory())
        + alarm("bypassed", images.bypassed())
        + figure("events seen", status.events().seen())
        + alarm("events lost", status.events().lost())
        + figure("matched no image", status.events().unknown())
        + alarm("trace restarts", trace.restarts())
        + figure("trace program", trace.program(), "")
        + figure("canary", canary == null ? "–" : Humanize.millis(canary), "");
  }

  private static String figure(String name, long value) {
    return figure(name, String.format(Locale.ROOT, "%,d", value), "");
  }

  private static String alarm(String name, long value) {
    return figure(
        name, String.format(Locale.ROOT, "%,d", value), value == 0 ? "" : " class=\"alarm\"");
  }

  private static String figure(String name, String value, String attribute) {
    return "<div%s><dt>%s</dt><dd>%s</dd></div>".formatted(attribute, escape(name), escape(value));
  }

  private String row(StatusReport.Mount mount, Instant now) {
    String name = escape(mount.name());
    String link =
        explain
            ? "<a href=\"/api/explain?of=%s\" title=\"Explain\">%s</a>"
                .formatted(URLEncoder.encode(mount.name(), StandardCharsets.UTF_8), name)
            : name;
    String row =
        "<tr><td class=\"name\">%s</td><td>%s</td>%s%s<td>%s</td><td>%s</td><td>%s</td></tr>"
            .formatted(
                link,
                pill(mount.state()),
                age(mount.since(), now),
                age(mount.lastAccess(), now),
                mount.mountMillis() == null ? "" : Humanize.millis(mount.mountMillis()),
                escape(mount.device()),
                escape(mount.trigger()));
    return mount.reason() == null
        ? row
        : row + "<tr><td class=\"reason\" colspan=\"7\">" + escape(mount.reason()) + "</td></tr>";
  }

  private static String age(String time, Instant now) {
    return time == null
        ? "<td></td>"
        : "<td title=\"%s\">%s</td>"
            .formatted(escape(time), Humanize.ago(Instant.parse(time), now));
  }

  private static String pill(String state) {
    return "<span class=\"pill %s\">%s</span>"
        .formatted(StatusText.tone(state).name().toLowerCase(Locale.ROOT), escape(state));
  }

  /** Safe in text and in a quoted attribute; empty for null. */
  static String escape(String text) {
    if (text == null) {
      return "";
    }
    StringBuilder safe = new StringBuilder(text.length() + 16);
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '&' -> safe.append("&amp;");
        case '<' -> safe.append("&lt;");
        case '>' -> safe.append("&gt;");
        case '"' -> safe.append("&quot;");
        case '\'' -> safe.append("&#39;");
        default -> safe.append(c);
      }
    }
    return safe.toString();
  }
}
