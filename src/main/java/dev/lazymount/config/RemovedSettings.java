package dev.lazymount.config;

import java.util.Map;
import java.util.Optional;

/**
 * Settings of earlier versions. A file that has one is refused with the reason, so that an operator
 * learns what to set instead and does not rely on something that no longer happens.
 */
final class RemovedSettings {
  /**
   * One removed setting.
   *
   * @param reason why it was removed
   * @param advice what to set instead, an imperative
   */
  record Removed(String reason, String advice) {}

  /** By key, relative to the {@code lazymount} object. */
  private static final Map<String, Removed> ALL =
      Map.of(
          "mount.max",
          new Removed("it unmounted images that were in use", "set idle.unmount-after instead"));

  private RemovedSettings() {}

  /** The removed setting with this key, if there was one. */
  static Optional<Removed> get(String key) {
    return Optional.ofNullable(ALL.get(key));
  }
}
