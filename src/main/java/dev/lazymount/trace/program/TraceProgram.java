package dev.lazymount.trace.program;

import dev.lazymount.status.ProgramName;

/**
 * A trace program, completed for one run.
 *
 * @param name which program it is
 * @param source the text for bpftrace
 * @param mark the secret word that begins and ends its lines; different in every run
 * @param stringLength the longest string it prints, bytes with the NUL
 * @param names the names of images for which it is the right program
 * @param canary how to check that it works
 * @param note why it is not the preferred program; null if it is. For display only
 */
public record TraceProgram(
    ProgramName name,
    String source,
    String mark,
    int stringLength,
    Names names,
    Canary canary,
    String note) {
  /** A program that is right for all names. */
  public TraceProgram(
      ProgramName name, String source, String mark, int stringLength, Canary canary, String note) {
    this(name, source, mark, stringLength, Names.ALL, canary, note);
  }

  /** A copy with a note. */
  TraceProgram withNote(String why) {
    return new TraceProgram(name, source, mark, stringLength, names, canary, why);
  }

  /** A copy that is the right program for these names. */
  TraceProgram withNames(Names right) {
    return new TraceProgram(name, source, mark, stringLength, right, canary, note);
  }

  /**
   * Names of images, as far as they matter to the choice of a program: the number of components of
   * the deepest name, and the bytes of the longest component. Thread-safe.
   */
  @FunctionalInterface
  public interface Names {
    /** All names. */
    Names ALL = (deepest, longest) -> true;

    /** Whether the program is the right one for names up to this depth and length. */
    boolean fit(int deepest, int longest);
  }

  /** Makes a completed program for each run of the trace. Called by one thread at a time. */
  @FunctionalInterface
  public interface Factory {
    /**
     * A program for the next run. May block on the root's storage.
     *
     * @throws TraceFailure if it can't be made on this machine
     */
    TraceProgram next();

    /** How many different programs it can make: after the failure of one, the next may differ. */
    default int choices() {
      return 1;
    }

    /** No further program will be requested; a run begun ahead of the next request is ended. */
    default void abandoned() {}

    /** The newest program was seen to work. */
    default void worked() {}

    /**
     * The newest program has failed.
     *
     * @param reason why, for display
     * @param conclusive whether that says something about the program; a signal does not
     */
    default void failed(String reason, boolean conclusive) {}

    /**
     * The kernel has left out runs of the newest program, so that it missed opens.
     *
     * @return whether the next program is one that the kernel does not leave out
     */
    default boolean missed() {
      return false;
    }
  }
}
