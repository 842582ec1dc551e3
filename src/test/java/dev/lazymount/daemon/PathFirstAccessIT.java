package dev.lazymount.daemon;

/** With the path program. */
class PathFirstAccessIT extends FirstAccessScenarios {
  PathFirstAccessIT() {
    super("path");
  }
}
