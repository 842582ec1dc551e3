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
import dev.lazymount.hold.MountUsers;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** One run of {@code mount} or {@code unmount}: by the daemon if one is running, else directly. */
final class BatchRun {
  /** In bytes. The daemon reads requests of at most 64 KiB, of which the names are a part. */
  private static final int MAX_NAMES = 60_000;

  private static final Gson GSON = new Gson();

  private final String command;
  private final Settings settings;
  private final boolean json;

  BatchRun(String command, Settings settings, boolean json) {
    this.command = command;
    this.settings = settings;
    this.json = json;
  }

  /** Runs the command; returns the exit code. */
  int run(Selection selection) {
    if (length(selection.names()) > MAX_NAMES) {
      Main.complain("too many names: give fewer, or --all");
      return Main.USAGE;
    }
    BatchView view =
        new BatchView(
            command,
            json,
            selection.which() == Selection.Which.IDLE,
            name -> MountUsers.of(settings.root().resolve(name)));
    try (InterruptHandler interrupt = new InterruptHandler(view::interrupted)) {
      try {
        Progress end = run(selection, view, interrupt);
        return view.finish(end, interrupt.isRequested());
      } catch (ControlRefusal | Selection.Unknown e) {
        view.abort();
        Main.complain(e.getMessage());
      } catch (IOException e) {
        view.abort();
        Main.complain("can't " + command + ": " + e.getMessage());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      return Main.FAILED;
    }
  }

  private Progress run(Selection selection, BatchView view, InterruptHandler interrupt)
      throws IOException, ControlRefusal, Selection.Unknown, InterruptedException {
    try {
      return throughDaemon(selection, view);
    } catch (NotRunning e) {
      return directly(selection, view, interrupt);
    }
  }

  /** If this process is interrupted, the daemon finishes the calls that it has started. */
  private Progress throughDaemon(Selection selection, BatchView view)
      throws IOException, ControlRefusal {
    JsonElement answer =
        ControlClient.command(
            settings.runDir(),
            command,
            selection.toArguments(),
            step -> view.update(GSON.fromJson(step, Progress.class)));
    return GSON.fromJson(answer, Progress.class);
  }

  private Progress directly(Selection selection, BatchView view, InterruptHandler interrupt)
      throws IOException, Selection.Unknown, InterruptedException {
    if (settings.mode() == Settings.Mode.OBSERVE) {
      throw new IOException("mode is observe, which mounts nothing");
    }
    List<String> problems = Preflight.mounting(settings);
    if (!problems.isEmpty()) {
      throw new IOException(String.join("; ", problems));
    }
    try (DirectBatch batch = DirectBatch.open(settings)) {
      interrupt.waitForCommand();
      if (command.equals(RouterBatch.MOUNT) && selection.which() == Selection.Which.ALL) {
        batch.problems().forEach(view::incomplete);
      }
      return command.equals(RouterBatch.MOUNT)
          ? batch.mount(selection, interrupt::isRequested, view::update)
          : batch.unmount(selection, interrupt::isRequested, view::update);
    }
  }

  private static long length(List<String> names) {
    return names.stream()
        .mapToLong(name -> name.getBytes(StandardCharsets.UTF_8).length + 3L)
        .sum();
  }
}
