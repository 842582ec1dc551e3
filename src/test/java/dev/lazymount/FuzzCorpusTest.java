package dev.lazymount;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.lazymount.catalog.RootPathFuzz;
import dev.lazymount.config.SettingsFuzz;
import dev.lazymount.control.ControlRequestFuzz;
import dev.lazymount.linux.MountInfoFuzz;
import dev.lazymount.mount.kernel.SuperblockFuzz;
import dev.lazymount.trace.TraceLinesFuzz;
import dev.lazymount.trace.program.BtfFuzz;
import dev.lazymount.warm.WarmListFuzz;
import dev.lazymount.web.HttpRequestFuzz;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The inputs of src/test/fuzz, and mutations of them from one seed. {@code ./dev fuzz} runs the
 * same targets with Jazzer, guided by coverage; an input that it finds is kept in src/test/fuzz.
 */
class FuzzCorpusTest {
  private static final Path CORPORA = Path.of("src", "test", "fuzz");
  private static final long SEED = 20261201;

  private interface Run {
    void with(byte[] input) throws Exception;
  }

  /** All targets, with how many mutations are tried. */
  @SuppressWarnings("ImmutableEnumChecker")
  private enum Target {
    TRACE_LINES(TraceLinesFuzz.class, TraceLinesFuzz::fuzzerTestOneInput, 20_000),
    MOUNT_INFO(MountInfoFuzz.class, MountInfoFuzz::fuzzerTestOneInput, 20_000),
    SUPERBLOCK(SuperblockFuzz.class, SuperblockFuzz::fuzzerTestOneInput, 20_000),
    BTF(BtfFuzz.class, BtfFuzz::fuzzerTestOneInput, 5_000),
    CONTROL_REQUEST(ControlRequestFuzz.class, ControlRequestFuzz::fuzzerTestOneInput, 20_000),
    SETTINGS(SettingsFuzz.class, SettingsFuzz::fuzzerTestOneInput, 500),
    WARM_LIST(WarmListFuzz.class, WarmListFuzz::fuzzerTestOneInput, 20_000),
    ROOT_PATH(RootPathFuzz.class, RootPathFuzz::fuzzerTestOneInput, 20_000),
    HTTP_REQUEST(HttpRequestFuzz.class, HttpRequestFuzz::fuzzerTestOneInput, 300);

    private final Class<?> type;
    private final Run run;
    private final int mutations;

    Target(Class<?> type, Run run, int mutations) {
      this.type = type;
      this.run = run;
      this.mutations = mutations;
    }

    List<byte[]> corpus() throws IOException {
      try (Stream<Path> files = Files.list(CORPORA.resolve(type.getSimpleName()))) {
        List<byte[]> inputs = new ArrayList<>();
        for (Path file : files.sorted().toList()) {
          inputs.add(Files.readAllBytes(file));
        }
        return inputs;
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Target.class)
  void inputsAndMutationsOfThemAreHandled(Target target) throws Exception {
    List<byte[]> corpus = target.corpus();
    assertFalse(corpus.isEmpty());
    for (byte[] input : corpus) {
      run(target, input);
    }
    Random random = new Random(SEED);
    for (int i = 0; i < target.mutations; i++) {
      run(target, mutated(corpus, random));
    }
    System.out.println(target + ": " + corpus.size() + " inputs, " + target.mutations + " others");
  }

  @ParameterizedTest
  @EnumSource(Target.class)
  void everyCorpusHasATarget(Target target) throws IOException {
    try (Stream<Path> folders = Files.list(CORPORA)) {
      TreeSet<String> names = new TreeSet<>();
      folders.forEach(folder -> names.add(folder.getFileName().toString()));
      TreeSet<String> targets = new TreeSet<>();
      for (Target each : Target.values()) {
        targets.add(each.type.getSimpleName());
      }
      assertEquals(targets, names, target.toString());
    }
  }

  private static void run(Target target, byte[] input) {
    try {
      target.run.with(input);
    } catch (Exception | LinkageError | AssertionError | StackOverflowError e) {
      throw new AssertionError(
          target + " with " + new String(input, StandardCharsets.ISO_8859_1), e);
    }
  }

  private static byte[] mutated(List<byte[]> corpus, Random random) {
    byte[] input = corpus.get(random.nextInt(corpus.size()));
    for (int i = random.nextInt(4); i >= 0; i--) {
      input = mutated(input, corpus.get(random.nextInt(corpus.size())), random);
    }
    return input;
  }

  /** One change: a byte, a piece removed or repeated, or a piece of another input. */
  private static byte[] mutated(byte[] input, byte[] other, Random random) {
    if (input.length == 0) {
      return other;
    }
    int from = random.nextInt(input.length);
    int to = Math.min(input.length, from + 1 + random.nextInt(16));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(input, 0, from);
    switch (random.nextInt(5)) {
      case 0 -> {
        out.write(random.nextInt(256));
        out.write(input, from + 1, input.length - from - 1);
      }
      case 1 -> out.write(input, to, input.length - to);
      case 2 -> {
        byte[] piece = Arrays.copyOfRange(input, from, to);
        for (int i = random.nextInt(6); i >= 0; i--) {
          out.write(piece, 0, piece.length);
        }
        out.write(input, from, input.length - from);
      }
      case 3 -> {
        int start = random.nextInt(other.length + 1);
        out.write(other, start, Math.min(other.length - start, random.nextInt(64)));
        out.write(input, from, input.length - from);
      }
      default -> {
        // Numbers at their limits.
        byte[] limit = {(byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) (random.nextInt(2) * 0x7f)};
        out.write(limit, 0, 1 + random.nextInt(4));
        out.write(input, to, input.length - to);
      }
    }
    return out.toByteArray();
  }
}
