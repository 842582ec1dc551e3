package dev.lazymount.config;

import java.util.List;
import java.util.stream.Collectors;

/**
 * The settings can't be used. Holds every problem found, not only the first, so that a file is put
 * right in one go; the message is all of them, one a line. Immutable.
 */
public final class InvalidSettingsException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  // Transient because a List need not be serializable; nobody sends settings over a wire.
  private final transient List<Problem> problems;

  /**
   * Wraps what was found.
   *
   * @param problems at least one problem, in the order to be shown
   * @throws IllegalArgumentException when there is none
   */
  public InvalidSettingsException(List<Problem> problems) {
    super(problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
    if (problems.isEmpty()) {
      throw new IllegalArgumentException("settings without a problem are not invalid");
    }
    this.problems = List.copyOf(problems);
  }

  /** Returns every problem found, at least one, unmodifiable. */
  public List<Problem> problems() {
    return problems;
  }
}
