package dev.lazymount.cli;

import dev.lazymount.batch.DirectBatch;
import dev.lazymount.batch.Progress;
import dev.lazymount.batch.Selection;
import dev.lazymount.config.Settings;
import dev.lazymount.control.ControlRefusal;
import dev.lazymount.control.NotRunning;
import dev.lazymount.hold.HoldCommands;
import dev.lazymount.hold.HoldFile;
import dev.lazymount.hold.MountUsers;
import dev.lazymount.mount.MountResult;
import dev.lazymount.mount.OperatorHold;
import dev.lazymount.mount.kernel.MountedImages;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** One run of {@code hold} or {@code release}: by the daemon if one is running, else directly. */
final class HoldRun {
  private final String command;
  private final Settings settings;
  private final boolean json;

  HoldRun(String command, Settings settings, boolean json) {
    this.command = command;
    this.settings = settings;
    this.json = json;
  }

  /** Runs the command with the arguments of its request to the daemon; returns the exit code. */
  int run(List<String> arguments) {
    try {
      return print(named(outcomes(arguments)));
    } catch (IOException | ControlRefusal | HoldCommands.Refused e) {
      Main.complain("can't " + command + ": " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return Main.FAILED;
  }

  private HoldCommands.Outcomes outcomes(List<String> arguments)
      throws IOException, ControlRefusal, HoldCommands.Refused, InterruptedException {
    try {
      return DaemonClient.JSON.fromJson(
          DaemonClient.command(settings.runDir(), command, arguments, step -> {}),
          HoldCommands.Outcomes.class);
    } catch (NotRunning e) {
      return directly(arguments);
    }
  }

  private HoldCommands.Outcomes directly(List<String> arguments)
      throws IOException, HoldCommands.Refused, InterruptedException {
    HoldFile file = new HoldFile(settings.stateDir());
    try (DirectMounts mounts = new DirectMounts(settings)) {
      HoldCommands commands = new HoldCommands(file, mounts);
      if (command.equals(HoldCommands.RELEASE)) {
        return commands.release(arguments);
      }
      Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
      String millis = arguments.get(0);
      OperatorHold hold =
          new OperatorHold(
              now,
              millis.isEmpty()
                  ? Optional.empty()
                  : Optional.of(now.plusMillis(Long.parseLong(millis))),
              HoldFile.printable(arguments.get(1)));
      return commands.hold(arguments.subList(2, arguments.size()), hold, mounts.batch().catalog());
    }
  }

  /** With the processes that use what could not be unmounted, which the daemon can't examine. */
  private HoldCommands.Outcomes named(HoldCommands.Outcomes outcomes) {
    return new HoldCommands.Outcomes(
        outcomes.names().stream()
            .map(
                outcome ->
                    outcome.busy() == null
                        ? outcome
                        : outcome.usedBy(MountUsers.of(settings.root().resolve(outcome.busy()))))
            .toList());
  }

  private int print(HoldCommands.Outcomes outcomes) {
    if (json) {
      System.out.println(DaemonClient.JSON.toJson(outcomes));
      return outcomes.isGood() ? Main.OK : Main.FAILED;
    }
    for (HoldCommands.Outcome outcome : outcomes.names()) {
      if (!outcome.ok()) {
        String not = command.equals(HoldCommands.HOLD) ? "not held: " : "";
        Main.complain(outcome.name() + ": " + not + outcome.reason());
      } else if (command.equals(HoldCommands.HOLD)) {
        System.out.println(
            outcome.name()
                + ": held "
                + (outcome.until() == null ? "until it is released" : "until " + outcome.until()));
      } else {
        System.out.println(outcome.name() + ": released");
      }
    }
    return outcomes.isGood() ? Main.OK : Main.FAILED;
  }

  /** Without a daemon: the mount table, and the lock files of the images. */
  private static final class DirectMounts implements HoldCommands.Mounts, AutoCloseable {
    private final Settings settings;
    private DirectBatch batch;
    private MountResult last;

    private DirectMounts(Settings settings) {
      this.settings = settings;
    }

    private DirectBatch batch() throws IOException {
      if (batch == null) {
        batch = DirectBatch.open(settings);
      }
      return batch;
    }

    /** The next daemon reads the file. */
    @Override
    public void follow(Map<String, OperatorHold> holds) {}

    @Override
    public boolean isMounted(String name) throws IOException {
      return settings.mode() != Settings.Mode.OBSERVE
          && MountedImages.below(settings).stream().anyMatch(image -> image.name().equals(name));
    }

    @Override
    public MountResult unmount(String name) throws IOException, InterruptedException {
      try {
        Progress end = batch().unmount(Selection.of(List.of(name)), () -> false, this::keepLast);
        return last == null || end.failed() + end.busy() == 0
            ? new MountResult(name, MountResult.Outcome.DONE, null)
            : last;
      } catch (Selection.Unknown e) {
        return new MountResult(name, MountResult.Outcome.ALREADY, null);
      }
    }

    private void keepLast(Progress progress) {
      last = progress.last() == null ? last : progress.last();
    }

    @Override
    public void close() {
      if (batch != null) {
        batch.close();
      }
    }
  }
}
