package dev.lazymount.control;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import dev.lazymount.status.StatusReport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;

/**
 * The wire format of the control socket: the client sends one request, a JSON object on one line.
 * The server answers with one line, or with one line for each step of a long command, and closes
 * the connection. Fields are added, never renamed.
 */
public final class ControlProtocol {
  /** The version of the protocol, part of every response. */
  public static final int VERSION = 1;

  /** How long either side waits for the next line of the other. */
  static final Duration PATIENCE = Duration.ofSeconds(5);

  /** The longest request, bytes, including its line end. */
  static final int LONGEST_REQUEST = 65_536;

  static final Gson GSON =
      new GsonBuilder().serializeNulls().serializeSpecialFloatingPointValues().create();

  private ControlProtocol() {}

  /** The socket of a run directory. */
  public static Path socket(Path runDir) {
    return runDir.resolve("control.sock");
  }

  /**
   * A request.
   *
   * @param command the command, such as {@code status}
   * @param arguments of the command, such as image names; null means none
   */
  public record Request(String command, List<String> arguments) {
    /** The arguments without nulls, whatever the client sent. */
    public List<String> givenArguments() {
      return arguments == null ? List.of() : arguments.stream().filter(Objects::nonNull).toList();
    }
  }

  /**
   * One line of the response.
   *
   * @param protocol the version of the protocol
   * @param error why the request failed; null if it did not
   * @param status the answer to {@code status}; null for other commands
   * @param result the answer, or one step, of any other command; null after an error
   * @param more whether another line follows
   */
  public record Response(
      int protocol, String error, StatusReport status, JsonElement result, boolean more) {
    static Response error(String why) {
      return new Response(VERSION, why, null, null, false);
    }

    static Response status(StatusReport status) {
      return new Response(VERSION, null, status, null, false);
    }

    static Response result(Object result, boolean more) {
      return new Response(VERSION, null, null, GSON.toJsonTree(result), more);
    }
  }
}
