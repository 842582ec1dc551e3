package dev.lazymount.route;

import dev.lazymount.config.Settings;
import java.time.Duration;
import java.util.Optional;

/**
 * The settings of the Router that a reload can change.
 *
 * @param scannerNames a process that uses more different images within ten seconds is a scanner; 0
 *     for no such limit
 * @param quietAfterWrite nothing is mounted for so long over a directory that was written to; empty
 *     to mount regardless
 */
public record RouteSettings(int scannerNames, Optional<Duration> quietAfterWrite) {
  /** Those of the settings. */
  public static RouteSettings of(Settings settings) {
    return new RouteSettings(settings.trace().scannerNames(), settings.mount().quietAfterWrite());
  }
}
