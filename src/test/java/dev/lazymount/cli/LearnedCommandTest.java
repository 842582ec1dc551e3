package dev.lazymount.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Export, merge and report, as an operator of a fleet runs them. */
final class LearnedCommandTest {
  @TempDir private Path temp;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final PrintStream realOut = System.out;
  private final PrintStream realErr = System.err;

  @BeforeEach
  void capture() throws IOException {
    System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
    Files.createDirectories(temp.resolve("root"));
    Files.createDirectories(temp.resolve("images"));
    for (String name : List.of("gcc", "rust", "old")) {
      Files.writeString(temp.resolve("images/" + name + ".img"), "");
    }
  }

  @AfterEach
  void release() {
    System.setOut(realOut);
    System.setErr(realErr);
  }

  private int run(String command, String... more) {
    List<String> args = new ArrayList<>(List.of("learned", command));
    if (!command.equals("merge")) {
      for (String directory : List.of("root", "images", "state-dir")) {
        args.addAll(List.of("--set", directory + "=" + temp.resolve(directory)));
      }
    }
    args.addAll(List.of(more));
    return Main.run(args.toArray(String[]::new));
  }

  private String out() {
    return out.toString(StandardCharsets.UTF_8);
  }

  private String err() {
    return err.toString(StandardCharsets.UTF_8);
  }

  /** A host that has used one compiler in the last hour, and another one long ago. */
  private String host(String name) throws IOException {
    String hour = Instant.now().truncatedTo(ChronoUnit.HOURS).toString();
    String list = "2.0 %s %s\n 1.0 2020-01-01T00:00:00Z old\n# 2 in all\n".formatted(hour, name);
    return Files.writeString(temp.resolve("host-" + name), list).toString();
  }

  @Test
  void mergeReplacesTheSeedInOneStep() throws IOException {
    Path seed = temp.resolve("seed");
    String damaged = Files.writeString(temp.resolve("damaged"), "2.0 yesterday gcc\n").toString();
    String[] inputs = {"--output", seed + "", seed + "", host("gcc"), damaged, host("rust")};
    assertEquals(0, run("merge", inputs));
    assertEquals(2, err().lines().count(), err());
    assertTrue(err().contains("skipped " + damaged + ": line 1 is not a score"), err());
    String merged = Files.readString(seed);
    assertTrue(merged.startsWith("# lazymount learned 1, merged\n"), merged);
    assertTrue(merged.contains("  gcc\n") && merged.contains("  rust\n"), merged);
    assertFalse(Files.exists(temp.resolve("seed.new")));
    // The seed is an input of the next merge.
    assertEquals(0, run("merge", "--output", seed + "", seed + ""));
    assertEquals(
        merged.lines().skip(5).toList(), Files.readAllLines(seed).stream().skip(5).toList());
  }

  @Test
  void mergeOfNothingGoodKeepsTheSeed() throws IOException {
    Path seed = Files.writeString(temp.resolve("seed"), "gcc\n");
    assertEquals(1, run("merge", "--output", seed + "", temp.resolve("missing") + ""));
    assertEquals("gcc\n", Files.readString(seed));
    assertTrue(err().contains("nothing was written"), err());
  }

  @Test
  void reportListsUsedAndUnusedImages() throws IOException {
    assertEquals(0, run("report", host("gcc")));
    assertTrue(out().contains("2 of 3 images were not used in the last 30 days"), out());
    assertTrue(out().contains("  never        rust\n"), out());
    assertTrue(out().matches("(?s).*  \\d+ d ago +old\n.*"), out());
    assertTrue(out().lines().anyMatch(line -> line.endsWith("  gcc")), out());
  }

  @Test
  void reportAsJson() throws IOException {
    assertEquals(0, run("report", "--json", host("gcc")));
    JsonObject report = JsonParser.parseString(out()).getAsJsonObject();
    assertEquals(2, report.getAsJsonArray("unused").size());
    assertEquals(
        "gcc",
        report.getAsJsonArray("compilers").get(0).getAsJsonObject().get("name").getAsString());
  }

  @Test
  void exportIsAnInputOfMerge() throws IOException {
    Files.createDirectories(temp.resolve("state-dir"));
    Files.copy(Path.of(host("gcc")), temp.resolve("state-dir/warm.list"));
    assertEquals(0, run("export"));
    Path exported = Files.writeString(temp.resolve("exported"), out());
    out.reset();
    assertEquals(0, run("merge", exported + ""));
    assertTrue(out().contains("  gcc\n"), out());
  }

  @Test
  void commandWithoutASubcommandIsAUsageError() {
    assertEquals(2, Main.run("learned"));
    assertTrue(err().contains("export"), err());
  }
}
