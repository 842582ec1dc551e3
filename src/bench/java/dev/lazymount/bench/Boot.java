package dev.lazymount.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Boots a machine whose compilers are images, in each way that they can be provided.
 *
 * <pre>
 * ./dev bench boot                       2,000 images, 5 boots in each way; about half an hour
 * ./dev bench boot --only lazymount,none --boots 20
 * ./dev bench boot --quick               100 images, one boot in each way
 * </pre>
 *
 * <p>Workload: a tree of Debian 12 with a real systemd as PID 1 in namespaces of its own ({@code
 * src/system-test/tree.sh}), with the Debian package of lazymount and autofs installed, of which
 * one at most is enabled; images of 72 KiB on a local disk, in the page cache. A stand-in for
 * compiler-explorer.service, a oneshot, opens a file of one compiler, after whatever provides
 * compilers. What counts is the time from systemd's start until that has succeeded, both as systemd
 * remembers them, and what PID 1 has used of a CPU once it has nothing left to do. The ways take
 * turns, in another order every round, on a machine with a fresh layer of its own each; the loop
 * devices that a boot made are removed after it.
 */
final class Boot implements Benchmark {
  /** How compilers are provided. */
  private enum Way {
    LAZYMOUNT("lazymount"),
    NONE("no image at all"),
    MOUNT("mount(8) for all, 16 in parallel"),
    ALL("lazymount mount --all"),
    AUTOFS("autofs"),
    AUTOMOUNT("systemd .automount for each");

    private final String title;

    Way(String title) {
      this.title = title;
    }

    String option() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private record Outcome(double ready, double cpu, Optional<Double> daemon) {}

  private static final int FULL = 2000;
  private static final String SERVICE = "compiler-explorer.service";
  private static final String FIRST = "/opt/compiler-explorer/c0/bin/tool";

  /** Once there, the stand-in has done its work, and read this. */
  private static final String DONE = "run/stand-in.done";

  @Override
  public String name() {
    return "boot";
  }

  @Override
  public String about() {
    return """
    a boot under a real systemd, until a service that opens a compiler is ready; and PID 1's CPU
        --images N      images (2000; quick: 100)
        --boots N       boots in each way (3; quick: 1)
        --only WAYS     of lazymount,none,mount,all,autofs,automount: these (all)
    """;
  }

  @Override
  public void run(Options options, Workspace workspace, Report report)
      throws IOException, InterruptedException {
    int images = options.number("images", FULL, 100);
    int boots = options.number("boots", 3, 1);
    List<Way> ways = new ArrayList<>(ways(options.word("only", "")));
    options.complete();

    String base = prepared(workspace, ways);
    report.fact("images", images);
    report.fact("machine", "Debian 12 in namespaces, systemd as PID 1");
    Site site = new Site(workspace, "site", images);
    Map<Way, List<Outcome>> outcomes = new EnumMap<>(Way.class);
    for (int round = 0; round < boots; round++) {
      for (int i = 0; i < ways.size(); i++) {
        Way way = ways.get((i + round) % ways.size());
        Progress.show("boot: ", way.title, ", ", round + 1, " of ", boots);
        Outcome outcome =
            boot(workspace, base, way, site, images, "boot-" + round + "-" + way.option());
        outcomes.computeIfAbsent(way, w -> new ArrayList<>()).add(outcome);
        workspace.unmount(List.of());
      }
    }
    tables(report, ways, outcomes, images);
    bars(report, outcomes, images == FULL);
  }

  private static List<Way> ways(String only) {
    return only.isEmpty()
        ? List.of(Way.values())
        : Arrays.stream(only.split(",", -1))
            .map(word -> Way.valueOf(word.toUpperCase(Locale.ROOT)))
            .sorted()
            .toList();
  }

  /**
   * The layers below those of all machines: the tree, and lazymount and autofs, off.
   *
   * @param ways what this lazymount has no command for is taken out
   */
  private static String prepared(Workspace workspace, List<Way> ways)
      throws IOException, InterruptedException {
    Progress.show("boot: installing lazymount and autofs");
    String tree = System.getProperty("lazymount.tree");
    Machine machine = new Machine(workspace, workspace.folder().resolve("prepared"), tree);
    try (machine) {
      Files.createDirectories(machine.layer().resolve("srv"));
      Files.copy(
          Path.of(System.getProperty("lazymount.package")),
          machine.layer().resolve("srv/lazymount.deb"),
          StandardCopyOption.REPLACE_EXISTING);
      machine.boot();
      machine.await("run/systemd/private");
      machine.run("apt-get", "update", "-qq");
      machine.run(
          "apt-get",
          "install",
          "-qq",
          "-y",
          "--no-install-recommends",
          "autofs",
          "/srv/lazymount.deb");
      machine.run("systemctl", "disable", "--now", "lazymount", "autofs");
      String mount = "lazymount mount --help >/dev/null 2>&1 || echo no";
      if (!machine.run("sh", "-c", mount).isEmpty()) {
        ways.remove(Way.ALL);
      }
      machine.run("sync");
    }
    return machine.layer() + ":" + tree;
  }

