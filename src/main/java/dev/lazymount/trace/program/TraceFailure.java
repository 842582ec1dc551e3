package dev.lazymount.trace.program;

/** The trace can't be started, has ended, or reports nothing; the message says which and why. */
public class TraceFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** A failure for this reason. */
  public TraceFailure(String reason) {
    super(reason);
  }

  /** bpftrace is missing or not supported; that says nothing of a program. */
  public static final class NoBpftrace extends TraceFailure {
    private static final long serialVersionUID = 1L;

    /** Missing or not supported for this reason, which names what to install. */
    public NoBpftrace(String reason) {
      super(reason);
    }
  }

  /** The program can't report the present names; for others it may well work. */
  public static final class NamesUnfit extends TraceFailure {
    private static final long serialVersionUID = 1L;

    private final transient TraceProgram.Names reportable;

    /** For this reason; {@code reportable} are the names that it could report. */
    NamesUnfit(String reason, TraceProgram.Names reportable) {
      super(reason);
      this.reportable = reportable;
    }

    /** The names that the program could report. */
    TraceProgram.Names reportable() {
      return reportable;
    }
  }

  /** The program does not work for this root; another attempt would not help. */
  public static final class Unsuitable extends TraceFailure {
    private static final long serialVersionUID = 1L;

    /** Unsuitable for this reason. */
    public Unsuitable(String reason) {
      super(reason);
    }
  }
}
