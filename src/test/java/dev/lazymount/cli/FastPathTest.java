package dev.lazymount.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which lines need no library for command lines, and what they say. */
final class FastPathTest {
  @Test
  void settingsAreThoseGivenInTheirOrder() {
    FastPath run =
        FastPath.of("run", "--set", "a=1", "--config", "/etc/x", "--set", "b=2").orElseThrow();
    assertEquals("run", run.command());
    assertEquals(Optional.of(Path.of("/etc/x")), run.options().file());
    assertEquals(List.of("a=1", "b=2"), run.options().overrides());
    FastPath status = FastPath.of("status", "--json").orElseThrow();
    assertTrue(status.json());
    assertEquals(List.of(), status.options().overrides());
    assertFalse(FastPath.of("status").orElseThrow().json());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "--help",
        "check",
        "run --help",
        "run --json",
        "run more",
        "run --set",
        "run --set --config",
        "run --set=a=1",
        "run --config a --config b",
        "status --watch",
        "status --json=x",
        "Run"
      })
  void anythingElseIsLeftToTheLibrary(String line) {
    assertEquals(Optional.empty(), FastPath.of(line.split(" ", -1)));
  }
}
