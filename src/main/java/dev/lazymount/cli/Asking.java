package dev.lazymount.cli;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import dev.lazymount.ops.ControlClient;
import dev.lazymount.ops.ControlRefusal;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/** How commands ask the daemon, and what they print. */
final class Asking {
  /** All JSON that is printed is written by it. */
  static final Gson JSON =
      new GsonBuilder().serializeNulls().disableHtmlEscaping().setPrettyPrinting().create();

  private Asking() {}

  /** No daemon answers: why not. */
  static final class NobodyThere extends Exception {
    private static final long serialVersionUID = 1L;

    NobodyThere(Path runDir, IOException cause) {
      super("no daemon answers in " + runDir + ": " + cause.getMessage(), cause);
    }
  }

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
    } catch (NobodyThere e) {
      Main.complain(e.getMessage());
      return Main.NOT_RUNNING;
    } catch (ControlRefusal e) {
      Main.complain(e.getMessage());
      return Main.FAILED;
    }
  }

  /** Asks. */
  static JsonElement command(
      Path runDir, String command, List<String> arguments, Consumer<JsonElement> steps)
      throws NobodyThere, ControlRefusal {
    try {
      return ControlClient.command(runDir, command, arguments, steps);
    } catch (IOException e) {
      throw new NobodyThere(runDir, e);
    }
  }
}
