package dev.lazymount.cli;

import dev.lazymount.daemon.CdsTraining;
import dev.lazymount.status.StatusText;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code lazymount train}: for the build only. */
@Command(name = "train", hidden = true, description = "Load what a start loads, and end.")
final class TrainCommand implements Callable<Integer> {
  @Override
  public Integer call() throws IOException {
    Optional<String> problem = CdsTraining.run();
    problem.ifPresent(why -> Main.complain("training failed: " + why));
    askInVain();
    return problem.isPresent() ? Main.FAILED : Main.OK;
  }

  /** What the commands that ask a daemon load, too: they should answer as soon as they can. */
  private static void askInVain() {
    PrintStream out = System.out;
    PrintStream err = System.err;
    try (PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream())) {
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
