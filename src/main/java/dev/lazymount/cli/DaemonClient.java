package dev.lazymount.cli;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import dev.lazymount.control.ControlClient;
import dev.lazymount.control.ControlRefusal;
import dev.lazymount.control.NotRunning;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/** How commands ask the daemon, and what they print. */
final class DaemonClient {
  /** All JSON that is printed is written by it. */
  static final Gson JSON =
      new GsonBuilder().serializeNulls().disableHtmlEscaping().setPrettyPrinting().create();

  private DaemonClient() {}

  /** What to do with an answer; its result is the exit code. */
  interface Use {
    int of(JsonElement answer);
  }

  /**
   * Asks, and complains where there is no answer.
   *
   * @return an exit code
   */
  static int ask(Path runDir, String command, List<String> arguments, Use use) {
    try {
      return use.of(command(runDir, command, arguments, step -> {}));
    } catch (IOException e) {
      return complain(runDir, e);
    } catch (ControlRefusal e) {
      Main.complain(e.getMessage());
      return Main.FAILED;
    }
  }

  /** Asks; see {@link ControlClient#command}. */
  static JsonElement command(
      Path runDir, String command, List<String> arguments, Consumer<JsonElement> steps)
      throws IOException, ControlRefusal {
    return ControlClient.command(runDir, command, arguments, steps);
  }

  /** Says why there is no answer; its result is the exit code. */
  static int complain(Path runDir, IOException why) {
    Main.complain(noAnswer(runDir, why));
    return why instanceof NotRunning ? Main.NOT_RUNNING : Main.FAILED;
  }

  /** Why there is no answer. */
  static String noAnswer(Path runDir, IOException why) {
    return (why instanceof NotRunning
            ? "no daemon answers in "
            : "the daemon can't be asked, whose run directory is ")
        + runDir
        + ": "
        + why.getMessage();
  }
}