  private static Outcome boot(
      Workspace workspace, String base, Way way, Site site, int images, String name)
      throws IOException, InterruptedException {
    Machine machine = new Machine(workspace, workspace.folder().resolve(name), base);
    try (machine) {
      machine.use(site);
      machine.write(
          "etc/systemd/system/" + SERVICE,
          """
          [Service]
          Type=oneshot
          RemainAfterExit=yes
          ExecStart=/bin/sh -c 'head -c 12 %s >/run/read'
          ExecStartPost=/bin/mv /run/read /%s
          """
              .formatted(FIRST, DONE));
      machine.want(SERVICE);
      provide(machine, way, images);
      machine.boot();
      machine.await(DONE);
      boolean original = "the original".equals(machine.run("cat", "/" + DONE).get(0));
      if (original != (way == Way.LAZYMOUNT || way == Way.NONE)) {
        throw new IOException("what was read is not what it should be with " + way.title);
      }
      machine.settle();
      double cpu = machine.cpuSeconds();
      double start = machine.moment("Userspace");
      double ready = machine.moment("ActiveEnter", SERVICE) - start;
      return new Outcome(
          ready, cpu, way == Way.LAZYMOUNT ? Optional.of(daemon(machine)) : Optional.empty());
    }
  }

  private static double daemon(Machine machine) throws IOException, InterruptedException {
    return machine.moment("ActiveEnter", "lazymount.service")
        - machine.moment("ExecMainStart", "lazymount.service");
  }

  private static void provide(Machine machine, Way way, int images) throws IOException {
    switch (way) {
      case NONE -> {}
      case LAZYMOUNT -> machine.want("lazymount.service");
      case MOUNT ->
          before(
              machine,
              "/bin/sh -c 'ls /efs/squash-images | sed s/.img$// | xargs -P 16 -I NAME mount -t"
                  + " squashfs -o loop,ro,nosuid,nodev /efs/squash-images/NAME.img"
                  + " /opt/compiler-explorer/NAME'");
      case ALL -> before(machine, "/usr/bin/lazymount mount --all");
      case AUTOFS -> {
        machine.want("autofs.service");
        machine.write(
            "etc/systemd/system/autofs.service.d/order.conf", "[Unit]\nBefore=" + SERVICE + "\n");
        machine.write("etc/auto.master", "/opt/compiler-explorer program:/etc/auto.compilers\n");
        machine.write(
            "etc/auto.compilers",
            """
            #!/bin/sh
            echo "-fstype=squashfs,loop,ro,nosuid,nodev :/efs/squash-images/$1.img"
            """);
        Path program = machine.layer().resolve("etc/auto.compilers");
        if (!program.toFile().setExecutable(true)) {
          throw new IOException("chmod " + program);
        }
      }
      case AUTOMOUNT -> {
        StringBuilder fstab = new StringBuilder();
        for (int i = 0; i < images; i++) {
          fstab.append(
              "/efs/squash-images/c%d.img /opt/compiler-explorer/c%d squashfs".formatted(i, i)
                  + " loop,ro,nosuid,nodev,noauto,x-systemd.automount 0 0\n");
        }
        machine.write("etc/fstab", fstab.toString());
      }
    }
  }

  /** A oneshot before the stand-in. */
  private static void before(Machine machine, String command) throws IOException {
    machine.write(
        "etc/systemd/system/mount-all.service",
        """
        [Unit]
        Before=%s
        [Service]
        Type=oneshot
        RemainAfterExit=yes
        TimeoutStartSec=infinity
        ExecStart=%s
        """
            .formatted(SERVICE, command));
    machine.want("mount-all.service");
  }

  private static void tables(
      Report report, List<Way> ways, Map<Way, List<Outcome>> outcomes, int images) {
    Chart chart = new Chart(String.format("Boot to ready, %,d images", images), "boot", "s");
    outcomes.forEach(
        (way, boots) -> {
          for (int i = 0; i < boots.size(); i++) {
            chart.add(way.title, i + 1, boots.get(i).ready());
          }
        });
    report.chart(chart);
    String with = String.format(Locale.ROOT, ", %,d images", images);
    Report.Section ready = report.section("systemd's start to compiler-explorer ready" + with, "s");
    Report.Section cpu = report.section("CPU of PID 1" + with, "s");
    for (Way way : ways) {
      List<Outcome> all = outcomes.get(way);
      ready.add(way.title, Sample.of(all.stream().map(Outcome::ready).toList()));
      cpu.add(way.title, Sample.of(all.stream().map(Outcome::cpu).toList()));
    }
    Optional.ofNullable(outcomes.get(Way.LAZYMOUNT))
        .map(all -> Sample.of(all.stream().flatMap(o -> o.daemon().stream()).toList()))
        .ifPresent(daemon -> ready.add("of which lazymount, exec to READY", daemon));
  }

  private static void bars(Report report, Map<Way, List<Outcome>> outcomes, boolean full) {
    Optional<Sample> ours = ready(outcomes, Way.LAZYMOUNT, full);
    Optional<Sample> mount = ready(outcomes, Way.MOUNT, full);
    report.atMost("boot with lazymount, p50, s", 2, ours.map(Sample::median));
    report.atLeast(
        "times faster than mount(8) for all",
        35,
        ours.flatMap(o -> mount.map(m -> m.median() / o.median())));
    Optional<Sample> cpu = cpu(outcomes, Way.LAZYMOUNT, full);
    Optional<Sample> none = cpu(outcomes, Way.NONE, full);
    report.atMost(
        "CPU of PID 1 more than without images, p50, s",
        0.2,
        cpu.flatMap(c -> none.map(n -> c.median() - n.median())));
  }

  private static Optional<Sample> ready(Map<Way, List<Outcome>> outcomes, Way way, boolean full) {
    return Optional.ofNullable(outcomes.get(way))
        .filter(all -> full)
        .map(all -> Sample.of(all.stream().map(Outcome::ready).toList()));
  }

  private static Optional<Sample> cpu(Map<Way, List<Outcome>> outcomes, Way way, boolean full) {
    return Optional.ofNullable(outcomes.get(way))
        .filter(all -> full)
        .map(all -> Sample.of(all.stream().map(Outcome::cpu).toList()));
  }
}
