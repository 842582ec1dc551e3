package dev.lazymount.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.kernel.ChildProcess;
import dev.lazymount.kernel.DaemonProcess;
import dev.lazymount.kernel.Kernel;
import dev.lazymount.kernel.Site;
import dev.lazymount.status.StatusReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Any user may open any path, at any rate, under any name. Perl does it here: it makes system calls
 * with any bytes, and every Debian has it. With the path program, which has to read what they
 * spell.
 */
class HostileProcessIT {
  /** openat(2) and close(2) by number, which differ between the two architectures. */
  private static final String CALLS =
      """
      use strict;
      my ($openat, $close) = `uname -m` =~ /aarch64/ ? (56, 57) : (257, 3);
      sub try_open { my $p = "$_[0]\\0"; my $f = syscall($openat, -100, $p, 0, 0);
        syscall($close, $f) if $f >= 0; }
      my ($root, $times) = @ARGV;
      """;

  private Site site;
  private DaemonProcess daemon;

  @BeforeEach
  void open() throws IOException {
    site = Site.create();
    site.compiler("victim");
    site.compiler("witness");
    daemon = site.start("trace.program=path");
    daemon.awaitImagesKnown();
  }

  @AfterEach
  void close() {
    site.close();
  }

  private void perl(String script, int times) {
    ChildProcess.run(
            "",
            List.of("perl", "-e", CALLS + script, site.root().toString(), Integer.toString(times)))
        .orFail();
  }

  private void assertUnimpressed(int linesBefore) throws IOException {
    assertTrue(daemon.isAlive());
    daemon.fence();
    assertEquals(Optional.empty(), daemon.line("victim"));
    assertEquals(List.of(), Kernel.mountsBelow(site.root()));
    List<String> lines = daemon.log().lines().toList();
    assertTrue(lines.size() <= linesBefore + 3, "a flood of log lines: " + lines);
    assertTrue(
        daemon.log().chars().allMatch(c -> c == '\n' || (c >= ' ' && c <= '~')),
        "not printable: " + daemon.log());
    daemon.mount("witness");
    assertEquals("ready", daemon.status().state());
    assertEquals(0, daemon.status().trace().restarts());
    assertEquals(Optional.empty(), daemon.line("victim"));
  }

  private int logLines() {
    return (int) daemon.log().lines().count();
  }

  @Test
  void forgedLinesAndControlCharactersAreNothingButOddPaths() throws IOException {
    int lines = logLines();
    perl(
        """
        my $v = "$root/victim/version";
        my $mark = "0123456789abcdef";
        my $event = "$mark 1 openat $v\\tsh\\t$mark";
        my @odd = ("\\n$event\\n", "x\\tsh\\t$mark\\n$event", "\\n$mark tick\\n", "\\nLost 1000000 events\\n",
          "\\nLost 99 events", "\\tsh\\t", "\\t\\t\\t", "\\n\\n\\n", "\\r\\n", "\\e]0;owned\\a\\e[31mred", "\\xff\\xfe\\x80",
          "\\x{0}", "%s%n%d", "\\\\n", '${jndi:ldap://x}', "a" x 250, "a" x 4000, "\\n" x 4000,
          "/" x 4000, "../" x 1000, "a/" x 2000);
        for my $i (0 .. $#odd) { try_open("$root/$odd[$i]"); try_open("$root/nobody/$odd[$i]"); }
        for my $comm ("a\\nb", "a\\tb", "\\e[31m", "\\n$mark 1", "Lost 9 events", "") {
          $0 = $comm;
          try_open("$root/nobody/under-" . unpack("H*", $comm));
          try_open("$root/nobody/\\n$mark 1 openat $v");
        }
        """,
        1);
    assertUnimpressed(lines);
    assertEquals(0, daemon.status().events().lost(), "a forged loss is not believed");
  }

  @Test
  void oddNamesThatDoExistAreNothingSpecial() throws IOException {
    int lines = logLines();
    for (String odd : List.of("line\nbreak", "tab\ttab", "\u001b[31mred", "Lost 7 events")) {
      Path directory = Files.createDirectories(site.scratch().resolve("odd").resolve(odd));
      Files.writeString(directory.resolve("file\nname"), "x");
      Files.move(directory, site.root(odd));
      ChildProcess.run("cat", site.root(odd).resolve("file\nname").toString()).orFail();
    }
    perl(
        """
        $0 = "c\\nd";
        opendir(my $d, $root);
        try_open("$root/$_/file\\nname") for grep { /[^a-z.]/ } readdir($d);
        """,
        1);
    assertUnimpressed(lines);
    assertEquals(0, daemon.status().events().lost());
  }

  @Test
  void oddNameOfAProcessIsMadePrintableInTheLog() throws IOException {
    ChildProcess.run(
            "perl",
            "-e",
            "$0 = \"evil\\n\\e[31m\"; open(F, $ARGV[0]); close(F);",
            site.root("victim/version").toString())
        .orFail();
    daemon.awaitMounted("victim");
    daemon.await("it is logged", () -> daemon.log().contains("victim: mounted"));
    assertTrue(
        daemon.log().chars().allMatch(c -> c == '\n' || (c >= ' ' && c <= '~')), daemon.log());
    assertEquals(1, daemon.log().lines().filter(line -> line.contains("victim: mounted")).count());
    assertTrue(daemon.log().contains("evil??"), daemon.log());
  }

  @Test
  void aFloodOfDistinctPathsIsBoundedInMemoryAndLog() throws IOException {
    int lines = logLines();
    perl(
        """
        for my $i (1 .. $times) {
          try_open("$root/nobody-$i/" . ("deep/" x 10) . "\\n" . rand());
        }
        """,
        200_000);
    daemon.await(
        "it has caught up",
        Duration.ofSeconds(30),
        () -> {
          long before = daemon.status().events().unknown();
          ChildProcess.run("cat", site.root("nobody/here").toString());
          return daemon.status().events().unknown() > before;
        });
    assertUnimpressed(lines);
    assertEquals(1, daemon.status().mounts().size(), "unknown names are not kept");
  }

  @Test
  void aMillionOpensOfOnePathAreAHandfulOfEvents() throws IOException {
    daemon.mount("victim");
    daemon.fence();
    StatusReport.Events before = daemon.status().events();
    long start = System.nanoTime();

    perl("try_open(\"$root/victim/version\") for 1 .. $times;", 1_000_000);

    long windows = Duration.ofNanos(System.nanoTime() - start).toSeconds() + 2;
    daemon.fence();
    StatusReport.Events after = daemon.status().events();
    assertEquals(0, after.lost());
    long seen = after.seen() - before.seen();
    // One a window, and what the fence itself and the start of perl do.
    assertTrue(seen <= windows + 12, seen + " events in " + windows + " windows");
    assertEquals(1, site.mountsOn("victim"));
  }
}
