package dev.lazymount.config;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A configuration file and a {@code --set}: settings, or all that is wrong with them. */
public final class SettingsFuzz {
  private static Path file;

  private SettingsFuzz() {}

  /** The value of a {@code --set} up to a NUL, then the file. */
  public static void fuzzerTestOneInput(byte[] data) throws IOException {
    if (file == null) {
      file = Files.createTempFile("lazymount-fuzz-", ".conf");
      file.toFile().deleteOnExit();
    }
    String text = new String(data, StandardCharsets.UTF_8);
    if (text.contains("include")) {
      // A file that the operator wrote may read others; this test must not.
      return;
    }
    int nul = text.indexOf('\0');
    Files.writeString(file, text.substring(nul + 1));
    List<String> set = nul < 0 ? List.of() : List.of(text.substring(0, nul));
    try {
      SettingsLoader.load(Optional.of(file), set);
    } catch (InvalidSettingsException e) {
      if (e.problems().isEmpty()) {
        throw new AssertionError("refused without a reason", e);
      }
    }
  }
}
