package dev.lazymount.support;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import dev.lazymount.config.Settings;

/** Settings without files, environment and Akka's own: our defaults, and what a test sets. */
public final class TestSettings {
  /** Our defaults alone, under {@code lazymount}. */
  public static final Config DEFAULTS =
      ConfigFactory.parseResources("dev/lazymount/config/reference.conf").withOnlyPath("lazymount");

  private TestSettings() {}

  /** What a file with these lines in its {@code lazymount} object makes of the defaults. */
  public static Config with(String... lines) {
    return ConfigFactory.parseString(
            "lazymount {\n" + String.join("\n", lines) + "\n}",
            ConfigParseOptions.defaults().setOriginDescription("test"))
        .withFallback(DEFAULTS);
  }

  /** The same, read; a later line is stronger. */
  public static Settings settings(String... lines) {
    return Settings.from(with(lines));
  }
}
