package dev.lazymount.mount;

import dev.lazymount.config.Settings;
import java.time.Duration;
import java.util.Optional;

/**
 * Those settings of mounts that can change while the daemon runs.
 *
 * @param timeout after which an unfinished mount is called stuck
 * @param retry the first back-off after a failure
 * @param retryMax the longest back-off
 * @param idle how long a mount must be unused to be unmounted; empty for ever
 */
public record MountTimes(
    Duration timeout, Duration retry, Duration retryMax, Optional<Duration> idle) {

  /** As the settings say. */
  public static MountTimes of(Settings settings) {
    Settings.Mount mount = settings.mount();
    return new MountTimes(
        mount.timeout(), mount.retry(), mount.retryMax(), settings.idle().unmountAfter());
  }
}
