package dev.lazymount.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code lazymount docs}: for the build only. */
@Command(
    name = "docs",
    hidden = true,
    description = "Write the man page and the shell completion, and end.")
final class DocsCommand implements Callable<Integer> {
  @Parameters(paramLabel = "DIRECTORY")
  private Path directory;

  @Override
  public Integer call() throws IOException {
    write("lazymount.1", ManPage.of(Main.commandLine()));
    // The shell reads it and never runs it: nothing for a line that says who would.
    String completion = AutoComplete.bash("lazymount", Main.commandLine());
    write("lazymount.bash", completion.replaceFirst("^#!.*\\R", ""));
    return Main.OK;
  }

  private void write(String name, String text) throws IOException {
    Files.write(directory.resolve(name), text.getBytes(StandardCharsets.UTF_8));
  }
}
