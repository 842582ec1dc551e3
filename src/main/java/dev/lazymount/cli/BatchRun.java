package dev.lazymount.cli;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import dev.lazymount.batch.DirectBatch;
import dev.lazymount.batch.Progress;
import dev.lazymount.batch.RouterBatch;
import dev.lazymount.batch.Selection;
import dev.lazymount.config.Settings;
import dev.lazymount.control.ControlClient;
import dev.lazymount.control.ControlRefusal;
import dev.lazymount.control.NotRunning;
import dev.lazymount.doctor.Preflight;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * One run of {@code mount} or {@code unmount}: through the daemon if there is one, else directly.
 */
final class BatchRun {
  /** The daemon reads questions of 64 KiB, with all around the names. */
  private static final int LONGEST_NAMES = 60_000;

  private static final Gson GSON = new Gson();

  private final String command;
  private final Settings settings;
  private final boolean json;

  BatchRun(String command, Settings settings, boolean json) {
    this.command = command;
    this.settings = settings;
    this.json = json;
  }

  /** Runs it; the exit code. */
  int run(Selection selection) {
    if (length(selection.names()) > LONGEST_NAMES) {
      Main.complain("too many names for one call: give fewer, or --all");
      return Main.USAGE;
    }
    BatchView view = new BatchView(command, json, selection.which() == Selection.Which.IDLE);
    try (InterruptHandler interruption = new InterruptHandler(view::cut)) {
      try {
        Progress end = run(selection, view, interruption);
        return view.end(end, interruption.isSaid());
      } catch (ControlRefusal | Selection.Unknown e) {
        view.abandon();
        Main.complain(e.getMessage());
      } catch (IOException e) {
        view.abandon();
        Main.complain("can't " + command + ": " + e.getMessage());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      return Main.FAILED;
    }
  }

  private Progress run(Selection selection, BatchView view, InterruptHandler interruption)
      throws IOException, ControlRefusal, Selection.Unknown, InterruptedException {
    try {
      return throughDaemon(selection, view);
    } catch (NotRunning e) {
      return directly(selection, view, interruption);
    }
  }

  /** Interrupted, this process just ends: the daemon finishes what it has begun. */
  private Progress throughDaemon(Selection selection, BatchView view)
      throws IOException, ControlRefusal {
    JsonElement answer =
        ControlClient.command(
            settings.runDir(),
            command,
            selection.toArguments(),
            step -> view.tell(GSON.fromJson(step, Progress.class)));
    return GSON.fromJson(answer, Progress.class);
  }

  private Progress directly(Selection selection, BatchView view, InterruptHandler interruption)
      throws IOException, Selection.Unknown, InterruptedException {
    if (settings.mode() == Settings.Mode.OBSERVE) {
      throw new IOException("mode is observe");
    }
    List<String> problems = Preflight.fatal(settings);
    if (!problems.isEmpty()) {
      throw new IOException(String.join("; ", problems));
    }
    try (DirectBatch batch = DirectBatch.open(settings)) {
      interruption.waitForCommand();
      if (command.equals(RouterBatch.MOUNT) && selection.which() == Selection.Which.ALL) {
        batch.problems().forEach(view::incomplete);
      }
      return command.equals(RouterBatch.MOUNT)
          ? batch.mount(selection, interruption::isSaid, view::tell)
          : batch.unmount(selection, interruption::isSaid, view::tell);
    }
  }

  private static long length(List<String> names) {
    return names.stream()
        .mapToLong(name -> name.getBytes(StandardCharsets.UTF_8).length + 3L)
        .sum();
  }
}
