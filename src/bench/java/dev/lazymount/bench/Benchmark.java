package dev.lazymount.bench;

import java.io.IOException;

/** One benchmark. */
interface Benchmark {
  /** Its name on the command line. */
  String name();

  /** What it measures, and its options, in a few lines. */
  String about();

  /**
   * Measures.
   *
   * @param options its options; it asks for all of them before it does anything
   * @param workspace where to work
   * @param report where the results go
   */
  void run(Options options, Workspace workspace, Report report)
      throws IOException, InterruptedException;
}
