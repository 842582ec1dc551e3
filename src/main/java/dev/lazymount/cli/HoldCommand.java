package dev.lazymount.cli;

import dev.lazymount.config.Settings;
import dev.lazymount.hold.HoldCommands;
import dev.lazymount.hold.HoldFile;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code lazymount hold}. */
@Command(
    name = HoldCommands.HOLD,
    description = {
      "Keep images unmounted, with or without a running daemon, while their directories are"
          + " changed by hand.",
      "A mounted image is unmounted first; if it is in use, it is not held, and the processes that"
          + " use it are printed. A hold survives restarts, and is shown by status and explain."
    },
    footer = {
      "",
      "Examples:",
      "  sudo lazymount hold gcc-14.2.0 --for 2h --reason 'patch for PR 12345'",
      "  sudo lazymount release gcc-14.2.0"
    })
final class HoldCommand implements Callable<Integer> {
  private static final Pattern DURATION = Pattern.compile("([0-9]{1,6})(s|m|h|d)");
  private static final long LONGEST_DAYS = 365;

  @Mixin private SettingsOptions options;

  @Option(
      names = "--for",
      paramLabel = "TIME",
      description = "End the hold after TIME: 1s to 365d (default: when it is released).")
  private String time;

  @Option(
      names = "--reason",
      paramLabel = "TEXT",
      defaultValue = "",
      description = "Why; at most 200 characters.")
  private String reason;

  @Option(names = "--json", description = "Print the result as JSON, for tools.")
  private boolean json;

  @Parameters(paramLabel = "NAME", arity = "1..*", description = "Names of images.")
  private List<String> names;

  @Override
  public Integer call() {
    Settings settings = options.load();
    if (reason.length() > HoldFile.LONGEST_REASON) {
      Main.complain("--reason: more than " + HoldFile.LONGEST_REASON + " characters");
      return Main.USAGE;
    }
    long millis = time == null ? 0 : millis(time);
    if (millis < 0) {
      Main.complain("--for " + time + ": give a time from 1s to 365d, such as 90s, 30m, 2h or 1d");
      return Main.USAGE;
    }
    List<String> arguments = new ArrayList<>();
    arguments.add(millis == 0 ? "" : Long.toString(millis));
    arguments.add(reason);
    arguments.addAll(names);
    return new HoldRun(HoldCommands.HOLD, settings, json).run(arguments);
  }

  /** Milliseconds; -1 if it is no such time. */
  private static long millis(String text) {
    Matcher matcher = DURATION.matcher(text.toLowerCase(Locale.ROOT));
    if (!matcher.matches()) {
      return -1;
    }
    long number = Long.parseLong(matcher.group(1));
    long millis =
        switch (matcher.group(2)) {
          case "s" -> TimeUnit.SECONDS.toMillis(number);
          case "m" -> TimeUnit.MINUTES.toMillis(number);
          case "h" -> TimeUnit.HOURS.toMillis(number);
          default -> TimeUnit.DAYS.toMillis(number);
        };
    return millis == 0 || millis > TimeUnit.DAYS.toMillis(LONGEST_DAYS) ? -1 : millis;
  }
}
