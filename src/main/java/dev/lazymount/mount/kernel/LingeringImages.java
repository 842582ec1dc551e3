package dev.lazymount.mount.kernel;

import dev.lazymount.linux.Fd;
import dev.lazymount.linux.FileStatus;
import dev.lazymount.linux.LoopDevice;
import dev.lazymount.linux.MountInfo;
import dev.lazymount.linux.SyscallException;
import dev.lazymount.status.DaemonStatus;
import dev.lazymount.status.LingeringImage;
import dev.lazymount.status.MountState;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Finds images that are detached but busy: the backing file of a loop device is in the image
 * directory, and the device is not mounted in our mount namespace. A mount in progress looks the
 * same for a moment, so only images found by two scans in a row count, and none that is mounting.
 * An image that this daemon has unmounted counts at once ({@link #after}).
 *
 * <p>Used by one thread at a time. An erofs image without a loop device is not found.
 */
final class LingeringImages {
  /** How often an unmounted image is looked at again. */
  static final int LOOKS = 10;

  private static final Duration PAUSE = Duration.ofMillis(20);

  private final DaemonStatus status;
  private final String images;
  private Map<LingeringImage, Instant> before = new HashMap<>();

  /**
   * For one image directory.
   *
   * @param status shows what is mounting, and what lingers already
   * @param images the image directory
   */
  LingeringImages(DaemonStatus status, String images) {
    this.status = status;
    this.images = images;
  }

  /**
   * The image of a device that was unmounted just now, if it is still in use. Blocks for {@link
   * #LOOKS} times {@link #PAUSE} if it is: udev opens a device for some milliseconds when its use
   * has changed, which is no use of the image.
   *
   * @param device such as {@code /dev/loop3}; for any other the result is empty
   */
  static Optional<LingeringImage> after(String device) {
    return after(device, LingeringImages::pause);
  }

  /**
   * The same.
   *
   * @param pause waits before the next look
   */
  static Optional<LingeringImage> after(String device, Runnable pause) {
    Optional<LingeringImage> found = inUse(device);
    if (found.isEmpty()) {
      return found;
    }
    // Without the mount table, which may be long. The device may have another image by now.
    String image = found.get().image();
    for (int look = 0; look < LOOKS && backingPath(device).equals(image); look++) {
      pause.run();
    }
    return inUse(device).filter(still -> still.image().equals(image));
  }

  private static String backingPath(String device) {
    OptionalInt minor = LoopDevice.minor(device);
    return minor.isEmpty() ? "" : LoopDevice.BackingPath.of(minor.getAsInt()).path();
  }

  private static void pause() {
    try {
      Thread.sleep(PAUSE.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static Optional<LingeringImage> inUse(String device) {
    String path = backingPath(device);
    if (path.isEmpty()) {
      return Optional.empty();
    }
    try {
      boolean mounted =
          MountInfo.read().stream()
              .anyMatch(mount -> MountInfo.deviceName(mount.device()).equals(device));
      return mounted
          ? Optional.empty()
          : Optional.of(new LingeringImage(path, device, Instant.now()));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /**
   * Scans once. Blocks for as long as the image storage does, because it resolves the path of the
   * directory.
   *
   * @param table the mount table
   * @return sorted by image
   */
  List<LingeringImage> look(Collection<MountInfo> table) throws IOException {
    Set<Integer> mounted =
        table.stream()
            .filter(mount -> FileStatus.major(mount.device()) == LoopDevice.MAJOR)
            .map(mount -> FileStatus.minor(mount.device()))
            .collect(Collectors.toSet());
    String below = imagesPath() + "/";
    status.lingering().stream()
        .filter(known -> known.mountedOn() == null)
        .forEach(known -> before.put(key(known.image(), known.device()), known.since()));
    Map<LingeringImage, Instant> now = new HashMap<>();
    Instant time = Instant.now();
    for (int minor : LoopDevice.attachedMinors()) {
      String path = mounted.contains(minor) ? "" : LoopDevice.BackingPath.of(minor).path();
      if (path.startsWith(below) && !isMounting(path, below)) {
        LingeringImage seen = key(path, LoopDevice.path(minor));
        now.put(seen, before.getOrDefault(seen, time));
      }
    }
    List<LingeringImage> twice =
        now.keySet().stream()
            .filter(before::containsKey)
            .map(seen -> new LingeringImage(seen.image(), seen.device(), now.get(seen)))
            .sorted(Comparator.comparing(LingeringImage::image))
            .toList();
    before = now;
    return twice;
  }

  private static LingeringImage key(String image, String device) {
    return new LingeringImage(image, device, Instant.EPOCH);
  }

  private boolean isMounting(String path, String below) {
    String image = images + "/" + path.substring(below.length());
    return status.mounts().all().stream()
        .filter(row -> row.image().equals(image))
        .anyMatch(row -> row.state() == MountState.MOUNTING || row.state() == MountState.STUCK);
  }

  /** The path in the kernel's form, without symlinks. */
  private String imagesPath() throws SyscallException {
    try (Fd directory = Fd.openPath(images)) {
      return directory.path();
    }
  }
}
