package dev.lazymount.readahead;

import dev.lazymount.linux.Fd;
import dev.lazymount.linux.SyscallException;
import dev.lazymount.status.MountStatus;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * Lists the used files of an image: some time after its first use, again after ten and a hundred
 * times as long, and at most {@link #LOOKS} times for one generation of an image, over all its
 * mounts. The first use may have been a {@code --version}; a later list has what was found before,
 * too. Used by one thread.
 */
final class Learner {
  static final int LOOKS = 4;

  /** Of one mount. */
  private static final int MOUNT_LOOKS = 3;

  /** When to look next at a mount. */
  private record Plan(String device, long used, int done) {
    /** The time since the first use: once, ten and a hundred times the setting. */
    private long due(long after) {
      return after * Math.round(Math.pow(10, done));
    }
  }

  private final ReadAhead.Env env;
  private final long after;
  private Map<String, Plan> plans = new HashMap<>();

  Learner(ReadAhead.Env env) {
    this.env = env;
    this.after = env.settings().learnAfter().toNanos();
  }

  /**
   * Lists the files of one image that is due, if there is one.
   *
   * @param stop whether there is something else to do
   */
  void look(BooleanSupplier stop) {
    long now = env.nanoTime().getAsLong();
    Map<String, Plan> next = new HashMap<>();
    MountStatus due = null;
    for (MountStatus row : env.status().mounts().all()) {
      if (row.mounted() && row.lastAccess() != null && row.generation() != null) {
        Plan plan = plans.get(row.name());
        if (plan == null || !plan.device().equals(row.device())) {
          plan = new Plan(row.device(), now, 0);
        }
        if (due == null && plan.done() < MOUNT_LOOKS && now - plan.used() >= plan.due(after)) {
          due = row;
        }
        next.put(row.name(), plan);
      }
    }
    plans = next;
    if (due != null && learn(due, stop)) {
      plans.computeIfPresent(
          due.name(), (name, plan) -> new Plan(plan.device(), plan.used(), plan.done() + 1));
    }
  }

  /** Returns false if it was stopped, and is to be repeated. */
  private boolean learn(MountStatus row, BooleanSupplier stop) {
    if (!FileList.isGeneration(row.generation())) {
      return true;
    }
    Optional<FileList> before =
        env.store().read(row.name()).filter(l -> l.generation().equals(row.generation()));
    int looks = before.map(FileList::looks).orElse(0);
    if (looks >= LOOKS) {
      return true;
    }
    try (Fd top = MountedTree.open(env.root(), row.name(), row.device())) {
      Optional<List<FileList.Used>> found = UsedFiles.find(top, stop);
      if (found.isEmpty()) {
        return false;
      }
      FileList now = FileList.of(row.name(), row.generation(), looks + 1, found.get());
      FileList all = before.map(now::and).orElse(now);
      if (!all.files().isEmpty()) {
        env.store().write(all);
        env.status().counters().learned.increment();
        env.log()
            .info(
                "{}: listed {} used files, at most {} MB, to read after its next mount",
                row.name(),
                all.files().size(),
                String.format(Locale.ROOT, "%.1f", all.bytes() / 1e6));
      }
    } catch (SyscallException e) {
      env.log().debug("{}: used files not listed: {}", row.name(), e.getMessage());
    } catch (IOException e) {
      env.log().warn("{}: used files not listed: {}", row.name(), e.toString());
    }
    return true;
  }
}
