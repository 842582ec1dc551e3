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

/** Sends commands to the running daemon, and prints errors. */
final class DaemonClient {
  /** Writes the JSON output of all commands. */
  static final Gson JSON =
      new GsonBuilder().serializeNulls().disableHtmlEscaping().setPrettyPrinting().create();

  private DaemonClient() {}

  /** Handles an answer; returns the exit code. */
  interface Handler {
    int handle(JsonElement answer);
  }

  /**
   * Sends a command and handles the answer. Prints an error if there is none.
   *
   * @return the exit code
   */
  static int ask(Path runDir, String command, List<String> arguments, Handler handler) {
    try {
      return handler.handle(command(runDir, command, arguments, step -> {}));
    } catch (IOException e) {
      return complain(runDir, e);
    } catch (ControlRefusal e) {
      Main.complain(e.getMessage());
      return Main.FAILED;
    }
  }

  /** Sends a command; see {@link ControlClient#command}. */
  static JsonElement command(
      Path runDir, String command, List<String> arguments, Consumer<JsonElement> steps)
      throws IOException, ControlRefusal {
    return ControlClient.command(runDir, command, arguments, steps);
  }

  /** Prints why there is no answer; returns the exit code. */
  static int complain(Path runDir, IOException why) {
    Main.complain(noAnswer(runDir, why));
    return why instanceof NotRunning ? Main.NOT_RUNNING : Main.FAILED;
  }

  /** Why there is no answer. */
  static String noAnswer(Path runDir, IOException why) {
    return (why instanceof NotRunning ? "no daemon is running in " : "can't reach the daemon in ")
        + runDir
        + ": "
        + why.getMessage();
  }
}
