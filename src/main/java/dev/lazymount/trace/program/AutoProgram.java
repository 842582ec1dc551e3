package dev.lazymount.trace.program;

import dev.lazymount.status.ProgramName;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/**
 * The first of several programs that works. Nothing is inferred from the kernel's version: the
 * program is run, and its canary decides. Once it has worked, a failure counts as a crash and it is
 * run again. A name that a program can't report selects a later one for as long as that name
 * exists.
 */
public final class AutoProgram implements TraceProgram.Factory {
  /** Runs in a row without a canary, of a program that worked before, until it is given up. */
  private static final int MAX_FAILED_RUNS = 5;

  /**
   * Shortest run of a later program if a name was the reason, so that a name that comes and goes
   * does not restart the trace with each scan.
   */
  static final Duration SHORTEST_FALLBACK = Duration.ofMinutes(10);

  /** A program to choose, and what is known of it. */
  private static final class Choice {
    private final ProgramName name;
    private final TraceProgram.Factory factory;
    private String unusable;
    private boolean everWorked;
    private int failedRuns;

    private Choice(ProgramName name, TraceProgram.Factory factory) {
      this.name = name;
      this.factory = factory;
    }

    private boolean isUsable() {
      return unusable == null;
    }
  }

  private final List<Choice> choices;
  private final LongSupplier nanoTime;

  /** The choice that was made last. */
  private Choice current;

  private boolean workedThisTime;

  /**
   * Chooses between these, the best first. The last one is never given up. A name may occur several
   * times, for programs that differ only in how they are attached.
   */
  public AutoProgram(List<Map.Entry<ProgramName, TraceProgram.Factory>> programs) {
    this(programs, System::nanoTime);
  }

  /** The same with a clock, as System.nanoTime() is. */
  AutoProgram(List<Map.Entry<ProgramName, TraceProgram.Factory>> programs, LongSupplier nanoTime) {
    this.choices = programs.stream().map(e -> new Choice(e.getKey(), e.getValue())).toList();
    this.nanoTime = nanoTime;
  }

  @Override
  public int choices() {
    return choices.size();
  }

  @Override
  public TraceProgram next() {
    Map<Choice, String> passedOver = new LinkedHashMap<>();
    TraceProgram.Names reportable = null;
    for (Choice choice : choices) {
      try {
        if (choice.isUsable()) {
          current = choice;
          workedThisTime = false;
          TraceProgram program = choice.factory.next();
          TraceProgram noted = withNote(program, passedOver);
          return reportable == null ? noted : noted.withNames(whileUnfit(reportable));
        }
        passedOver.put(choice, choice.unusable);
      } catch (TraceFailure.NoBpftrace e) {
        throw e;
      } catch (TraceFailure.NamesUnfit e) {
        passedOver.put(choice, e.getMessage());
        reportable = e.reportable();
      } catch (TraceFailure e) {
        if (choice.everWorked && !(e instanceof TraceFailure.Unsuitable)) {
          throw e;
        }
        if (!isLast(choice)) {
          choice.unusable = e.getMessage();
        }
        passedOver.put(choice, e.getMessage());
      }
    }
    ProgramName last = choices.get(choices.size() - 1).name;
    passedOver.keySet().removeIf(choice -> choice.name != last);
    throw new TraceFailure(reasons(passedOver.values()));
  }

  private boolean isLast(Choice choice) {
    return choice == choices.get(choices.size() - 1);
  }

  /** Says why better programs were passed over; not if only the way of attaching differs. */
  private static TraceProgram withNote(TraceProgram program, Map<Choice, String> passedOver) {
    Map<ProgramName, List<String>> others =
        passedOver.entrySet().stream()
            .filter(e -> e.getKey().name != program.name())
            .collect(
                Collectors.groupingBy(
                    e -> e.getKey().name,
                    LinkedHashMap::new,
                    Collectors.mapping(Map.Entry::getValue, Collectors.toList())));
    return others.isEmpty()
        ? program
        : program.withNote(
            program.name()
                + others.entrySet().stream()
                    .map(e -> " and not " + e.getKey() + ": " + reasons(e.getValue()))
                    .collect(Collectors.joining(";")));
  }

  private static String reasons(Collection<String> each) {
    return each.stream().distinct().collect(Collectors.joining(", "));
  }

  private TraceProgram.Names whileUnfit(TraceProgram.Names reportable) {
    long earliest = nanoTime.getAsLong() + SHORTEST_FALLBACK.toNanos();
    return (deepest, longest) ->
        !reportable.fit(deepest, longest) || nanoTime.getAsLong() - earliest < 0;
  }

  @Override
  public void worked() {
    workedThisTime = true;
    current.everWorked = true;
    current.failedRuns = 0;
  }

  @Override
  public void failed(String reason, boolean conclusive) {
    if (workedThisTime) {
      return;
    }
    current.failedRuns++;
    if (((conclusive && !current.everWorked) || current.failedRuns >= MAX_FAILED_RUNS)
        && !isLast(current)) {
      current.unusable = reason;
    }
  }

  @Override
  public boolean missed() {
    int next = choices.indexOf(current) + 1;
    boolean other = next < choices.size() && choices.get(next).name == current.name;
    if (other) {
      current.unusable = "the kernel preempts it, and opens were missed";
    }
    return other;
  }
}
