package dev.lazymount.mount;

import dev.lazymount.config.Settings;
import java.time.Duration;
import java.util.Optional;

/**
 * The settings of mounts that a reload can change.
 *
 * @param timeout after which an unfinished call is reported as stuck
 * @param retry the first back-off after a failure
 * @param retryMax the longest back-off
 * @param idle a mount that is unused for so long is unmounted; empty for never
 */
public record MountTimes(
    Duration timeout, Duration retry, Duration retryMax, Optional<Duration> idle) {

  /** Those of the settings. */
  public static MountTimes of(Settings settings) {
    Settings.Mount mount = settings.mount();
    return new MountTimes(
        mount.timeout(), mount.retry(), mount.retryMax(), settings.idle().unmountAfter());
  }
}
