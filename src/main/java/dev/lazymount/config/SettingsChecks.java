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
 * Checks the configured directories on disk. Each method blocks while a file system that it
 * accesses hangs, and accesses no others: call {@link #images} and {@link #apart} only from a
 * thread that may wait for the image storage. Stateless and thread-safe.
 */
public final class SettingsChecks {

  private SettingsChecks() {}

  /**
   * Checks that the root is a directory. Accesses the root only.
   *
   * @return the problems; empty if there are none
   */
  public static List<Problem> root(Settings settings) {
    return directory("lazymount.root", settings.root());
  }

  /**
   * Checks that the image directory is a directory. Accesses it only, and so blocks while its file
   * server hangs.
   *
   * @return the problems; empty if there are none
   */
  public static List<Problem> images(Settings settings) {
    return directory("lazymount.images", settings.images());
  }

  /**
   * Checks that, with symlinks followed, neither of root and images is inside the other, and none
   * of the daemon's own directories is inside either. Accesses all of them. A directory that does
   * not exist yet is judged by its nearest existing parent; one that can't be read is left to the
   * other checks.
   *
   * @return the problems; empty if there are none
   */
  public static List<Problem> apart(Settings settings) {
    List<Problem> problems = new ArrayList<>();
    refuseInside("root", settings.root(), "images", settings.images(), problems);
    if (problems.isEmpty()) {
      // Two names of one directory are inside each other: reported once.
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
          : List.of(problem(key, path, "is not a directory", "give a directory"));
    } catch (NoSuchFileException e) {
      return List.of(
          problem(key, path, "does not exist", "create or mount it, or give another directory"));
    } catch (AccessDeniedException e) {
      return List.of(problem(key, path, "is not accessible", "give this user access to it"));
    } catch (IOException e) {
      String why = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
      return List.of(problem(key, path, "can't be read: " + why, "check the file system it is on"));
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
              "resolves to "
                  + realInner.get()
                  + ", which is inside lazymount."
                  + outerKey
                  + " ("
                  + outer
                  + ")",
              "give a directory outside it"));
    }
  }

  /** The path with symlinks followed, as far as it exists; empty if it can't be read. */
  private static Optional<Path> real(Path path) {
    for (Path known = path; known != null; known = known.getParent()) {
      try {
        return Optional.of(known.toRealPath().resolve(known.relativize(path)).normalize());
      } catch (NoSuchFileException e) {
        // Its parent may exist.
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
