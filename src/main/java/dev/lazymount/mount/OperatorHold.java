package dev.lazymount.mount;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/**
 * An operator keeps a name unmounted.
 *
 * @param since when it was put on hold
 * @param until when the hold ends; empty until it is released
 * @param reason given by the operator, printable; empty if none was given
 */
public record OperatorHold(Instant since, Optional<Instant> until, String reason) {
  /** Whether it has ended by itself. */
  public boolean isOver(Instant now) {
    return until.filter(end -> !end.isAfter(now)).isPresent();
  }

  /** For the MountActor of this name. */
  public Hold hold() {
    return hold("held by an operator");
  }

  /** For the MountActor of an image around this name, which would hide its directory. */
  public Hold holdAround(String name) {
    return hold(name + " in it is held by an operator");
  }

  private Hold hold(String what) {
    String end = until.map(time -> " until " + time.truncatedTo(ChronoUnit.SECONDS)).orElse("");
    return new Hold(
        Hold.Kind.OPERATOR, since, what + end + (reason.isEmpty() ? "" : ": " + reason), until);
  }
}
