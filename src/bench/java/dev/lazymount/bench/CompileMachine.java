package dev.lazymount.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * A machine with a real systemd, for the ways of {@link FirstCompile} that need one: autofs and
 * systemd's automount units. Its compilers and images are those of a site; the compiles run in it,
 * in /srv/compile, and are timed in it.
 */
final class CompileMachine implements AutoCloseable {
  private static final String UID = "65534";
  private static final Path ROOT = Path.of("/opt/compiler-explorer");

  private final Machine machine;

  /** Makes them. */
  static final class Factory {
    private final Workspace workspace;
    private String base;

    Factory(Workspace workspace) {
      this.workspace = workspace;
    }

    /** Boots a machine with the images of a site, mounted by autofs or else by systemd. */
    CompileMachine boot(Site site, List<Compiler> compilers, boolean autofs)
        throws IOException, InterruptedException {
      if (base == null) {
        base = prepare(workspace);
      }
      Path folder = Files.createTempDirectory(workspace.folder(), "machine-");
      Files.delete(folder);
      Machine machine = new Machine(workspace, folder, base);
      machine.use(site);
      return autofs ? autofs(machine) : automount(machine, compilers);
    }
  }

  private CompileMachine(Machine machine) {
    this.machine = machine;
  }

  /** The layers below those of all machines: the tree, and autofs; made at the first use. */
  private static String prepare(Workspace workspace) throws IOException, InterruptedException {
    Progress.show("first-compile: a machine with autofs");
    String tree = System.getProperty("lazymount.tree");
    Machine machine = new Machine(workspace, workspace.folder().resolve("prepared"), tree);
    try (machine) {
      machine.boot();
      machine.await("run/systemd/private");
      machine.run("apt-get", "update", "-qq");
      machine.run("apt-get", "install", "-qq", "-y", "--no-install-recommends", "autofs");
      machine.run("systemctl", "disable", "--now", "autofs");
      machine.run("mkdir", "-m", "777", "/srv/compile");
      machine.run("sync");
    }
    Path layer = machine.layer();
    for (Compiler compiler : Compiler.values()) {
      compiler.writeProgram(layer.resolve("srv/compile"));
    }
    String source = workspace.source("c/jail.c").toString();
    String jail = layer.resolve("srv/jail").toString();
    workspace.run(List.of("cc", "-O2", "-static", "-o", jail, source), List.of());
    return layer + ":" + tree;
  }

  /** Boots one that mounts the images of a site at their first access, by autofs. */
  private static CompileMachine autofs(Machine machine) throws IOException, InterruptedException {
    machine.want("autofs.service");
    machine.write("etc/auto.master", ROOT + " program:/etc/auto.compilers\n");
    machine.write(
        "etc/auto.compilers",
        """
        #!/bin/sh
        echo "-fstype=squashfs,loop,ro,nosuid,nodev :/efs/squash-images/$1.img"
        """);
    if (!machine.layer().resolve("etc/auto.compilers").toFile().setExecutable(true)) {
      throw new IOException("chmod auto.compilers");
    }
    return boot(machine);
  }

  /** Boots one that does so by systemd. */
  private static CompileMachine automount(Machine machine, List<Compiler> compilers)
      throws IOException, InterruptedException {
    StringBuilder fstab = new StringBuilder();
    for (Compiler compiler : compilers) {
      fstab.append(
          "/efs/squash-images/%s.img %s squashfs loop,ro,nosuid,nodev,noauto,x-systemd.automount 0 0%n"
              .formatted(compiler.title(), directory(compiler)));
    }
    machine.write("etc/fstab", fstab.toString());
    return boot(machine);
  }

  private static CompileMachine boot(Machine machine) throws IOException, InterruptedException {
    machine.boot();
    machine.await("run/systemd/private");
    machine.settle();
    return new CompileMachine(machine);
  }

  /** One compile, as {@link Compiles#millis}; its caches are dropped before. */
  double millis(Compiles compiles, Compiler compiler) throws IOException, InterruptedException {
    machine.run("rm", "-rf", "/srv/compile/program.o", "/srv/compile/cache");
    compiles.dropCaches();
    machine.run("/bin/sh", "-c", Compiles.READ_BACK);
    List<String> command = new ArrayList<>();
    Collections.addAll(command, "/srv/jail", "run", UID, "/srv/compile");
    command.addAll(compiler.command(directory(compiler)));
    List<String> nanos = machine.run(command.toArray(String[]::new));
    String type = machine.run("stat", "-f", "-c", "%T", directory(compiler) + "/usr/bin").get(0);
    if (!type.equals("squashfs")) {
      throw new IOException(directory(compiler) + " is on " + type + " and not on an image");
    }
    return Long.parseLong(nanos.get(0)) / 1e6;
  }

  @Override
  public void close() throws IOException, InterruptedException {
    machine.close();
  }

  private static Path directory(Compiler compiler) {
    return ROOT.resolve(compiler.title());
  }
}
