package dev.lazymount.status;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * A snapshot of {@link DaemonStatus}, in the shape of {@code lazymount status --json}. Tools rely
 * on it: fields are added, never renamed. A field without a value is null. Times are ISO 8601.
 *
 * @param state starting, ready, degraded or stopping
 * @param mode mount or observe
 * @param uptimeSeconds since the daemon started
 * @param root the root directory
 * @param trace the trace program
 * @param events counters since the daemon started
 * @param images numbers of images now
 * @param observed what would have been mounted; null unless the mode is observe
 * @param catalogProblem what is wrong with the newest scan of the image directory
 * @param storageProblem set while the image storage does not respond
 * @param mounts the images in use, by name
 * @param lingering images that are no longer mounted in the root but still in use; at most 100
 * @param waitingFor the directories that are missing and awaited, each with the reason
 * @param scanners processes that walk the tree now; at most ten of them
 * @param bypasses mounted images whose original directories are still read; at most ten of them
 */
public record StatusReport(
    String state,
    String mode,
    long uptimeSeconds,
    String root,
    Trace trace,
    Events events,
    Images images,
    Observed observed,
    String catalogProblem,
    String storageProblem,
    List<Mount> mounts,
    List<Lingering> lingering,
    List<String> waitingFor,
    List<Walk> scanners,
    List<Bypassed> bypasses) {

  /** How many are listed; {@link Images#lingering} counts all. */
  private static final int LINGERING = 100;

  /** How many are listed; {@link Images#bypassed} counts all. */
  private static final int BYPASSES = 10;

  /**
   * The trace.
   *
   * @param program path or resolved
   * @param pid the process id of bpftrace
   * @param restarts since the daemon started
   * @param canaryMillis round trip of the newest canary, milliseconds
   * @param problem what is wrong
   * @param note why this program runs, if another one was configured
   */
  public record Trace(
      String program, Long pid, long restarts, Double canaryMillis, String problem, String note) {
    private static Trace of(TraceStatus trace, long restarts) {
      return new Trace(
          trace.program().toString(),
          trace.pid(),
          restarts,
          trace.canaryMillis(),
          trace.problem(),
          trace.note());
    }
  }

  /**
   * Events since the daemon started.
   *
   * @param seen accesses that the trace reported
   * @param lost events that bpftrace lost
   * @param unknown accesses under the root that match no image
   * @param unparsed lines of the trace that could not be parsed
   */
  public record Events(long seen, long lost, long unknown, long unparsed) {
    private static Events of(Counters counters) {
      return new Events(
          counters.seen.sum(),
          counters.lost.sum(),
          counters.unknown.sum(),
          counters.unparsed.sum());
    }
  }

  /**
   * Numbers of images.
   *
   * @param known in the catalog
   * @param mounted mounted
   * @param failed failed, with a back-off before the next attempt
   * @param quarantined bad, until the file changes
   * @param stuck waiting for the image storage
   * @param lingering unmounted, but still in use
   * @param held kept unmounted by an operator, or because their directory was written to
   * @param bypassed mounted, while their original directory is still read
   * @param newerDirectory mounted over a directory that was changed after the image was made
   */
  public record Images(
      int known,
      int mounted,
      int failed,
      int quarantined,
      int stuck,
      int lingering,
      int held,
      int bypassed,
      int newerDirectory) {
    private static Images of(DaemonStatus status, List<Bypass> bypasses) {
      Map<MountState, Integer> count = status.mounts().count();
      return new Images(
          status.imagesKnown(),
          count.get(MountState.MOUNTED),
          count.get(MountState.FAILED),
          count.get(MountState.QUARANTINED),
          count.get(MountState.STUCK),
          status.lingering().size(),
          count.get(MountState.HELD),
          bypasses.size(),
          status.mounts().count(MountWarning.NEWER_DIRECTORY));
    }
  }

  /**
   * An image that is no longer mounted in the root, but that open files, another mount namespace or
   * a mount in the former root directory still use.
   *
   * @param image the image file, or the path it had
   * @param device the block device
   * @param since when this was first seen
   * @param mountedOn where it is still mounted; null if nowhere in the daemon's mount namespace
   */
  public record Lingering(String image, String device, String since, String mountedOn) {
    private static Lingering of(LingeringImage image) {
      return new Lingering(
          image.image(), image.device(), image.since().toString(), image.mountedOn());
    }
  }

  /**
   * A process that uses so many images that its accesses mount nothing.
   *
   * @param pid the process id
   * @param comm its name
   * @param since when it was recognised
   * @param ignored its accesses since then
   */
  public record Walk(int pid, String comm, String since, long ignored) {
    private static Walk of(Scanner scanner) {
      return new Walk(scanner.pid(), scanner.comm(), scanner.since().toString(), scanner.ignored());
    }
  }

  /**
   * A mounted image whose original directory is still read.
   *
   * @param name the image
   * @param pid the process id of one of its readers
   * @param comm the name of that process
   * @param cause why that process does not read the image
   * @param since the first such access
   * @param lastSeen the newest such access
   * @param accesses the number of such accesses
   */
  public record Bypassed(
      String name,
      int pid,
      String comm,
      String cause,
      String since,
      String lastSeen,
      long accesses) {
    private static Bypassed of(Bypass bypass) {
      return new Bypassed(
          bypass.name(),
          bypass.pid(),
          bypass.comm(),
          bypass.cause().toString(),
          bypass.since().toString(),
          bypass.lastSeen().toString(),
          bypass.accesses());
    }
  }

  /**
   * Observe mode since the daemon started, as if every mount succeeded instantly.
   *
   * @param wouldMount images that would have been mounted
   * @param wouldServe accesses that these images would have served
   */
  public record Observed(long wouldMount, long wouldServe) {
    private static Observed of(Counters counters) {
      return new Observed(counters.wouldMount.sum(), counters.wouldServe.sum());
    }
  }

  /**
   * One image in use: {@link MountStatus}, with times and state as text.
   *
   * @param name the compiler's name
   * @param image the image file
   * @param target its mount point
   * @param state unmounted, mounting, mounted, failed, quarantined, held or stuck
   * @param since when it entered this state
   * @param lastAccess when it was last seen in use
   * @param mountMillis how long the mount took, milliseconds
   * @param trigger why it was mounted: a process, or the warm list
   * @param device the block device; 0:N for erofs mounted directly from the image file
   * @param generation which content of the image is mounted
   * @param reason why it is not mounted, and what happens next
   * @param retryAt an access before this time does not retry
   */
  public record Mount(
      String name,
      String image,
      String target,
      String state,
      String since,
      String lastAccess,
      Double mountMillis,
      String trigger,
      String device,
      String generation,
      String reason,
      String retryAt) {
    private static Mount of(MountStatus line) {
      return new Mount(
          line.name(),
          line.image(),
          line.target(),
          line.state().word(),
          text(line.since()),
          text(line.lastAccess()),
          line.mountMillis(),
          line.trigger(),
          line.device(),
          line.generation(),
          line.reason(),
          text(line.retryAt()));
    }

    private static String text(Instant time) {
      return time == null ? null : time.toString();
    }
  }

  /**
   * The status now.
   *
   * @param root the root directory
   * @param start when the daemon started
   */
  public static StatusReport of(DaemonStatus status, String root, Instant start) {
    Counters counters = status.counters();
    List<Bypass> bypasses = bypasses(status);
    return new StatusReport(
        status.state().word(),
        status.mode().toString(),
        Instant.now().getEpochSecond() - start.getEpochSecond(),
        root,
        Trace.of(status.trace(), counters.restarts.sum()),
        Events.of(counters),
        Images.of(status, bypasses),
        status.observes() ? Observed.of(counters) : null,
        status.catalogProblem(),
        status.storageProblem(),
        status.mounts().all().stream().map(Mount::of).toList(),
        status.lingering().stream().limit(LINGERING).map(Lingering::of).toList(),
        status.waitingFor(),
        status.scanners().stream().map(Walk::of).toList(),
        bypasses.stream().limit(BYPASSES).map(Bypassed::of).toList());
  }

  /** Those of images that are mounted still. */
  private static List<Bypass> bypasses(DaemonStatus status) {
    return status.bypasses().all(Instant.now()).stream()
        .filter(
            bypass -> status.mounts().get(bypass.name()).filter(MountStatus::mounted).isPresent())
        .toList();
  }
}
