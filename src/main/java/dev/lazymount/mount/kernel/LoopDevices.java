package dev.lazymount.mount.kernel;

import dev.lazymount.linux.LoopDevice;
import dev.lazymount.linux.SyscallException;
import dev.lazymount.mount.Mounter;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * The loop devices of the images that this process has mounted or found mounted. An image file with
 * several names gets one device: the kernel then has one superblock for all its mounts, and its
 * files are in the page cache once. So does an image that is mounted again while processes still
 * use its detached mount.
 *
 * <p>What is noted here is where to look, and is verified with the device open. Two processes that
 * mount two names of one file at the same moment may make two devices.
 *
 * <p>Thread-safe. One entry for each minor number, so it does not grow with the time.
 */
final class LoopDevices {
  private record Attached(Mounter.Generation image, Set<String> names) {}

  private static final int LOCKS = 64;

  private final Map<Integer, Attached> byMinor = new ConcurrentHashMap<>();

  /** One of them is held while a file is attached, which blocks for as long as its storage does. */
  private final Object[] locks = Stream.generate(Object::new).limit(LOCKS).toArray();

  /**
   * A device whose backing file is this image: the one that has it already, or a new one. It stays
   * at least until the returned object is closed.
   *
   * @param name the name that it will be mounted for
   */
  LoopDevice attach(String name, ImageDirectory.Image image) throws SyscallException {
    synchronized (locks[Math.floorMod(image.generation().hashCode(), LOCKS)]) {
      Optional<LoopDevice> existing = existing(image.generation());
      LoopDevice device =
          existing.isPresent() ? existing.get() : LoopDevice.attach(image.fd(), image.path());
      note(name, device.minor(), image.generation());
      return device;
    }
  }

  private Optional<LoopDevice> existing(Mounter.Generation image) {
    return byMinor.entrySet().stream()
        .filter(entry -> entry.getValue().image().equals(image))
        .flatMap(entry -> LoopDevice.reopen(entry.getKey(), image.device(), image.inode()).stream())
        .findFirst();
  }

  /** An image is mounted, or about to be mounted, from a device. */
  void note(String name, int minor, Mounter.Generation image) {
    byMinor.compute(
        minor,
        (number, before) -> {
          Attached now =
              before != null && before.image().equals(image)
                  ? before
                  : new Attached(image, ConcurrentHashMap.newKeySet());
          now.names().add(name);
          return now;
        });
  }

  /** Whether an image of this name was mounted from this file by this device. */
  boolean hasServed(String name, int minor, LoopDevice.Backing backing) {
    Attached attached = byMinor.get(minor);
    return attached != null
        && attached.names().contains(name)
        && attached.image().device() == backing.device()
        && attached.image().inode() == backing.inode();
  }
}
