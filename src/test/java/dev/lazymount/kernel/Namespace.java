package dev.lazymount.kernel;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A mount namespace that a process of its own keeps, as a container would; ends with it. */
public final class Namespace implements AutoCloseable {
  /** What a namespace gets of the mounts that its parent makes later. */
  public enum Propagation {
    /** Nothing. */
    PRIVATE,
    /** All of them. */
    SLAVE
  }

  private final Site site;
  private final Process keeper;

  private Namespace(Site site, Process keeper) {
    this.site = site;
    this.keeper = keeper;
  }

  /** Makes one of ours as it is now; returns when it is there. */
  public static Namespace make(Site site, Propagation propagation) throws IOException {
    String kind = propagation.name().toLowerCase(Locale.ROOT);
    Path output = Files.createTempFile(site.scratch(), "namespace-", ".log");
    Process keeper =
        ChildProcess.start(
            List.of(
                "unshare",
                "--mount",
                "--propagation",
                kind,
                "sh",
                "-c",
                "echo made; exec sleep 600"),
            site.mark(),
            output);
    Namespace namespace = new Namespace(site, keeper);
    try {
      Await.until("the namespace is made", () -> Files.readString(output).contains("made"));
    } catch (AssertionError e) {
      namespace.close();
      throw e;
    }
    return namespace;
  }

  /** Runs a command in it, to its end; with our root and working directories, in a chroot too. */
  public ChildProcess.Result run(String... command) {
    List<String> all = new ArrayList<>(List.of("nsenter", "-m", "-r", "-w", "-t", pid(), "--"));
    all.addAll(List.of(command));
    return ChildProcess.run("", all, site.mark());
  }

  /** Starts a command in it. */
  public Process start(Path output, String... command) throws IOException {
    List<String> all = new ArrayList<>(List.of("nsenter", "-m", "-r", "-w", "-t", pid(), "--"));
    all.addAll(List.of(command));
    return ChildProcess.start(all, site.mark(), output);
  }

  private String pid() {
    return Long.toString(keeper.pid());
  }

  @Override
  public void close() {
    keeper.destroyForcibly();
    Await.until("the keeper of the namespace is gone", () -> !keeper.isAlive());
  }
}
