package dev.lazymount.batch;

import dev.lazymount.mount.MountResult;

/**
 * How far a batch has come. Goes over the control socket as it is, so fields are added and never
 * renamed.
 *
 * @param total how many images it is about; 0 while that is not known yet
 * @param done how many are as asked for now and were not before
 * @param already how many were as asked for before
 * @param busy how many stay mounted because they are in use
 * @param failed how many are not as asked for
 * @param underWay how many are begun and not over
 * @param last the one that is over since the last time; null if it is only told that we wait
 */
public record Progress(
    int total, int done, int already, int busy, int failed, int underWay, MountResult last) {

  /** Nothing is known yet. */
  static final Progress NONE = new Progress(0, 0, 0, 0, 0, 0, null);

  /** How many are over. */
  public int over() {
    return done + already + busy + failed;
  }

  /** How many were not begun. */
  public int left() {
    return total - over() - underWay;
  }

  Progress of(int images) {
    return new Progress(images, done, already, busy, failed, underWay, null);
  }

  /** One more is begun; what was last stays so. */
  Progress begun() {
    return new Progress(total, done, already, busy, failed, underWay + 1, last);
  }

  /** One is not under way any more, but will be again. */
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
