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
 * Resolves the symlinks of a path, for {@code explain}. That accesses the storage of the root and
 * maybe others, so the client does it and never the daemon, and with a time-out.
 */
final class SymlinkResolver {
  private static final Duration TIMEOUT = Duration.ofSeconds(2);

  private SymlinkResolver() {}

  /** Makes a relative path that starts with {@code .} absolute; a name is returned unchanged. */
  static String absolute(String word) {
    boolean relative = word.startsWith("./") || word.startsWith("../");
    return relative || word.equals(".") || word.equals("..")
        ? Path.of("").toAbsolutePath().resolve(word).normalize().toString()
        : word;
  }

  /**
   * Resolves every symlink, within two seconds.
   *
   * @return the path, with the root spelled as in the settings; empty if it does not exist, or the
   *     storage does not respond
   */
  static Optional<String> resolve(String path, Settings settings) {
    try {
      return TimedCall.on("resolve", TIMEOUT, () -> resolveNow(path, settings));
    } catch (TimeoutException e) {
      Main.complain("the storage of root does not respond; symlinks are not resolved");
      return Optional.empty();
    } catch (InterruptedException | ExecutionException e) {
      return Optional.empty();
    }
  }

  private static Optional<String> resolveNow(String path, Settings settings) {
    try {
      Path root = settings.root().toRealPath();
      Path real = root.resolve(path).toRealPath();
      return Optional.of(
          real.startsWith(root)
              ? settings.root().resolve(root.relativize(real)).toString()
              : real.toString());
    } catch (IOException | RuntimeException e) {
      return Optional.empty();
    }
  }
}
