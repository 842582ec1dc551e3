package dev.lazymount.status;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * The shape of {@code lazymount status --json}, which tools rely on: fields are added, never
 * renamed. A field that has no value is null.
 *
 * @param state starting, ready, degraded or stopping
 * @param mode mount or observe
 * @param uptimeSeconds since the start
 * @param root the root
 * @param trace the trace
 * @param events counted since the start
 * @param images counted now
 * @param observed what would have been mounted; null unless the mode is observe
 * @param catalogProblem what was wrong with the newest scan
 * @param storageProblem set while the image storage does not answer
 * @param mounts the images in use, by name
 * @param lingering images that were detached and are still held by somebody; at most 100 of them
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
    List<Lingering> lingering) {

  /** As many are listed; all are counted. */
  private static final int LINGERING = 100;

  /**
   * The trace.
   *
   * @param program path or resolved
   * @param pid of bpftrace
   * @param restarts since the start
   * @param canaryMillis round trip of the newest canary, milliseconds
   * @param problem what is wrong
   * @param note why it is this program, if another was asked for
   */
  public record Trace(
      String program, Long pid, long restarts, Double canaryMillis, String problem, String note) {}

  /**
   * Events since the start.
   *
   * @param seen accesses that came out of the trace
   * @param lost events lost by bpftrace
   * @param unknown accesses that lead to no image
   * @param unparsed lines from the trace that nobody understands
   */
  public record Events(long seen, long lost, long unknown, long unparsed) {}

  /**
   * Images by state.
   *
   * @param known in the catalog
   * @param mounted mounted
   * @param failed waiting for a back-off
   * @param quarantined bad until the file changes
   * @param stuck waiting for the storage
   * @param lingering detached, and still held by somebody
   */
  public record Images(
      int known, int mounted, int failed, int quarantined, int stuck, int lingering) {}

  /**
   * An image that is mounted nowhere any more, and held by open files or another mount namespace.
   *
   * @param image the image file, or the path it had
   * @param device the block device
   * @param since ISO 8601, when that was first seen
   */
  public record Lingering(String image, String device, String since) {}

  /**
   * What observe mode has seen since the start, as if every mount had worked and at once.
   *
   * @param wouldMount images that were used, and would have been mounted
   * @param wouldServe accesses after the first of their image, which it would have served
   */
  public record Observed(long wouldMount, long wouldServe) {}

  /**
   * One image in use.
   *
   * @param name the compiler's name
   * @param image the image file
   * @param target where it is or would be mounted
   * @param state unmounted, mounting, mounted, failed, quarantined or stuck
   * @param since ISO 8601, when it came into this state
   * @param lastAccess ISO 8601, when it was last seen in use
   * @param mountMillis how long the mount took, milliseconds
   * @param trigger what it was mounted for: a process, or the warm list
   * @param device the block device; 0:N for an erofs that reads its image without one
   * @param generation which content of the image is mounted
   * @param reason why it is not mounted and what happens next
   * @param retryAt ISO 8601, before when an access does not try again
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
      String retryAt) {}

  /** What {@code status} says now. */
  public static StatusReport of(DaemonStatus status, String root, Instant start) {
    TraceStatus trace = status.trace();
    var counters = status.counters();
    Map<MountState, Integer> count = status.mounts().count();
    return new StatusReport(
        status.state().word(),
        status.mode().toString(),
        Instant.now().getEpochSecond() - start.getEpochSecond(),
        root,
        new Trace(
            trace.program().toString(),
            trace.pid(),
            counters.restarts.sum(),
            trace.canaryMillis(),
            trace.problem(),
            trace.note()),
        new Events(
            counters.seen.sum(),
            counters.lost.sum(),
            counters.unknown.sum(),
            counters.unparsed.sum()),
        new Images(
            status.imagesKnown(),
            count.get(MountState.MOUNTED),
            count.get(MountState.FAILED),
            count.get(MountState.QUARANTINED),
            count.get(MountState.STUCK),
            status.lingering().size()),
        status.observes()
            ? new Observed(counters.wouldMount.sum(), counters.wouldServe.sum())
            : null,
        status.catalogProblem(),
        status.storageProblem(),
        status.mounts().all().stream().map(StatusReport::mount).toList(),
        status.lingering().stream().limit(LINGERING).map(StatusReport::lingering).toList());
  }

  private static Lingering lingering(LingeringImage image) {
    return new Lingering(image.image(), image.device(), image.since().toString());
  }

  private static Mount mount(MountStatus line) {
    return new Mount(
        line.name(),
        line.image(),
        line.target(),
        line.state().word(),
        line.since().toString(),
        line.lastAccess() == null ? null : line.lastAccess().toString(),
        line.mountMillis(),
        line.trigger(),
        line.device(),
        line.generation(),
        line.reason(),
        line.retryAt() == null ? null : line.retryAt().toString());
  }
}
