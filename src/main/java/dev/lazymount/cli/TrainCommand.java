package dev.lazymount.cli;

import dev.lazymount.daemon.Training;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code lazymount train}: for the build only. */
@Command(name = "train", hidden = true, description = "Load what a start loads, and end.")
final class TrainCommand implements Callable<Integer> {
  @Override
  public Integer call() throws IOException {
    Optional<String> problem = Training.run();
    problem.ifPresent(why -> Main.complain("training failed: " + why));
    return problem.isPresent() ? Main.FAILED : Main.OK;
  }
}
