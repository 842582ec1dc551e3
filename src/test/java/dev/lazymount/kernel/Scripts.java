package dev.lazymount.kernel;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/** Shell scripts, such as one that replaces bpftrace, and what they printed. */
public final class Scripts {
  private Scripts() {}

  /** Writes an executable script of these lines. */
  public static Path write(Path file, String... lines) throws IOException {
    List<String> all = new ArrayList<>(List.of("#!/bin/sh"));
    all.addAll(List.of(lines));
    Files.write(file, all);
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
  }

  /** The output of a process so far, for a failure message. */
  static String log(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }
}
