package dev.lazymount.doctor;

import dev.lazymount.config.Settings;
import dev.lazymount.linux.TimedCall;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/** Goes through all checks, one after the other; one that hangs is not waited for. */
public final class Doctor {
  /** A check that looks at something. */
  interface Look {
    Finding look() throws Exception;
  }

  /**
   * One check.
   *
   * @param subject what it looks at
   * @param patience how long it may take
   * @param late what it means if it takes longer
   * @param look looks; may hang
   */
  record Check(String subject, Duration patience, String late, Look look) {
    static Check of(String subject, Look look) {
      return new Check(subject, Duration.ofSeconds(5), "see what it hangs on", look);
    }
  }

  private Doctor() {}

  /**
   * Examines this machine.
   *
   * @param settings what the daemon would be started with
   * @param report is told each finding as soon as it is there
   * @return all of them
   */
  public static List<Finding> examine(Settings settings, Consumer<Finding> report) {
    List<Check> checks = new ArrayList<>();
    checks.addAll(MachineChecks.all(settings));
    checks.addAll(TraceChecks.all(settings));
    checks.addAll(MountChecks.all(settings));
    checks.addAll(DirectoryChecks.all(settings));
    checks.addAll(UnitChecks.all(settings));
    return examine(checks, report);
  }

  /** The same with these checks. */
  static List<Finding> examine(List<Check> checks, Consumer<Finding> report) {
    List<Finding> findings = new ArrayList<>();
    for (Check check : checks) {
      Finding finding = bounded(check);
      findings.add(finding);
      report.accept(finding);
    }
    return findings;
  }

  private static Finding bounded(Check check) {
    try {
      return TimedCall.run("doctor", check.patience(), () -> check.look().look());
    } catch (TimeoutException e) {
      return Finding.fail(
          check.subject(), "no answer within " + check.patience().toSeconds() + " s", check.late());
    } catch (ExecutionException e) {
      return Finding.fail(
          check.subject(), "can't be looked at: " + e.getCause(), "see to that first");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Finding.fail(check.subject(), "interrupted", "run it again");
    }
  }
}
