package dev.lazymount.linux;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A kernel's version.
 *
 * @param major such as 6
 * @param minor such as 1
 */
public record KernelVersion(int major, int minor) implements Comparable<KernelVersion> {
  /** The oldest supported kernel: LOOP_CONFIGURE and STATX_ATTR_MOUNT_ROOT came with 5.8. */
  public static final KernelVersion MINIMUM = new KernelVersion(5, 8);

  private static final Pattern RELEASE = Pattern.compile("(\\d{1,6})\\.(\\d{1,6}).*");

  /** The version of the running kernel. */
  public static KernelVersion running() {
    // The JVM reads it by uname(2).
    return parse(System.getProperty("os.version"));
  }

  /** Parses a release such as {@code 6.1.0-28-amd64}; 0.0 if it has another form. */
  public static KernelVersion parse(String release) {
    Matcher m = RELEASE.matcher(release);
    return m.matches()
        ? new KernelVersion(Integer.parseInt(m.group(1)), Integer.parseInt(m.group(2)))
        : new KernelVersion(0, 0);
  }

  @Override
  public int compareTo(KernelVersion other) {
    return major != other.major
        ? Integer.compare(major, other.major)
        : Integer.compare(minor, other.minor);
  }

  @Override
  public String toString() {
    return major + "." + minor;
  }
}
