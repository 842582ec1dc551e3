package dev.lazymount.kernel;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/** Shell scripts that stand in for bpftrace. */
public final class Scripts {
  private Scripts() {}

  /** Writes an executable script of these lines. */
  public static Path write(Path file, String... lines) throws IOException {
    List<String> all = new ArrayList<>(List.of("#!/bin/sh"));
    all.addAll(List.of(lines));
    Files.write(file, all);
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
  }
}
