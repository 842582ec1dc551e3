package dev.lazymount.mount.kernel;

import dev.lazymount.config.Settings;
import dev.lazymount.linux.Fd;
import dev.lazymount.linux.SyscallException;
import java.io.IOException;

/**
 * An image mounted where no path leads, for a caller that only reads it. Closing it unmounts it; so
 * does the end of the process.
 */
public final class DetachedImage implements AutoCloseable {
  private final DetachedMount mount;

  private DetachedImage(DetachedMount mount) {
    this.mount = mount;
  }

  /**
   * Opens and checks an image as a mount does. Blocks for as long as the storage does.
   *
   * @param settings where the images are and how they are mounted
   * @param file path below the image directory
   * @throws IOException with the reason: not an image, or an errno of opening or mounting it
   */
  public static DetachedImage open(Settings settings, String file) throws IOException {
    ImageDirectory images =
        new ImageDirectory(settings.images().toString(), settings.mount().symlinkedImages());
    try (ImageDirectory.Image image = images.open(file)) {
      return new DetachedImage(DetachedMount.byLoopDevice(image, settings.mount().options()));
    } catch (BadImage | SyscallException e) {
      throw new IOException(settings.images() + "/" + file + ": " + e.getMessage(), e);
    }
  }

  /** The top directory of the image; valid until this is closed. */
  public Fd top() {
    return mount.fd();
  }

  @Override
  public void close() {
    mount.close();
  }
}
