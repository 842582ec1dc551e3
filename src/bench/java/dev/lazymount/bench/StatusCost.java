package dev.lazymount.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * What {@code lazymount status} takes, while the image storage hangs: from the start of its process
 * to the end, JVM included, taking turns with the JVM's own start, which is a {@code main} that
 * does nothing with the same flags and the JDK's own class archive. The configuration is the one
 * that is installed, with another run directory.
 *
 * <p>The images are on a FUSE file system (bindfs). A tenth of them is mounted; then its server is
 * stopped with SIGSTOP, and a mount hangs.
 */
final class StatusCost {
  private static final int ROUNDS = 20;

  private StatusCost() {}

  /** Does nothing. */
  static final class Nothing {
    private Nothing() {}

    /** Nothing. */
    public static void main(String[] args) {}
  }

  static void measure(Workspace workspace, Report report, int images)
      throws IOException, InterruptedException {
    Progress.show("start: images on a storage that will hang");
    Site site = new Site(workspace, "hung", images);
    Path shown = site.images().resolveSibling("shown");
    Files.move(site.images(), shown);
    Files.createDirectories(site.images());
    Process server =
        workspace.start(
            List.of("bindfs", "-f", shown.toString(), site.images().toString()),
            workspace.folder().resolve("bindfs.log"));
    Lazymount daemon = new Lazymount(workspace, site, "mount.timeout=500ms");
    daemon.awaitKnown(images);
    List<String> names = site.take(images / 10);
    workspace.c("storm", names.stream().map(site::access).toList(), "4");

    signal(workspace, "STOP", server);
    try {
      Files.readString(site.file(site.take(1).get(0)));
      daemon.await("a mount hangs", status -> status.images().stuck() == 1);
      List<Double> nothing = new ArrayList<>();
      List<Double> status = new ArrayList<>();
      List<Double> json = new ArrayList<>();
      String config = configuration(site).toString();
      for (int i = 0; i < ROUNDS; i++) {
        Progress.show("start: status ", i + 1, " of ", ROUNDS);
        nothing.add(millis(workspace, jvm()));
        status.add(millis(workspace, status(config)));
        json.add(millis(workspace, status(config, "--json")));
      }
      report
          .section(
              String.format(
                  "status, %,d of %,d images mounted and the storage hanging",
                  names.size(), images),
              "ms")
          .add("the JVM's own start", Sample.of(nothing))
          .add("lazymount status", Sample.of(status))
          .add("lazymount status --json", Sample.of(json));
      report.atMost(
          "p50 of status beyond the JVM's own start, ms",
          100,
          Optional.of(Sample.of(status).median() - Sample.of(nothing).median()));
    } finally {
      signal(workspace, "CONT", server);
    }
    daemon.stop();
    workspace.unmount(names.stream().map(site::target).toList());
  }

  private static List<String> status(String config, String... more) {
    List<String> command = new ArrayList<>();
    command.addAll(List.of(Lazymount.launcher(), "status", "--config", config));
    command.addAll(List.of(more));
    return command;
  }

  /** As it is installed, with one setting changed. */
  private static Path configuration(Site site) throws IOException {
    String installed = Files.readString(Path.of("conf/application.conf"));
    String ours = "run-dir = \"" + Lazymount.runDir(site) + "\"";
    String changed = installed.replace("# run-dir = \"/run/lazymount\"", ours);
    if (!changed.contains(ours)) {
      throw new IOException("conf/application.conf has no commented default of run-dir any more");
    }
    return Files.writeString(site.root().resolveSibling("application.conf"), changed);
  }

  /** With the flags of our launcher. */
  private static List<String> jvm() {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-XX:-UsePerfData",
        "-Xms8m",
        "-Xmx32m",
        "-Xshare:auto",
        "-cp",
        "target/test-classes",
        Nothing.class.getName());
  }

  private static void signal(Workspace workspace, String signal, Process process)
      throws IOException, InterruptedException {
    workspace.run(List.of("kill", "-" + signal, Long.toString(process.pid())), List.of());
  }

  private static double millis(Workspace workspace, List<String> command)
      throws IOException, InterruptedException {
    long start = System.nanoTime();
    workspace.run(command, List.of());
    return (System.nanoTime() - start) / (double) TimeUnit.MILLISECONDS.toNanos(1);
  }
}
