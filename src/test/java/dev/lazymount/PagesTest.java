package dev.lazymount;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** README.md and the pages agree with each other and with what they describe. */
class PagesTest {
  private static final Path README = Path.of("README.md");
  private static final Path PAGES = Path.of("src", "site", "markdown");
  private static final Path SOURCES = Path.of("src", "main", "java", "dev", "lazymount");
  private static final Path RULES = Path.of("conf", "prometheus", "lazymount.rules.yml");
  private static final Path DEFAULTS =
      Path.of("src", "main", "resources", "dev", "lazymount", "config", "reference.conf");

  private static final Pattern FENCED = Pattern.compile("(?ms)^ *```.*?^ *```$");
  private static final Pattern CODE = Pattern.compile("`[^`\\n]+`");
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
  private static final Pattern HEADING = Pattern.compile("(?m)^#{1,6} +(.+?) *$");
  private static final Pattern ANCHOR = Pattern.compile("<a id=\"([^\"]+)\"></a>");

  @Test
  void readmeFitsOnOnePage() throws IOException {
    int lines = Files.readAllLines(README).size();
    assertTrue(lines <= 150, "README.md has " + lines + " lines; 150 are allowed");
  }

  @Test
  void everyPageIsLinkedFromReadme() throws IOException {
    String readme = Files.readString(README);
    for (Path page : pages()) {
      assertTrue(readme.contains("(" + page), page + " is not linked from README.md");
    }
  }

  @Test
  void everyRelativeLinkAndAnchorResolves() throws IOException {
    List<Path> documents = new ArrayList<>(pages());
    documents.add(README);
    List<String> broken = new ArrayList<>();
    for (Path document : documents) {
      for (String link : links(Files.readString(document))) {
        if (!link.matches("[a-z]+:.*") && !resolves(document, link)) {
          broken.add(document + ": " + link);
        }
      }
    }
    assertEquals(List.of(), broken);
  }

  @Test
  void aBrokenLinkOrAnchorIsFound() throws IOException {
    assertTrue(resolves(README, "src/site/markdown/operate.md#alerts"));
    assertFalse(resolves(README, "src/site/markdown/operate.md#no-such-heading"));
    assertFalse(resolves(README, "src/site/markdown/no-such-page.md"));
    assertEquals(List.of("a.md"), links("[a](a.md) `[b](b.md)`\n```\n[c](c.md)\n```\n"));
  }

  @Test
  void everyAlertHasItsEntryInTheRunbook() throws IOException {
    Set<String> anchors = anchors(PAGES.resolve("operate.md"));
    Set<String> alerts = matches("alert: *(\\w+)", Files.readString(RULES));
    assertFalse(alerts.isEmpty());
    for (String alert : alerts) {
      assertTrue(anchors.contains("alert-" + alert), "operate.md has no anchor alert-" + alert);
    }
    Set<String> described =
        anchors.stream()
            .filter(anchor -> anchor.matches("alert-.*"))
            .map(anchor -> anchor.substring("alert-".length()))
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(alerts, described, "alerts of the rules, and of operate.md");
  }

  @Test
  void reloadMatrixHasEverySetting() throws IOException {
    String page = Files.readString(PAGES.resolve("operate.md"));
    String matrix = section(page, "## Reload matrix");
    Set<String> settings =
        ConfigFactory.parseFile(DEFAULTS.toFile()).getConfig("lazymount").entrySet().stream()
            .map(Map.Entry::getKey)
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(settings, matches("`([a-z-]+(?:\\.[a-z-]+)?)`(?=[^|]*\\| at )", matrix));
  }

  @Test
  void monitoringHasEveryMetric() throws IOException {
    String page = Files.readString(PAGES.resolve("monitoring.md"));
    Set<String> metrics = new TreeSet<>();
    for (Path source : files(SOURCES.resolve("web"), ".java")) {
      metrics.addAll(matches("\"(lazymount_[a-z_]+)\"", Files.readString(source)));
    }
    assertFalse(metrics.isEmpty());
    assertEquals(metrics, matches("`(lazymount_[a-z_]+)[{`]", section(page, "## Metrics")));
  }

  @Test
  void classesNamedInHowItWorksExist() throws IOException {
    Set<String> classes =
        files(SOURCES, ".java").stream()
            .map(file -> file.getFileName().toString().replace(".java", ""))
            .collect(Collectors.toSet());
    Set<String> missing =
        matches("`([A-Z][a-z]+\\w*)`", Files.readString(PAGES.resolve("how-it-works.md")));
    missing.removeAll(classes);
    assertEquals(Set.of(), missing);
  }

  /** The targets of the links in a text, without those in code. */
  private static List<String> links(String markdown) {
    String prose = CODE.matcher(FENCED.matcher(markdown).replaceAll("")).replaceAll("");
    return LINK.matcher(prose).results().map(link -> link.group(1)).toList();
  }

  private static boolean resolves(Path document, String link) throws IOException {
    int hash = link.indexOf('#');
    String path = hash < 0 ? link : link.substring(0, hash);
    Path file = path.isEmpty() ? document : document.resolveSibling(path).normalize();
    return Files.exists(file) && (hash < 0 || anchors(file).contains(link.substring(hash + 1)));
  }

  /** The anchors that a renderer makes of headings, as GitHub does, and those written as HTML. */
  private static Set<String> anchors(Path page) throws IOException {
    String markdown = Files.readString(page);
    Set<String> anchors = new HashSet<>(matches(ANCHOR.pattern(), markdown));
    Map<String, Integer> seen = new HashMap<>();
    HEADING
        .matcher(FENCED.matcher(markdown).replaceAll(""))
        .results()
        .map(heading -> slug(heading.group(1)))
        .forEach(
            slug -> {
              int before = seen.merge(slug, 1, Integer::sum) - 1;
              anchors.add(before == 0 ? slug : slug + "-" + before);
            });
    return anchors;
  }

  private static String slug(String heading) {
    return heading
        .toLowerCase(Locale.ROOT)
        .replaceAll("[^\\p{IsAlphabetic}\\p{IsDigit} _-]", "")
        .replace(' ', '-');
  }

  /** From a heading of the second level to the next one. */
  private static String section(String page, String heading) {
    int begin = page.indexOf(heading + "\n");
    assertTrue(begin >= 0, "no " + heading);
    int end = page.indexOf("\n## ", begin);
    return end < 0 ? page.substring(begin) : page.substring(begin, end);
  }

  private static Set<String> matches(String pattern, String text) {
    return Pattern.compile(pattern)
        .matcher(text)
        .results()
        .map((MatchResult result) -> result.group(1))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static List<Path> pages() throws IOException {
    return files(PAGES, ".md");
  }

  private static List<Path> files(Path folder, String suffix) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(file -> file.toString().endsWith(suffix)).sorted().toList();
    }
  }
}
