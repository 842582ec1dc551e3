package dev.lazymount.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.kernel.Await;
import dev.lazymount.kernel.ChildProcess;
import dev.lazymount.kernel.DaemonProcess;
import dev.lazymount.kernel.Kernel;
import dev.lazymount.kernel.Site;
import dev.lazymount.status.StatusReport;
import dev.lazymount.support.NotifySocket;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A root or an image directory that comes late, goes, or becomes another one. A canary that is lost
 * would be noticed only after five minutes here, so nothing depends on one.
 */
class RootChangesIT {
  private static final String NO_TIMEOUT = "trace.canary-timeout=5m";

  private Site site;

  @BeforeEach
  void open() throws IOException {
    site = Site.create();
    site.compiler("gcc");
    site.compiler("clang");
  }

  @AfterEach
  void close() {
    site.close();
  }

  private Path aside(Path directory) throws IOException {
    return Files.move(directory, site.scratch().resolve(directory.getFileName()));
  }

  private static void bind(Path from, Path to) {
    ChildProcess.run("mount", "--bind", from.toString(), to.toString()).orFail();
  }

  private DaemonProcess startWith(String... settings) throws IOException {
    DaemonProcess daemon = site.launch(Map.of(), settings);
    daemon.await(
        "it waits for a directory",
        Duration.ofSeconds(30),
        () -> !daemon.status().waitingFor().isEmpty());
    return daemon;
  }

  @Test
  void missingRootIsAwaited() throws IOException {
    Path real = aside(site.root());
    try (NotifySocket manager = new NotifySocket(site.folder())) {
      DaemonProcess daemon = site.launch(Map.of("NOTIFY_SOCKET", manager.address()), NO_TIMEOUT);
      Await.until("READY=1", Duration.ofSeconds(30), () -> manager.has("READY=1"));
      daemon.awaitImagesKnown();
      assertEquals("starting", daemon.status().state());
      assertEquals(
          List.of("root " + site.root() + ", which does not exist"), daemon.status().waitingFor());
      assertTrue(manager.messages().toString().contains("waiting for root"));
      assertTrue(!daemon.log().contains("ready: "), daemon.log());

      Files.move(real, site.root());

      daemon.awaitReady();
      daemon.mount("gcc");
      assertEquals(List.of(), daemon.status().waitingFor());
      assertTrue(daemon.log().contains("ready: "), daemon.log());
    }
  }

  @Test
  void missingImagesAreAwaited() throws IOException {
    Path real = aside(site.images());
    DaemonProcess daemon = startWith("catalog.rescan=1h");
    daemon.awaitReady();

    Files.move(real, site.images());

    daemon.awaitImagesKnown();
    daemon.mount("gcc");
  }

  @Test
  void rootThatIsBoundOverIsTraced() throws IOException {
    Path real = aside(site.root());
    Files.createDirectory(site.root());
    DaemonProcess daemon = site.start(NO_TIMEOUT);
    daemon.await(
        "an empty root is a problem",
        () -> String.valueOf(daemon.status().catalogProblem()).contains("may not be mounted"));

    bind(real, site.root());

    daemon.mount("gcc");
    daemon.await("the problem is gone", () -> daemon.status().catalogProblem() == null);
    assertEquals(0, daemon.status().trace().restarts(), "it is no failure");
  }

  @Test
  void imagesOfTheFormerRootAreShownAndLeftAlone() throws IOException {
    Path other = site.scratch().resolve("other");
    Files.createDirectories(other);
    ChildProcess.run("cp", "-a", site.root() + "/.", other.toString()).orFail();
    DaemonProcess daemon = site.start(NO_TIMEOUT, "idle.unmount-after=1s");
    StatusReport.Mount before = daemon.mount("gcc");

    bind(other, site.root());

    daemon.await(
        "the former mount is shown",
        () ->
            daemon.status().lingering().stream()
                .anyMatch(
                    image ->
                        image.device().equals(before.device())
                            && site.root("gcc").toString().equals(image.mountedOn())));
    daemon.await(
        "gcc is mounted in the new root",
        () -> {
          site.version("gcc");
          return daemon
              .line("gcc")
              .filter(line -> line.state().equals("mounted"))
              .filter(line -> !line.since().equals(before.since()))
              .isPresent();
        });
    assertEquals(1, daemon.status().lingering().size(), "still shown, though both have one device");
    daemon.await(
        "only the new one expires",
        () -> daemon.state("gcc").filter("unmounted"::equals).isPresent());
    assertEquals(1, site.mountsOn("gcc"), "the former mount");

    ChildProcess.run("umount", site.root().toString()).orFail();

    daemon.await(
        "the former mount is adopted",
        () -> before.device().equals(daemon.line("gcc").orElseThrow().device()));
    daemon.await("nothing lingers", () -> daemon.status().lingering().isEmpty());
  }

  @Test
  void unmountedRootIsTracedBelow() throws IOException {
    Path real = site.scratch().resolve("real");
    Files.createDirectories(real);
    bind(real, site.root());
    DaemonProcess daemon = site.start(NO_TIMEOUT);

    ChildProcess.run("umount", site.root().toString()).orFail();

    daemon.mount("gcc");
  }

  @Test
  void rootThatIsRenamedAwayIsAwaited() throws IOException {
    DaemonProcess daemon = site.start(NO_TIMEOUT);
    StatusReport.Mount before = daemon.mount("gcc");
    long bpftrace = daemon.status().trace().pid();

    Path away = site.folder().resolve("away");
    Files.move(site.root(), away);

    daemon.await(
        "degraded, and waiting",
        () ->
            daemon.status().state().equals("degraded") && !daemon.status().waitingFor().isEmpty());
    Await.until("nothing is traced", () -> !Kernel.runs(bpftrace));
    daemon.await(
        "its mount is shown",
        () ->
            daemon.status().lingering().stream()
                .anyMatch(image -> away.resolve("gcc").toString().equals(image.mountedOn())));

    Files.move(away, site.root());

    daemon.awaitReady();
    daemon.mount("clang");
    daemon.await(
        "gcc is mounted as before",
        () -> before.device().equals(daemon.line("gcc").orElseThrow().device()));
  }
}
