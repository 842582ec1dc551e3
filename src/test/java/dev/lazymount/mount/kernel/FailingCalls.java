package dev.lazymount.mount.kernel;

import dev.lazymount.kernel.Await;
import dev.lazymount.kernel.Kernel;
import dev.lazymount.kernel.Site;
import dev.lazymount.linux.Errno;
import dev.lazymount.linux.FileStatus;
import dev.lazymount.linux.LoopDevice;
import dev.lazymount.linux.MountInfo;
import dev.lazymount.mount.MountFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Lets each native call of an operation fail with each errno that it can have, then each call and
 * all that follow it, then kills the process right after each call; and checks after each what is
 * left. A program of its own, because it replaces the C library of its JVM; {@link FailingCallsIT}
 * runs it.
 */
final class FailingCalls {
  private static final int KILLED = 9;
  private static final int COPY_MILLIS = 5000;

  /**
   * A copy may wait for a thread of the JVM that it does not have. It is killed then, which is a
   * moment as good as any.
   */
  private static final int MOST_LATE = 3;

  /** So many are enough to find the cause. */
  private static final int MOST_PROBLEMS = 5;

  private final FailingOperation operation;
  private final Site site;
  private final List<String> problems = new ArrayList<>();
  private int failures;
  private int killed;
  private int late;

  private FailingCalls(FailingOperation.Kind kind, Site site) throws IOException {
    this.site = site;
    this.operation = FailingOperation.of(kind, site);
  }

  /**
   * The name of an operation, {@code fail} or {@code kill}, and N: of N calls in a row the first
   * one fails or is the last. Prints each problem when it finds it, and at the end what it did.
   */
  public static void main(String[] args) throws Exception {
    FailingOperation.Kind kind = FailingOperation.Kind.valueOf(args[0]);
    try (Site site = Site.create()) {
      FailingCalls calls = new FailingCalls(kind, site);
      int number = calls.sweep(args[1].equals("kill"), Integer.parseInt(args[2]));
      System.out.printf(
          "%s: %d calls, %d failures, %d kills, %d problems%n",
          kind, number, calls.failures, calls.killed, calls.problems.size());
    }
  }

  private int sweep(boolean kills, int every) throws Exception {
    // The first ones load what the first use loads. A loop device that another process takes at the
    // same moment costs a few calls more.
    List<String> calls =
        Stream.of(count(), count(), count(), count())
            .min(Comparator.comparing(List::size))
            .orElseThrow();
    for (int n = 1; n <= calls.size() && !kills && goesOn(); n += every) {
      String call = calls.get(n - 1);
      for (int errno : FailingLibrary.errnos(call)) {
        if (goesOn()) {
          fail(FailingLibrary.Mode.FAIL_ONCE, n, errno, call);
        }
      }
      fail(FailingLibrary.Mode.FAIL_FROM, n, Errno.EIO, call);
    }
    for (int n = 1; n <= calls.size() && kills && goesOn(); n += every) {
      kill(n, calls.get(n - 1));
    }
    return calls.size();
  }

  /** What always goes wrong would be waited for again and again. */
  private boolean goesOn() {
    return problems.size() < MOST_PROBLEMS;
  }

  private List<String> count() throws Exception {
    operation.prepare();
    FailingLibrary.arm(FailingLibrary.Mode.COUNT, 0, 0);
    operation.act();
    long number = FailingLibrary.disarm();
    List<String> calls = new ArrayList<>();
    for (long n = 1; n <= number; n++) {
      calls.add(FailingLibrary.name(n));
    }
    check("without a failure", operation.wrong());
    operation.reset();
    return calls;
  }

