package dev.lazymount.daemon;

import dev.lazymount.doctor.HostState;
import dev.lazymount.linux.Fd;
import dev.lazymount.linux.MountInfo;
import dev.lazymount.linux.Mounts;
import dev.lazymount.linux.SyscallException;
import dev.lazymount.linux.TimedCall;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps images from delaying the shutdown of a host whose file server does not respond.
 *
 * <p>systemd unmounts each image by its path, which is on the file server: the kernel asks the
 * server whether it still exists, and waits. systemd gives up after 90 s, and later tries again,
 * one image after the other. The mount point of the file server's own mount is on a local disk, so
 * that it can be detached without asking; that takes everything below with it.
 *
 * <p>That mount is not the daemon's. It is detached only if the host shuts down, the root does not
 * respond and images are mounted in it: systemd, which is about to unmount it, would fail.
 */
final class HungShutdown {
  private static final Logger LOG = LoggerFactory.getLogger(HungShutdown.class);

  /** How long systemd may take to say what it does: at a shutdown it has much to do. */
  private static final Duration ANSWER = Duration.ofSeconds(15);

  /** How long the storage may take to answer. */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  /** How long the detached images may take to go. */
  private static final Duration RELEASE = Duration.ofSeconds(1);

  /** How long it takes at most, less than TimeoutStopSec= of the unit. */
  static final Duration LONGEST = ANSWER.plus(PATIENCE).plus(RELEASE);

  /** The host, or a test. */
  interface Host {
    /** Whether it shuts down. Takes at most this time. */
    boolean shutsDown(Duration atMost) throws InterruptedException;

    /**
     * Asks the storage of a directory for its status. Blocks while the storage does not respond.
     */
    void ask(String directory) throws SyscallException;

    /** The mount table. */
    List<MountInfo> mounts() throws IOException;

    /**
     * Detaches what is mounted there. May block after that, until the process ends: the release of
     * an image closes its file, which is a request to the file server.
     */
    void detach(String mountPoint) throws SyscallException;
  }

  private final String root;
  private final Host host;

  HungShutdown(String root, Host host) {
    this.root = root;
    this.host = host;
  }

  /** For this host. */
  static HungShutdown of(Path root) {
    return new HungShutdown(root.toString(), new ThisHost());
  }

  /**
   * Detaches the root's mount if it would delay a shutdown. Blocks for {@link #LONGEST} at most.
   */
  void run() {
    try {
      if (!responds() && host.shutsDown(ANSWER)) {
        Optional<String> mountPoint = mountOfRoot(host.mounts());
        if (mountPoint.isPresent()) {
          detach(mountPoint.get());
        }
      }
    } catch (IOException | ExecutionException e) {
      LOG.warn("stopping: can't detach the images for the shutdown: {}", e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean responds() throws InterruptedException {
    try {
      return TimedCall.run(
          "ask-root",
          PATIENCE,
          () -> {
            host.ask(root);
            return true;
          });
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      // An error, such as ESTALE, is a response: systemd receives it too.
      return true;
    }
  }

  private void detach(String mountPoint) throws ExecutionException, InterruptedException {
    LOG.warn(
        "stopping: the host shuts down and the storage of {} does not respond; detaching {} with"
            + " all images",
        root,
        mountPoint);
    try {
      TimedCall.run(
          "detach-root",
          RELEASE,
          () -> {
            host.detach(mountPoint);
            return true;
          });
    } catch (TimeoutException e) {
      LOG.debug("{} is detached, and its images wait for the file server", mountPoint);
    }
  }

  /** Where the file system of the root is mounted; empty if nothing is mounted in the root. */
  private Optional<String> mountOfRoot(List<MountInfo> mounts) {
    String found = "/";
    boolean hasImages = false;
    for (MountInfo mount : mounts) {
      String target = mount.target();
      if (isBelow(target, root)) {
        hasImages = true;
      } else if ((target.equals(root) || isBelow(root, target))
          && target.length() > found.length()) {
        found = target;
      }
    }
    return hasImages && !found.equals("/") ? Optional.of(found) : Optional.empty();
  }

  private static boolean isBelow(String path, String directory) {
    return path.startsWith(directory) && path.startsWith("/", directory.length());
  }

  /** The kernel and systemd. */
  static class ThisHost implements Host {
    @Override
    public boolean shutsDown(Duration atMost) throws InterruptedException {
      return HostState.shutsDown(atMost);
    }

    @Override
    public void ask(String directory) throws SyscallException {
      try (Fd fd = Fd.openPath(directory)) {
        fd.freshStatus();
      }
    }

    @Override
    public List<MountInfo> mounts() throws IOException {
      return MountInfo.read();
    }

    @Override
    public void detach(String mountPoint) throws SyscallException {
      Mounts.detach(mountPoint);
    }
  }
}
