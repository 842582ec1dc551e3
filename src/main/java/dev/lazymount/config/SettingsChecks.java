package dev.lazymount.config;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Checks settings against the disk. Every method may block for as long as the file system it looks
 * at hangs, and looks at no other: call {@link #images} and {@link #apart} only from a thread that
 * may wait for the image storage. Stateless, so any thread may call.
 */
public final class SettingsChecks {

  private SettingsChecks() {}

  /**
   * Checks that the root is a directory. Touches the root alone.
   *
   * @return the problems found, none if all is well
   */
  public static List<Problem> root(Settings settings) {
    return directory("lazymount.root", settings.root());
  }

  /**
   * Checks that the image directory is one. Touches the image directory alone, and so blocks while
   * its file server does.
   *
   * @return the problems found, none if all is well
   */
  public static List<Problem> images(Settings settings) {
    return directory("lazymount.images", settings.images());
  }

  /**
   * Checks that, with every symlink followed, root and images are still not inside one another, nor
   * any of our own directories inside one of them. Touches all of them. What does not exist yet is
   * judged by its nearest parent that does; what can't be looked at is left to the other checks.
   *
   * @return the problems found, none if all is well
   */
  public static List<Problem> apart(Settings settings) {
    List<Problem> problems = new ArrayList<>();
    refuseInside("root", settings.root(), "images", settings.images(), problems);
    if (problems.isEmpty()) {
      // Two names of one directory lie inside each other; telling it once is enough.
      refuseInside("images", settings.images(), "root", settings.root(), problems);
    }
    refuseInsideBoth("run-dir", settings.runDir(), settings, problems);
    refuseInsideBoth("lock-dir", settings.lockDir(), settings, problems);
    refuseInsideBoth("state-dir", settings.stateDir(), settings, problems);
    return problems;
  }

  private static List<Problem> directory(String key, Path path) {
    try {
      return Files.readAttributes(path, BasicFileAttributes.class).isDirectory()
          ? List.of()
          : List.of(problem(key, path, "is not a directory", "give one"));
    } catch (NoSuchFileException e) {
      return List.of(problem(key, path, "does not exist", "create or mount it, or give another"));
    } catch (AccessDeniedException e) {
      return List.of(problem(key, path, "is not accessible", "allow this user to enter it"));
    } catch (IOException e) {
      String why = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
      return List.of(
          problem(key, path, "can't be looked at: " + why, "see to the file system it is on"));
    }
  }

  private static void refuseInsideBoth(
      String key, Path path, Settings settings, List<Problem> problems) {
    refuseInside(key, path, "root", settings.root(), problems);
    refuseInside(key, path, "images", settings.images(), problems);
  }

  private static void refuseInside(
      String innerKey, Path inner, String outerKey, Path outer, List<Problem> problems) {
    Optional<Path> realInner = real(inner);
    Optional<Path> realOuter = real(outer);
    if (realInner.isPresent()
        && realOuter.isPresent()
        && realInner.get().startsWith(realOuter.get())) {
      problems.add(
          problem(
              "lazymount." + innerKey,
              inner,
              "is in truth "
                  + realInner.get()
                  + ", inside lazymount."
                  + outerKey
                  + " ("
                  + outer
                  + ")",
              "give one outside it"));
    }
  }

  /** Follows every symlink on a path, as far as the path exists. */
  private static Optional<Path> real(Path path) {
    for (Path known = path; known != null; known = known.getParent()) {
      try {
        return Optional.of(known.toRealPath().resolve(known.relativize(path)).normalize());
      } catch (NoSuchFileException e) {
        // Not there yet: its parent may be.
      } catch (IOException e) {
        return Optional.empty();
      }
    }
    return Optional.empty();
  }

  private static Problem problem(String key, Path path, String reason, String advice) {
    return new Problem(key, "\"" + path + "\"", "", reason, advice);
  }
}