  private void fail(FailingLibrary.Mode mode, int n, int errno, String call) throws Exception {
    String where = mode + " " + n + " " + call + " " + Errno.name(errno);
    failures++;
    operation.prepare();
    String before = operation.state();
    List<String> files = Kernel.openFiles();
    FailingLibrary.arm(mode, n, errno);
    Throwable thrown = null;
    try {
      operation.act();
    } catch (Exception | AssertionError e) {
      thrown = e;
    }
    FailingLibrary.disarm();
    if (thrown == null) {
      // A file that vanishes is no failure: a mounted image whose file is gone is the newest. A
      // kernel without statmount(2) can't see two mounts.
      boolean excused = errno == Errno.ENOENT || errno == Errno.ENOSYS;
      check(where, excused ? "" : operation.wrong());
    } else if (thrown instanceof MountFailure failure) {
      if (!operation.mayHaveChanged(failure.kind()) && !operation.state().equals(before)) {
        check(where, failure.kind() + " but " + before + " became " + operation.state());
      }
    } else if (thrown instanceof RuntimeException
        || (thrown instanceof FailingOperation.Vanished && errno != Errno.ENOENT)) {
      check(where, "threw " + thrown);
    }
    List<String> leaked = new ArrayList<>();
    try {
      // The JVM opens files too, for a moment.
      Await.until(
          "closed",
          () -> {
            leaked.clear();
            leaked.addAll(Kernel.openFiles());
            return leaked.removeAll(files) && leaked.isEmpty();
          });
    } catch (AssertionError e) {
      check(where, "open files: " + leaked);
    }
    // Of this run, which may differ.
    if (FailingLibrary.name(n).equals("unlinkat") || mode == FailingLibrary.Mode.FAIL_FROM) {
      operation.restart();
    }
    checkLockDirectory(where);
    settle(where);
  }

  private void kill(int n, String call) throws Exception {
    String where = "KILL_AFTER " + n + " " + call;
    operation.prepare();
    int status =
        FailingLibrary.fork(
            () -> {
              FailingLibrary.arm(FailingLibrary.Mode.KILL_AFTER, n, 0);
              try {
                operation.act();
              } catch (Exception | AssertionError e) {
                // It was not killed, which its status shows.
              }
            },
            COPY_MILLIS);
    // 0: it made fewer calls than the one that was counted, for another process was not in the way.
    check(where, status == KILLED || status <= 0 ? "" : "the copy ended with " + status);
    if (status == KILLED) {
      killed++;
    } else if (status < 0 && ++late > MOST_LATE) {
      check(where, "copies that did not get there in time: " + late);
    }
    if (killed % 2 == 0) {
      // Else it was another process, such as the command line, that was killed.
      operation.restart();
      checkLockDirectory(where);
    }
    settle(where);
  }

  /** What has to be true whatever happened, and that the next attempt succeeds. */
  private void settle(String where) throws Exception {
    checkAlways(where, operation.most());
    try {
      operation.again();
      check(where + ", next attempt", operation.wrong());
      checkAlways(where + ", next attempt", 1);
    } catch (Exception | AssertionError e) {
      check(where + ", next attempt", e.toString());
    }
    operation.reset();
  }

  private void checkAlways(String where, int most) {
    try {
      String version = site.versionHere(operation.name);
      check(where, operation.readable().contains(version) ? "" : "read " + version);
    } catch (IOException e) {
      check(where, "the directory can't be read: " + e);
    }
    long mounts = site.mountsOn(operation.name);
    check(where, mounts <= most ? "" : mounts + " mounts on it");
    try {
      Await.until("free", () -> unmountedLoops().isEmpty());
    } catch (AssertionError e) {
      check(where, "loop devices without a mount: " + unmountedLoops());
    }
  }

  private Collection<?> unmountedLoops() {
    Set<Integer> loops = new HashSet<>(Kernel.loopsBelow(site.folder()).keySet());
    loops.removeAll(
        Kernel.mountsBelow(site.folder()).stream()
            .map(MountInfo::device)
            .filter(device -> FileStatus.major(device) == LoopDevice.MAJOR)
            .map(FileStatus::minor)
            .collect(Collectors.toSet()));
    // The slow way looks into the mount namespaces that other tests may have made meanwhile.
    return loops.isEmpty() ? loops : Kernel.leakedLoopsBelow(site.folder());
  }

  private void checkLockDirectory(String where) throws IOException {
    try (Stream<Path> files = Files.list(site.lockDir())) {
      List<String> left =
          files
              .map(Path::getFileName)
              .map(Path::toString)
              .filter(f -> !f.endsWith(".lock"))
              .toList();
      check(where, left.isEmpty() ? "" : "in the lock directory: " + left);
    }
  }

  private void check(String where, String problem) {
    if (!problem.isEmpty()) {
      problems.add(where + ": " + problem);
      System.out.println("PROBLEM " + where + ": " + problem);
    }
  }
}
