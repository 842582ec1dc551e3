package dev.lazymount.status;

import java.util.concurrent.atomic.LongAdder;

/** Counters since the start of the daemon. Thread-safe, without locks. */
public final class Counters {
  /** Accesses that the trace reported. */
  public final LongAdder seen = new LongAdder();

  /** Lost events, as bpftrace reports them. */
  public final LongAdder lost = new LongAdder();

  /** Accesses under the root that match no image. */
  public final LongAdder unknown = new LongAdder();

  /** Processes that walked the tree. */
  public final LongAdder scanners = new LongAdder();

  /** Accesses of {@link #scanners}, which mount nothing. */
  public final LongAdder scannerAccesses = new LongAdder();

  /** Accesses to the original directories of mounted images. */
  public final LongAdder bypasses = new LongAdder();

  /** Lines of the trace that could not be parsed. */
  public final LongAdder unparsed = new LongAdder();

  /** Restarts of the trace, after it ended or went silent. */
  public final LongAdder restarts = new LongAdder();

  /** Mounts made by this daemon. */
  public final LongAdder mounts = new LongAdder();

  /** Of {@link #mounts}: made for the warm list, before any access. */
  public final LongAdder warmed = new LongAdder();

  /** Existing mounts of an image of ours, adopted instead of mounted again. */
  public final LongAdder adopted = new LongAdder();

  /** In observe mode: images that would have been mounted at their first access. */
  public final LongAdder wouldMount = new LongAdder();

  /** In observe mode: later accesses, which these images would have served. */
  public final LongAdder wouldServe = new LongAdder();

  /** Failed attempts to mount. */
  public final LongAdder failures = new LongAdder();

  /** Of {@link #failures}: the image was bad and is quarantined. */
  public final LongAdder quarantines = new LongAdder();

  /** Of {@link #failures}: an access after the back-off retries. */
  public final LongAdder backedOff = new LongAdder();

  /** Mounts that took longer than mount.timeout, whether they then succeeded or failed. */
  public final LongAdder timeouts = new LongAdder();

  /** Accesses to an image that was not mounted, served by the original directory. */
  public final LongAdder servedByOriginal = new LongAdder();

  /** Mounted images of which files were read ahead. */
  public final LongAdder readAheadImages = new LongAdder();

  /** Bytes that were read ahead. */
  public final LongAdder readAheadBytes = new LongAdder();

  /** Of {@link #readAheadImages}: stopped early, to give way or because the image was unmounted. */
  public final LongAdder readAheadStopped = new LongAdder();

  /** Times that the used files of an image were listed. */
  public final LongAdder learned = new LongAdder();

  /** Duration of the mounts made by this daemon. */
  public final Histogram mountSeconds = new Histogram();

  /** Time from reading an access from the trace to the mount it caused. */
  public final Histogram accessToMountSeconds = new Histogram();
}
