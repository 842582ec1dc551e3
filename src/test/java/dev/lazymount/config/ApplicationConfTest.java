package dev.lazymount.config;

import static dev.lazymount.support.TestSettings.DEFAULTS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** conf/application.conf agrees with the code. */
class ApplicationConfTest {

  private static final Path FILE = Path.of("conf", "application.conf");

  @Test
  void changesNothingAsItIs() {
    assertEquals(
        SettingsLoader.load(Optional.empty(), List.of()),
        SettingsLoader.load(Optional.of(FILE), List.of()));
  }

  @Test
  void showsEveryKeyWithItsDefault() throws IOException {
    Config shown =
        ConfigFactory.parseString(
            Files.readAllLines(FILE).stream()
                .map(line -> line.replaceFirst("^( *)# ([a-z-]+ = )", "$1$2"))
                .collect(Collectors.joining("\n")));

    assertEquals(DEFAULTS.getConfig("lazymount"), shown.getConfig("lazymount"));
  }

  @Test
  void explainsEveryKey() throws IOException {
    List<String> lines = Files.readAllLines(FILE);
    for (int i = 1; i < lines.size(); i++) {
      if (lines.get(i).matches(" *# [a-z-]+ = .*")) {
        String above = lines.get(i - 1);
        assertTrue(above.matches(" *# .*[.]"), "no sentence above: " + lines.get(i));
      }
    }
  }
}
