package dev.lazymount.batch;

import dev.lazymount.mount.MountResult;

/**
 * Progress of a batch. Sent over the control socket as it is, so fields are added and never
 * renamed.
 *
 * @param total number of images; 0 while that is not known yet
 * @param done number of images mounted or unmounted by this batch
 * @param already number of images that needed no change
 * @param busy number of images that stay mounted because they are in use
 * @param failed number of images that could not be mounted or unmounted
 * @param underWay number of images started and not finished
 * @param last the image finished since the last report; null in a report that is only a sign of
 *     life
 */
public record Progress(
    int total, int done, int already, int busy, int failed, int underWay, MountResult last) {

  /** Before anything is known. */
  static final Progress NONE = new Progress(0, 0, 0, 0, 0, 0, null);

  /** Number of images finished. */
  public int over() {
    return done + already + busy + failed;
  }

  /** Number of images not started. */
  public int left() {
    return total - over() - underWay;
  }

  Progress of(int images) {
    return new Progress(images, done, already, busy, failed, underWay, null);
  }

  /** One more is started. */
  Progress begun() {
    return new Progress(total, done, already, busy, failed, underWay + 1, last);
  }

  /** One is put back, to be started again later. */
  Progress putAside() {
    return new Progress(total, done, already, busy, failed, underWay - 1, null);
  }

  Progress waiting() {
    return new Progress(total, done, already, busy, failed, underWay, null);
  }

  Progress over(MountResult settled) {
    MountResult.Outcome outcome = settled.outcome();
    return new Progress(
        total,
        done + one(outcome, MountResult.Outcome.DONE),
        already + one(outcome, MountResult.Outcome.ALREADY),
        busy + one(outcome, MountResult.Outcome.BUSY) + one(outcome, MountResult.Outcome.MARKED),
        failed + one(outcome, MountResult.Outcome.FAILED),
        underWay - 1,
        settled);
  }

  private static int one(MountResult.Outcome outcome, MountResult.Outcome wanted) {
    return outcome == wanted ? 1 : 0;
  }
}
