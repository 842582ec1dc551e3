package dev.lazymount.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.lazymount.kernel.Await;
import dev.lazymount.kernel.ChildProcess;
import dev.lazymount.kernel.DaemonProcess;
import dev.lazymount.kernel.Kernel;
import dev.lazymount.kernel.Site;
import dev.lazymount.support.NotifySocket;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The command line beside a running daemon: explain, reload, rescan, doctor. */
class OperateIT {
  private Site site;
  private Path conf;

  @BeforeEach
  void open() throws IOException {
    site = Site.create();
    conf = site.scratch().resolve("application.conf");
    Files.writeString(conf, "");
    site.compiler("gcc-14");
    site.compiler("gcc-15");
  }

  @AfterEach
  void close() {
    site.close();
  }

  private ChildProcess.Result lazymount(String command, String... arguments) {
    List<String> all = new ArrayList<>(List.of(command, "--config", conf.toString()));
    all.addAll(List.of(arguments));
    return site.commandLine(all.toArray(String[]::new));
  }

  private JsonObject explain(String asked) {
    return JsonParser.parseString(lazymount("explain", "--json", asked).orFail()).getAsJsonObject();
  }

  private static String text(JsonObject object, String key) {
    return object.get(key).getAsString();
  }

  private static String step(JsonObject explanation, String what) {
    for (JsonElement step : explanation.getAsJsonArray("steps")) {
      if (text(step.getAsJsonObject(), "what").equals(what)) {
        return text(step.getAsJsonObject(), "finding");
      }
    }
    throw new AssertionError("no step " + what + " in " + explanation);
  }

  @Test
  void explainFollowsAPathToItsVerdict() throws IOException {
    site.original("broken");
    site.place(new byte[100], "broken");
    Files.createSymbolicLink(site.root("gcc-trunk"), Path.of("gcc-15"));
    // A symlink outside the root, which only the file system resolves.
    Path elsewhere = site.scratch().resolve("elsewhere");
    Files.createSymbolicLink(elsewhere, site.root("gcc-15"));
    DaemonProcess daemon = site.start("--config=" + conf);
    daemon.awaitImagesKnown();
    assertEquals("unused", text(explain("gcc-15"), "state"));

    daemon.mount("gcc-15");
    site.version("broken");
    daemon.await("quarantined", () -> daemon.state("broken").equals(Optional.of("quarantined")));

    JsonObject mounted = explain(site.root("gcc-14/../gcc-15//VERSION").toString());
    assertEquals("mounted", text(mounted, "state"));
    assertEquals("gcc-15", text(mounted, "name"));
    assertTrue(step(mounted, "normalised").startsWith("gcc-15/VERSION "), mounted.toString());
    assertTrue(text(mounted, "verdict").contains(daemon.line("gcc-15").orElseThrow().device()));

    JsonObject linked = explain("gcc-trunk/VERSION");
    assertEquals("mounted", text(linked, "state"));
    assertEquals("gcc-trunk leads to gcc-15", step(linked, "symlink"));
    assertEquals("mounted", text(explain(elsewhere.toString()), "state"));

    JsonObject bad = explain("broken");
    assertEquals("quarantined", text(bad, "state"));
    assertTrue(text(bad, "verdict").contains(daemon.line("broken").orElseThrow().reason()));

    JsonObject unknown = explain("gcc-16/bin/g++");
    assertEquals("unknown", text(unknown, "state"));
    assertTrue(step(unknown, "near").contains("gcc-15"), unknown.toString());
    assertEquals("outside", text(explain("/etc/passwd"), "state"));

    daemon.terminate();
    JsonObject without = explain("gcc-15");
    assertEquals("mounted", text(without, "state"));
    assertTrue(step(without, "daemon").startsWith("none runs"), without.toString());
  }

