package dev.lazymount.control;

import java.nio.charset.StandardCharsets;

/** A line on the control socket. */
public final class ControlRequestFuzz {
  private ControlRequestFuzz() {}

  /** The line. */
  public static void fuzzerTestOneInput(byte[] data) {
    ControlProtocol.Request request =
        ControlSession.parse(new String(data, StandardCharsets.UTF_8));
    if (request != null
        && request.givenArguments().stream().anyMatch(argument -> argument == null)) {
      throw new AssertionError("an argument is null");
    }
  }
}
