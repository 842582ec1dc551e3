package dev.lazymount.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The names of the devices that images are mounted from, by the kernel's device numbers: loop
 * devices, and those of file systems without a device. Thread-safe; reads no disk.
 */
public final class LoopNames {
  private static final Path MAX_PART = Path.of("/sys/module/loop/parameters/max_part");

  private static final int MAJOR = 7;
  private static final int MINOR_BITS = 20;

  private final int partitionBits;

  /**
   * Of a kernel with this parameter.
   *
   * @param maxPart partitions per device, for which the kernel keeps minor numbers free
   */
  LoopNames(int maxPart) {
    partitionBits = Integer.SIZE - Integer.numberOfLeadingZeros(maxPart);
  }

  /** Of this kernel. The parameter can't be changed while the module is loaded. */
  public static LoopNames ofKernel() {
    try {
      return new LoopNames(Integer.parseInt(Files.readString(MAX_PART).strip()));
    } catch (IOException | NumberFormatException e) {
      return new LoopNames(0);
    }
  }

  /**
   * Such as {@code /dev/loop3}, or {@code 0:57} of an EROFS image that is mounted without a device.
   *
   * @param device the kernel's number: major &lt;&lt; 20 | minor
   * @return empty if it is another block device
   */
  public Optional<String> of(long device) {
    long minor = device & ((1 << MINOR_BITS) - 1);
    if (device >> MINOR_BITS == 0) {
      return Optional.of("0:" + minor);
    }
    if (device >> MINOR_BITS != MAJOR) {
      return Optional.empty();
    }
    return Optional.of("/dev/loop" + (minor >> partitionBits));
  }
}
