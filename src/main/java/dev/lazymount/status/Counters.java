package dev.lazymount.status;

import java.util.concurrent.atomic.LongAdder;

/** What was counted since the start. Written by the actors, read by anybody; never locks. */
public final class Counters {
  /** Accesses that came out of the trace. */
  public final LongAdder seen = new LongAdder();

  /** Events that bpftrace says it lost. */
  public final LongAdder lost = new LongAdder();

  /** Accesses under the root that lead to no image. */
  public final LongAdder unknown = new LongAdder();

  /** Lines from the trace that are no event, no tick and no report of a loss. */
  public final LongAdder unparsed = new LongAdder();

  /** Times the trace ended or fell silent and was started again. */
  public final LongAdder restarts = new LongAdder();

  /** Mounts made by this daemon. */
  public final LongAdder mounts = new LongAdder();

  /** Those of them that were made ahead of an access, for the warm list. */
  public final LongAdder warmed = new LongAdder();

  /** Mounts found in place, and taken for our own because our image is behind them. */
  public final LongAdder adopted = new LongAdder();

  /** In observe mode: images at their first access, each of which would have been mounted. */
  public final LongAdder wouldMount = new LongAdder();

  /** In observe mode: accesses after the first of their image, which it would have served. */
  public final LongAdder wouldServe = new LongAdder();

  /** Attempts to mount that failed. */
  public final LongAdder failures = new LongAdder();

  /** Those of them that found a bad image. */
  public final LongAdder quarantines = new LongAdder();

  /** Those of them that are tried again at an access after a back-off. */
  public final LongAdder backedOff = new LongAdder();

  /** Mounts that took longer than mount.timeout, whatever became of them then. */
  public final LongAdder timeouts = new LongAdder();

  /** Accesses to an image that was not mounted: the original served them. */
  public final LongAdder servedByOriginal = new LongAdder();

  /** How long this daemon's mounts took. */
  public final Histogram mountSeconds = new Histogram();

  /** From an access, as it was read from the trace, to the mount that it led to. */
  public final Histogram accessToMountSeconds = new Histogram();
}
