package dev.lazymount.trace;

import dev.lazymount.status.Access;
import dev.lazymount.status.ImageUse;
import java.util.List;

/**
 * The content of one read from the trace.
 *
 * @param accesses in the order in which they were printed
 * @param uses of mounted images, in the order in which they were printed
 * @param canaries tokens of canaries that returned
 * @param lost events that bpftrace reports as lost
 * @param unparsed number of lines that were not understood
 * @param samples one of those lines for each kind that occurred, printable and bounded
 * @param newWindow whether a window ended in it
 */
public record TraceBatch(
    List<Access> accesses,
    List<ImageUse> uses,
    List<String> canaries,
    long lost,
    long unparsed,
    List<Sample> samples,
    boolean newWindow) {
  /** Kinds of output that is not understood. */
  public enum Unparsed {
    /** A line without the mark of this run. */
    FOREIGN("a line that is no event"),
    /** An event whose end is missing. */
    CUT_OFF("an event that was cut off"),
    /** An event without all of its fields. */
    MALFORMED("an event of unknown form"),
    /** A line or an event longer than any that the programs print. */
    TOO_LONG("a line that is too long");

    private final String text;

    Unparsed(String text) {
      this.text = text;
    }

    /** As in a log line. */
    @Override
    public String toString() {
      return text;
    }
  }

  /** A line that was not understood. */
  public record Sample(Unparsed kind, String line) {}
}
