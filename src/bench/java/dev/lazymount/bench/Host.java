package dev.lazymount.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Where a number was measured, and with what. */
final class Host {
  private Host() {}

  static Map<String, Object> describe() throws IOException, InterruptedException {
    Map<String, Object> machine = new LinkedHashMap<>();
    machine.put("cpu", field("/proc/cpuinfo", "model name"));
    machine.put("cores", Runtime.getRuntime().availableProcessors());
    machine.put("memory", field("/proc/meminfo", "MemTotal"));
    machine.put("load before", Files.readString(Path.of("/proc/loadavg")).split(" ", -1)[0]);

    Map<String, Object> versions = new LinkedHashMap<>();
    versions.put("lazymount", says("git", "describe", "--always", "--dirty", "--tags"));
    versions.put("java", System.getProperty("java.runtime.version"));
    versions.put("bpftrace", says("bpftrace", "--version"));
    versions.put("mount", says("mount", "--version"));
    versions.put("python", says("python3", "--version"));
    versions.put("cc", says("cc", "-dumpversion"));

    Map<String, Object> host = new LinkedHashMap<>();
    host.put("when", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    host.put("machine", machine);
    host.put("kernel", Files.readString(Path.of("/proc/sys/kernel/osrelease")).strip());
    host.put("versions", versions);
    Optional.ofNullable(System.getenv("JAVA_OPTS")).ifPresent(o -> host.put("JAVA_OPTS", o));
    return host;
  }

  private static String field(String file, String name) throws IOException {
    return Files.readAllLines(Path.of(file)).stream()
        .filter(line -> line.startsWith(name))
        .map(line -> line.substring(line.indexOf(':') + 1).strip())
        .findFirst()
        .orElse("unknown");
  }

  /** The first line a command prints. */
  private static String says(String... command) throws InterruptedException {
    try {
      Process process =
          new ProcessBuilder(List.of(command))
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      process.waitFor();
      return output.lines().findFirst().orElse("unknown").replaceAll(" \\(.*", "");
    } catch (IOException notThere) {
      return "not there";
    }
  }
}
