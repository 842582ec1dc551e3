package dev.lazymount.trace.program;

/**
 * A trace program, completed for one run.
 *
 * @param name what it is called in the settings and in status
 * @param source the text for bpftrace
 * @param mark the secret word that begins and ends its lines; new for every run
 * @param stringLength how many bytes of each string it prints; its stack has 512 in all
 * @param names the names it is the right one for
 * @param canary how to see whether it works
 * @param note why it is this one and not the one that was asked for; null if it is
 */
public record TraceProgram(
    String name,
    String source,
    String mark,
    int stringLength,
    Names names,
    Canary canary,
    String note) {
  /** One that is right whatever names there are. */
  public TraceProgram(
      String name, String source, String mark, int stringLength, Canary canary, String note) {
    this(name, source, mark, stringLength, Names.ALL, canary, note);
  }

  /** The same with a note. */
  TraceProgram withNote(String why) {
    return new TraceProgram(name, source, mark, stringLength, names, canary, why);
  }

  /** The same as the right one for these names. */
  TraceProgram withNames(Names right) {
    return new TraceProgram(name, source, mark, stringLength, right, canary, note);
  }

  /**
   * Names of images, as far as they concern the choice of a program: how many components the
   * deepest has, and how many bytes the longest component. Thread-safe.
   */
  @FunctionalInterface
  public interface Names {
    /** Whatever names there are. */
    Names ALL = (deepest, longest) -> true;

    /** Whether the program is the right one when there are names up to these. */
    boolean fit(int deepest, int longest);
  }

  /** Makes a new completed program for each run of the trace. Called by one thread at a time. */
  @FunctionalInterface
  public interface Factory {
    /**
     * A program for the next run.
     *
     * @throws TraceFailure if it can't be made for this machine
     */
    TraceProgram next();

    /** No program is asked for any more; a run that was begun for the next one is ended. */
    default void abandoned() {}

    /** The newest program was seen to work. */
    default void worked() {}

    /**
     * The newest program has failed.
     *
     * @param reason why
     * @param conclusive whether that says something of the program; somebody who kills it says
     *     nothing
     */
    default void failed(String reason, boolean conclusive) {}
  }
}
