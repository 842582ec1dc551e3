package dev.lazymount.cli;

import dev.lazymount.daemon.CdsTraining;
import dev.lazymount.status.StatusText;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code lazymount train}: what the launcher runs to make the class archive. */
@Command(
    name = "train",
    hidden = true,
    description = "Load the classes that a start needs, for the class archive.")
final class TrainCommand implements Callable<Integer> {
  @Override
  public Integer call() throws IOException {
    Optional<String> problem = CdsTraining.run();
    problem.ifPresent(why -> Main.complain("training failed: " + why));
    runClientCommands();
    return problem.isPresent() ? Main.FAILED : Main.OK;
  }

  /** Loads the classes of the commands that ask a daemon, which there is none of here. */
  private static void runClientCommands() {
    PrintStream out = System.out;
    PrintStream err = System.err;
    try (PrintStream nowhere =
        new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8)) {
      System.setOut(nowhere);
      System.setErr(nowhere);
      String[] elsewhere = {"--set", "run-dir=/nonexistent", "--set", "images=/nonexistent/images"};
      for (String command : List.of("status", "explain", "reload", "rescan", "config", "check")) {
        List<String> line = new ArrayList<>(List.of(command));
        line.addAll(List.of(elsewhere));
        if (command.equals("explain")) {
          line.add("name");
        }
        Main.run(line.toArray(String[]::new));
      }
      Main.run("--help");
      Style.ofTerminal().paint(StatusText.Tone.GOOD, "ready");
    } finally {
      System.setOut(out);
      System.setErr(err);
    }
  }
}
