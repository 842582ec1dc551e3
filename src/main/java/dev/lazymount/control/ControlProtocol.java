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
 * What goes over the control socket: one line of JSON as the question, and as the answer one line
 * or, where the work takes a while, one for each step of it. Fields are added, never renamed.
 */
public final class ControlProtocol {
  /** The version of the protocol, in every answer. */
  public static final int VERSION = 1;

  /** How long either side waits for the next line of the other. */
  static final Duration PATIENCE = Duration.ofSeconds(5);

  /** Bytes of a question with its line end. */
  static final int LONGEST_REQUEST = 65_536;

  /** In a class of its own: whoever asks for the text of a status does without. */
  static final class Json {
    static final Gson GSON =
        new GsonBuilder().serializeNulls().serializeSpecialFloatingPointValues().create();

    private Json() {}
  }

  private ControlProtocol() {}

  /** Where the socket of a run directory is; here, because a client is quicker without a logger. */
  static Path socket(Path runDir) {
    return runDir.resolve("control.sock");
  }

  /**
   * A question.
   *
   * @param command what is asked, such as {@code status}
   * @param arguments to what, such as names of images; null is none. For a status they say how:
   *     none for an object in {@code status}, else see {@link StatusRendering}
   */
  public record Request(String command, List<String> arguments) {
    /** The arguments without nulls, whatever the client sent. */
    public List<String> givenArguments() {
      return arguments == null ? List.of() : arguments.stream().filter(Objects::nonNull).toList();
    }
  }

  /**
   * One line of an answer.
   *
   * @param protocol the version of the protocol
   * @param error why the question is not answered; null if it is
   * @param status the answer to {@code status}; else null
   * @param result what any other command answers; null if there was an error
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

    static Response result(JsonElement result, boolean more) {
      return new Response(VERSION, null, null, result, more);
    }
  }
}
