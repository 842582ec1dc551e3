package dev.lazymount.cli;

import dev.lazymount.config.Settings;
import dev.lazymount.linux.TimedCall;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;

/**
 * Where a path leads with all symlinks followed. That asks the root's storage and maybe others, so
 * it is done here and never in the daemon, and not waited for for long.
 */
final class SymlinkResolver {
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private SymlinkResolver() {}

  /**
   * What somebody means by a word on the command line: what begins as a path does is made absolute,
   * anything else stays a name.
   */
  static String meant(String word) {
    boolean path = word.startsWith("./") || word.startsWith("../");
    return path || word.equals(".") || word.equals("..")
        ? Path.of("").toAbsolutePath().resolve(word).normalize().toString()
        : word;
  }

  /**
   * Follows it.
   *
   * @return the path with the root spelled as in the settings; empty if it does not lead anywhere,
   *     or not within two seconds
   */
  static Optional<String> of(String meant, Settings settings) {
    try {
      return TimedCall.run("follow", PATIENCE, () -> follow(meant, settings));
    } catch (TimeoutException e) {
      Main.complain("the root's storage does not answer, so that symlinks are not followed");
      return Optional.empty();
    } catch (InterruptedException | ExecutionException e) {
      return Optional.empty();
    }
  }

  private static Optional<String> follow(String meant, Settings settings) {
    try {
      Path root = settings.root().toRealPath();
      Path real = root.resolve(meant).toRealPath();
      return Optional.of(
          real.startsWith(root)
              ? settings.root().resolve(root.relativize(real)).toString()
              : real.toString());
    } catch (IOException | RuntimeException e) {
      return Optional.empty();
    }
  }
}
