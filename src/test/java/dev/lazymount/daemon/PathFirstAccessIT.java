package dev.lazymount.daemon;

/** The first access with the path program. */
class PathFirstAccessIT extends FirstAccessScenarios {
  PathFirstAccessIT() {
    super("path");
  }
}
