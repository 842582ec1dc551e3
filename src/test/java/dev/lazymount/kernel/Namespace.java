package dev.lazymount.kernel;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A mount namespace, as a container has one. A child process keeps it alive until this is closed.
 *
 * <p>It also works in a plain chroot, whose root is not a mount point, so that {@code unshare
 * --propagation} fails (EINVAL): propagation is set on the mount that contains the host's folder.
 * That has to be one of the chroot's own, which {@link Site#createShared} makes.
 */
public final class Namespace implements AutoCloseable {
  /** Which mounts made later in the parent namespace appear in this one. */
  public enum Propagation {
    /** None. */
    PRIVATE,
    /** All of them. */
    SLAVE
  }

  /** Goes up from the folder ($0) to the first mount point; mount(8) fails at other directories. */
  private static final String SET_PROPAGATION =
      """
      at=$0
      until mount --make-r$1 "$at" 2>/dev/null; do
        [ "$at" != / ] || { echo "no mount point at or above $0"; exit 1; }
        at=$(dirname "$at")
      done
      echo made
      exec sleep 600
      """;

  private final Site site;
  private final Process keeper;

  private Namespace(Site site, Process keeper) {
    this.site = site;
    this.keeper = keeper;
  }

  /** Copies this process's mount namespace; returns when that is done. */
  public static Namespace make(Site site, Propagation propagation) throws IOException {
    String kind = propagation.name().toLowerCase(Locale.ROOT);
    Path output = Files.createTempFile(site.scratch(), "namespace-", ".log");
    List<String> unshare = List.of("unshare", "--mount", "--propagation", "unchanged");
    List<String> command = new ArrayList<>(unshare);
    command.addAll(List.of("sh", "-c", SET_PROPAGATION, site.folder().toString(), kind));
    Process keeper = ChildProcess.start(command, site.mark(), output);
    Namespace namespace = new Namespace(site, keeper);
    try {
      Await.until(
          "the namespace is made",
          Await.PATIENCE,
          () -> Files.readString(output).contains("made"),
          () -> Scripts.log(output));
    } catch (AssertionError e) {
      namespace.close();
      throw e;
    }
    return namespace;
  }

  /** Runs a command in the namespace to its end, with the keeper's root and working directory. */
  public ChildProcess.Result run(String... command) {
    List<String> all = new ArrayList<>(List.of("nsenter", "-m", "-r", "-w", "-t", pid(), "--"));
    all.addAll(List.of(command));
    return ChildProcess.run("", all, site.mark());
  }

  /** Starts a command in the namespace. */
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
    Await.until("the process of the namespace has ended", () -> !keeper.isAlive());
  }
}
