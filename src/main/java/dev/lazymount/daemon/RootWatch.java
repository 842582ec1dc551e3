package dev.lazymount.daemon;

import dev.lazymount.linux.DirectoryId;
import dev.lazymount.linux.Errno;
import dev.lazymount.linux.MountEvents;
import dev.lazymount.linux.SyscallException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches which directories the paths of root and images lead to, and reports when one of them
 * appears, disappears, or becomes another one because something is mounted, unmounted or renamed.
 *
 * <p>The kernel reports each change of the mount table, so a bind mount is noticed at once. A
 * rename is not reported, and neither is a directory that is created; these are noticed by looking
 * at intervals. All of it happens on a thread of its own: a look asks a file server for nothing but
 * the path, but that too may hang.
 */
final class RootWatch {
  private static final Logger LOG = LoggerFactory.getLogger(RootWatch.class);

  /** After a change of the mount table, one look when there was none for this long. */
  static final Duration QUIET = Duration.ofMillis(50);

  /** So many changes in a row, as when a thousand images are mounted, do not delay a look. */
  private static final int MOST_CHANGES = 10;

  /** The time between two looks while a directory is missing. */
  static final Duration MISSING = Duration.ofSeconds(1);

  /** The time between two looks otherwise. A canary opens the root as often. */
  static final Duration PRESENT = Duration.ofSeconds(5);

  /** The kernel, or a test. */
  interface Source {
    /**
     * Waits for a change of the mount table.
     *
     * @return whether there was one
     */
    boolean await(Duration atMost) throws InterruptedException;

    /** The directory at a path; ENOENT if there is none. */
    DirectoryId look(String path) throws SyscallException;
  }

  /**
   * What a path leads to.
   *
   * @param id the directory; null if there is none
   * @param problem why there is none; null if there is one
   */
  record Place(DirectoryId id, String problem) {
    boolean isMissing() {
      return id == null;
    }

    /** Whether both are the same directory, through whatever mounts. */
    boolean isSameDirectory(Place other) {
      return !isMissing() && !other.isMissing() && id.isSameDirectory(other.id);
    }
  }

  /** What the paths of root and images lead to. */
  record Sight(Place root, Place images) {
    /** What is awaited: a line for each missing directory. */
    List<String> waitingFor(String rootPath, String imagesPath) {
      List<String> missing = new ArrayList<>();
      if (root.isMissing()) {
        missing.add("root " + rootPath + ", which " + root.problem());
      }
      if (images.isMissing()) {
        missing.add("images " + imagesPath + ", which " + images.problem());
      }
      return missing;
    }
  }

  private final String root;
  private final String images;
  private final Source source;
  private final Consumer<Sight> listener;
  private Sight newest;

  /**
   * A watch that has not looked yet.
   *
   * @param root absolute path
   * @param images absolute path
   * @param source the kernel
   * @param listener receives the first sight and each other one; and, while the root is missing,
   *     every sight, as a sign of life
   */
  RootWatch(String root, String images, Source source, Consumer<Sight> listener) {
    this.root = root;
    this.images = images;
    this.source = source;
    this.listener = listener;
  }

  /** Watches these directories on a thread of its own, until the process ends. */
  static void start(String root, String images, Consumer<Sight> listener) {
    Thread thread =
        new Thread(() -> new RootWatch(root, images, new Kernel(), listener).run(), "root-watch");
    thread.setDaemon(true);
    thread.start();
  }

  private void run() {
    try {
      look();
      while (true) {
        waitAndLook();
      }
    } catch (InterruptedException e) {
      LOG.debug("root: the watch was interrupted");
    }
  }

  /** Waits for the next look, and makes it. */
  void waitAndLook() throws InterruptedException {
    boolean missing = newest.root().isMissing() || newest.images().isMissing();
    if (source.await(missing ? MISSING : PRESENT)) {
      // Mounts come in bursts, and one that replaces another is an unmount first.
      for (int changes = 1; changes < MOST_CHANGES && source.await(QUIET); changes++) {}
    }
    look();
  }

  /** Looks, and reports what is new. */
  void look() {
    Sight now =
        new Sight(
            place(root, newest == null ? null : newest.root()),
            place(images, newest == null ? null : newest.images()));
    boolean report = now.root().isMissing() || !Objects.equals(now, newest);
    newest = now;
    if (report) {
      listener.accept(now);
    }
  }

  private Place place(String path, Place before) {
    try {
      return new Place(source.look(path), null);
    } catch (SyscallException e) {
      if (e.is(Errno.ENOENT)) {
        return new Place(null, "does not exist");
      }
      if (e.is(Errno.ENOTDIR)) {
        return new Place(null, "is not a directory");
      }
      // Such as EIO of a file server that is down, which says nothing about the mounts.
      return before == null || before.isMissing()
          ? new Place(null, "is not accessible: " + e.getMessage())
          : before;
    }
  }

  /** The real source, for one thread. Where the mount table can't be polled, it only waits. */
  private static final class Kernel implements Source {
    private MountEvents events;

    Kernel() {
      try {
        // Before the first look, so that no change after it is missed.
        events = MountEvents.open();
      } catch (SyscallException e) {
        giveUp(e);
      }
    }

    private void giveUp(SyscallException e) {
      events = null;
      LOG.warn("root: can't watch the mount table, looking once a second: {}", e.getMessage());
    }

    @Override
    public boolean await(Duration atMost) throws InterruptedException {
      if (events != null) {
        try {
          return events.await(atMost);
        } catch (SyscallException e) {
          giveUp(e);
        }
      }
      Thread.sleep(Math.min(atMost.toMillis(), MISSING.toMillis()));
      return false;
    }

    @Override
    public DirectoryId look(String path) throws SyscallException {
      return DirectoryId.of(path);
    }
  }
}