  @Test
  void reloadAppliesWhatItCanAndListsTheRest() throws IOException {
    try (NotifySocket manager = new NotifySocket(site.folder())) {
      DaemonProcess daemon =
          site.launch(Map.of("NOTIFY_SOCKET", manager.address()), "--config=" + conf);
      daemon.awaitReady();
      final long bpftrace = daemon.status().trace().pid();

      Files.writeString(conf, "lazymount { mode = observe, mount.concurrency = 2 }");
      Kernel.signal("HUP", daemon.pid());
      daemon.await("it observes", () -> daemon.status().mode().equals("observe"));
      Await.until("the reload is reported to systemd", () -> manager.count("READY=1") == 2);
      String reloading = manager.messages().get(manager.first("RELOADING=1"));
      assertTrue(reloading.matches("(?s).*MONOTONIC_USEC=[1-9]\\d+.*"), reloading);
      assertEquals(bpftrace, daemon.status().trace().pid(), "the same bpftrace runs");
      site.version("gcc-15");
      daemon.await(
          "the access is recorded", () -> daemon.state("gcc-15").equals(Optional.of("unmounted")));
      assertEquals(0, site.mountsOn("gcc-15"));

      Files.writeString(conf, "lazymount { mode = mount, mount.concurrency = 2 }");
      String said = lazymount("reload").orFail();
      assertTrue(said.contains("lazymount.mode = \"mount\""), said);
      assertTrue(said.contains("needs a restart  lazymount.mount.concurrency = 2"), said);
      daemon.mount("gcc-15");

      Files.writeString(conf, "lazymount { mode = sometimes, trace.window = 2s }");
      ChildProcess.Result refused = lazymount("reload");
      assertEquals(2, refused.status());
      assertTrue(refused.out().contains("lazymount.mode"), refused.out());
      assertEquals("mount", daemon.status().mode());
      daemon.mount("gcc-14");

      Files.writeString(conf, "lazymount { trace.window = 2s }");
      lazymount("reload").orFail();
      daemon.awaitReady();
      assertNotEquals(bpftrace, daemon.status().trace().pid(), "a new bpftrace");
      assertEquals(0, daemon.status().trace().restarts(), "a reload is not counted as a failure");
    }
  }

  @Test
  void rescanListsAddedAndRemovedImages() throws IOException {
    DaemonProcess daemon = site.start("catalog.rescan=1d");
    daemon.awaitImagesKnown();
    site.compiler("gcc-16");
    Files.delete(site.image("gcc-14"));
    JsonObject news =
        JsonParser.parseString(lazymount("rescan", "--json").orFail()).getAsJsonObject();
    assertEquals("[\"gcc-16\"]", news.get("added").toString());
    assertEquals("[\"gcc-14\"]", news.get("removed").toString());
    daemon.mount("gcc-16");
  }

  @Test
  void doctorChecksEverythingAndLeavesNothing() throws IOException {
    JsonElement findings = JsonParser.parseString(lazymount("doctor", "--json").orFail());
    for (String subject : List.of("traced access", "mount", "bpftrace", "root")) {
      assertEquals("OK", level(findings, subject), findings.toString());
    }
    Await.until("its bpftrace is gone", () -> site.bpftraces().isEmpty());

    Files.delete(site.image("gcc-14"));
    Files.delete(site.image("gcc-15"));
    Files.delete(site.images());
    ChildProcess.Result without = lazymount("doctor", "--json");
    assertEquals(1, without.status());
    assertEquals("FAIL", level(JsonParser.parseString(without.out()), "images"));
  }

  @Test
  void doctorTestsTheProgramThatFitsTheNames() throws IOException {
    // A name that is too long for the resolved program.
    site.compiler("n".repeat(159));
    JsonElement findings = JsonParser.parseString(lazymount("doctor", "--json").out());
    assertEquals("WARN", level(findings, "traced access"), findings.toString());
    assertTrue(findings.toString().contains("it can't report all names"), findings.toString());
  }

  private static String level(JsonElement findings, String subject) {
    for (JsonElement finding : findings.getAsJsonArray()) {
      if (text(finding.getAsJsonObject(), "subject").equals(subject)) {
        return text(finding.getAsJsonObject(), "level");
      }
    }
    throw new AssertionError("nothing on " + subject + " in " + findings);
  }
}
