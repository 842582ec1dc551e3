package dev.lazymount.config;

import java.util.List;
import java.util.stream.Collectors;

/**
 * The settings are not valid. Holds every problem, not only the first, so that an operator corrects
 * a file once; the message lists them, one per line. Immutable.
 */
public final class InvalidSettingsException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  // Transient because a List need not be serializable; settings are never serialized.
  private final transient List<Problem> problems;

  /**
   * Wraps problems.
   *
   * @param problems at least one problem, in the order in which they are printed
   * @throws IllegalArgumentException when there is none
   */
  public InvalidSettingsException(List<Problem> problems) {
    super(problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
    if (problems.isEmpty()) {
      throw new IllegalArgumentException("no problem given");
    }
    this.problems = List.copyOf(problems);
  }

  /** Returns every problem found, at least one, unmodifiable. */
  public List<Problem> problems() {
    return problems;
  }
}
