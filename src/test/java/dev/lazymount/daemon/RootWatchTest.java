package dev.lazymount.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lazymount.linux.DirectoryId;
import dev.lazymount.linux.Errno;
import dev.lazymount.linux.SyscallException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the watch reports, and when it looks. */
final class RootWatchTest {
  private static final DirectoryId IMAGES = new DirectoryId(1, 20, 5);

  private final Map<String, Object> kernel = new HashMap<>(Map.of("/images", IMAGES));
  private final Deque<Boolean> changes = new ArrayDeque<>();
  private final List<Duration> waits = new ArrayList<>();
  private final List<RootWatch.Sight> reports = new ArrayList<>();
  private int looks;

  private final RootWatch watch =
      new RootWatch(
          "/ce",
          "/images",
          new RootWatch.Source() {
            @Override
            public boolean await(Duration atMost) {
              waits.add(atMost);
              return !changes.isEmpty() && changes.pop();
            }

            @Override
            public DirectoryId look(String path) throws SyscallException {
              looks++;
              Object found = kernel.getOrDefault(path, Errno.ENOENT);
              if (found instanceof Integer errno) {
                throw new SyscallException("open " + path, errno);
              }
              return (DirectoryId) found;
            }
          },
          reports::add);

  private static DirectoryId root(long inode, long mount) {
    return new DirectoryId(1, inode, mount);
  }

  private RootWatch.Sight last() {
    return reports.get(reports.size() - 1);
  }

  private List<String> waitingFor() {
    return last().waitingFor("/ce", "/images");
  }

  @Test
  void firstLookIsReported() {
    kernel.put("/ce", root(10, 5));
    watch.look();
    assertEquals(1, reports.size());
    assertEquals(root(10, 5), last().root().id());
    assertEquals(List.of(), waitingFor());
  }

  @Test
  void changesElsewhereAreNotReported() throws Exception {
    kernel.put("/ce", root(10, 5));
    watch.look();
    changes.add(true);
    watch.waitAndLook();
    assertEquals(4, looks, "it looked");
    assertEquals(1, reports.size());
  }

  @Test
  void bindMountOnTheRootIsReported() throws Exception {
    kernel.put("/ce", root(10, 5));
    watch.look();
    RootWatch.Place before = last().root();
    kernel.put("/ce", root(99, 6));
    changes.add(true);
    watch.waitAndLook();
    assertEquals(2, reports.size());
    assertEquals(false, before.isSameDirectory(last().root()));
  }

  @Test
  void bindMountOfTheSameDirectoryIsReportedAsTheSame() throws Exception {
    kernel.put("/ce", root(10, 5));
    watch.look();
    RootWatch.Place before = last().root();
    kernel.put("/ce", root(10, 6));
    watch.waitAndLook();
    assertEquals(2, reports.size());
    assertEquals(true, before.isSameDirectory(last().root()));
  }

  @Test
  void missingRootIsLookedForAndReportedEachSecond() throws Exception {
    watch.look();
    watch.waitAndLook();
    watch.waitAndLook();
    assertEquals(List.of(RootWatch.MISSING, RootWatch.MISSING), waits);
    assertEquals(3, reports.size(), "as a sign of life");
    assertEquals(List.of("root /ce, which does not exist"), waitingFor());
    kernel.put("/ce", root(10, 5));
    watch.waitAndLook();
    assertEquals(List.of(), waitingFor());
  }

  @Test
  void missingImagesAreLookedForEachSecond() throws Exception {
    kernel.put("/ce", root(10, 5));
    kernel.remove("/images");
    watch.look();
    watch.waitAndLook();
    assertEquals(List.of(RootWatch.MISSING), waits);
    assertEquals(1, reports.size());
    assertEquals(List.of("images /images, which does not exist"), waitingFor());
    kernel.put("/images", IMAGES);
    watch.waitAndLook();
    assertEquals(List.of(), waitingFor());
    watch.waitAndLook();
    assertEquals(RootWatch.PRESENT, waits.get(2));
  }

  @Test
  void fileInPlaceOfTheRootIsAwaited() {
    kernel.put("/ce", Errno.ENOTDIR);
    watch.look();
    assertEquals(List.of("root /ce, which is not a directory"), waitingFor());
  }

  @Test
  void oneLookFollowsABurstOfChanges() throws Exception {
    kernel.put("/ce", root(10, 5));
    watch.look();
    changes.addAll(List.of(true, true, true, false, true));
    watch.waitAndLook();
    assertEquals(
        List.of(RootWatch.PRESENT, RootWatch.QUIET, RootWatch.QUIET, RootWatch.QUIET), waits);
    assertEquals(4, looks);
  }

  @Test
  void endlessChangesDoNotDelayALook() throws Exception {
    kernel.put("/ce", root(10, 5));
    watch.look();
    for (int i = 0; i < 100; i++) {
      changes.add(true);
    }
    watch.waitAndLook();
    assertEquals(4, looks);
    assertEquals(90, changes.size());
  }

  @Test
  void failingFileServerIsNoChange() throws Exception {
    kernel.put("/ce", root(10, 5));
    watch.look();
    kernel.put("/ce", Errno.EIO);
    changes.add(true);
    watch.waitAndLook();
    assertEquals(1, reports.size());
    kernel.put("/ce", root(99, 6));
    watch.waitAndLook();
    assertEquals(2, reports.size());
  }

  @Test
  void rootThatFailsAtTheStartIsAwaited() {
    kernel.put("/ce", Errno.EIO);
    watch.look();
    assertEquals(
        List.of("root /ce, which is not accessible: open /ce: EIO (Input/output error)"),
        waitingFor());
  }
}
