package dev.lazymount.route;

import dev.lazymount.config.Settings;

/**
 * The settings of the Router that a reload can change.
 *
 * @param scannerNames a process that uses more different images within ten seconds is a scanner; 0
 *     for no such limit
 */
public record RouteSettings(int scannerNames) {
  /** Those of the settings. */
  public static RouteSettings of(Settings settings) {
    return new RouteSettings(settings.trace().scannerNames());
  }
}
