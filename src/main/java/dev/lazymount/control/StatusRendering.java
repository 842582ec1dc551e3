package dev.lazymount.control;

import com.google.gson.GsonBuilder;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import dev.lazymount.status.StatusReport;
import dev.lazymount.status.StatusText;
import java.io.IOException;
import java.io.StringReader;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * How a status is printed. A client names one as the argument of {@code status}, and gets the text
 * as its {@code result}.
 */
public enum StatusRendering {
  /** For people. */
  TEXT,
  /** For people at a terminal that shows colours. */
  COLOURS,
  /** For tools. */
  JSON;

  private String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The one that is asked for; empty if none is, or one that nobody knows. */
  public static Optional<StatusRendering> of(List<String> arguments) {
    for (StatusRendering each : values()) {
      if (arguments.contains(each.word())) {
        return Optional.of(each);
      }
    }
    return Optional.empty();
  }

  /** A status as text, with an end of line. */
  public String of(StatusReport status) {
    String text =
        this == JSON
            ? new GsonBuilder().serializeNulls().setPrettyPrinting().create().toJson(status)
            : String.join(
                System.lineSeparator(),
                StatusText.lines(
                    status,
                    this == COLOURS ? StatusText.COLOURS : StatusText.PLAIN,
                    Instant.now()));
    return text + System.lineSeparator();
  }

  /** The question for it, without its line end. */
  public String question() {
    return "{\"command\":\"status\",\"arguments\":[\"" + word() + "\"]}";
  }

  /**
   * The text in an answer, read as it comes and without any of the classes that it could be told
   * by.
   *
   * @param line the answer; null if there was none
   * @return empty if it has none, as that of a daemon that knows no renderings
   * @throws ControlRefusal with the error in it, if there is one
   * @throws IOException if it is not understood
   */
  public static Optional<String> text(String line) throws IOException, ControlRefusal {
    String text = null;
    try (JsonReader reader = new JsonReader(new StringReader(line))) {
      reader.beginObject();
      while (reader.hasNext()) {
        String name = reader.nextName();
        boolean string = reader.peek() == JsonToken.STRING;
        if (string && name.equals("error")) {
          throw new ControlRefusal(reader.nextString());
        } else if (string && name.equals("result")) {
          text = reader.nextString();
        } else {
          reader.skipValue();
        }
      }
    } catch (IllegalStateException | IOException e) {
      throw new IOException("the daemon's answer is not understood: " + e.getMessage(), e);
    }
    return Optional.ofNullable(text);
  }
}
