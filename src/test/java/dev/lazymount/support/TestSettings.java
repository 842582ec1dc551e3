package dev.lazymount.support;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import dev.lazymount.config.Settings;

/** Settings of a test: the defaults and its own, without files, environment or Akka's. */
public final class TestSettings {
  /** The defaults (reference.conf), under {@code lazymount}. */
  public static final Config DEFAULTS =
      ConfigFactory.parseResources("dev/lazymount/config/reference.conf").withOnlyPath("lazymount");

  private TestSettings() {}

  /** The defaults with these lines of a {@code lazymount} object over them. */
  public static Config with(String... lines) {
    return ConfigFactory.parseString(
            "lazymount {\n" + String.join("\n", lines) + "\n}",
            ConfigParseOptions.defaults().setOriginDescription("test"))
        .withFallback(DEFAULTS);
  }

  /** The same as Settings; a later line overrides an earlier one. */
  public static Settings settings(String... lines) {
    return Settings.from(with(lines));
  }
}
