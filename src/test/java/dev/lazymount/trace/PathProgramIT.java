package dev.lazymount.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.kernel.ChildProcess;
import dev.lazymount.kernel.Site;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The path program reports one path of each directory, and misses no other directory by it. */
class PathProgramIT {
  private Site site;
  private Opener opener;

  @BeforeEach
  void open() throws IOException {
    site = Site.create();
    opener = Opener.compile(site.scratch());
  }

  @AfterEach
  void close() {
    site.close();
  }

  private void compilers(String... names) throws IOException {
    for (String name : names) {
      site.original(name, Map.of("x", "x"));
    }
  }

  /** A window that outlasts the test, so that nothing is reported for the second time. */
  private TraceRecorder record(BpftraceUnderTest bpftrace) throws IOException {
    return TraceRecorder.path(bpftrace.settings(site, "trace.window=1m")).awaitWorking();
  }

  @ParameterizedTest
  @MethodSource("dev.lazymount.trace.BpftraceUnderTest#all")
  void compileWithManyHeadersLosesNoEvent(BpftraceUnderTest bpftrace) throws IOException {
    int headers = 1541;
    int directories = 40;
    List<String> command = new ArrayList<>(List.of("cat"));
    for (int i = 0; i < headers; i++) {
      Path directory = site.root("libs/boost/include/d" + i % directories);
      Files.createDirectories(directory);
      Path header = Files.writeString(directory.resolve("header" + i + ".hpp"), "x");
      command.add(header.toString());
    }
    try (TraceRecorder watch = record(bpftrace)) {
      long before = watch.events();

      ChildProcess.run("", command).orFail();
      ChildProcess.run("", command).orFail();

      TraceRecorder.fence(site, opener, List.of(watch));
      watch.awaitSight("libs/boost/include/d" + (directories - 1));
      assertEquals(0, watch.lost());
      assertEquals(directories + 1, watch.events() - before, watch.paths().toString());
    }
  }

  @ParameterizedTest
  @MethodSource("dev.lazymount.trace.BpftraceUnderTest#all")
  void pathThatLeavesItsDirectoryIsReported(BpftraceUnderTest bpftrace) throws IOException {
    compilers("gcc", "up", "twice", "dot", "back");
    try (TraceRecorder watch = record(bpftrace)) {
      String gcc = site.root("gcc") + "/";
      opener.open("openat", gcc + "x");
      opener.open("openat", gcc + "../up/x");
      opener.open("openat", gcc + "../back/x");
      opener.open("openat", site.root() + "//twice/x");
      opener.open("openat", site.root() + "/./dot/x");

      TraceRecorder.fence(site, opener, List.of(watch));
      for (String name : List.of("gcc", "up", "back", "twice", "dot")) {
        assertTrue(watch.saw(name), name + ": " + watch.paths());
      }
    }
  }

  /** Every length of the name, so that each place in a word of eight bytes occurs. */
  @ParameterizedTest
  @MethodSource("dev.lazymount.trace.BpftraceUnderTest#all")
  void namesThatDifferInOneByteAreReported(BpftraceUnderTest bpftrace) throws IOException {
    List<String> names = new ArrayList<>();
    for (int length = 0; length < 20; length++) {
      names.add("n".repeat(length) + "1");
      names.add("n".repeat(length) + "2");
    }
    compilers(names.toArray(String[]::new));
    try (TraceRecorder watch = record(bpftrace)) {
      names.forEach(name -> opener.open("openat", site.root(name) + "/x"));

      TraceRecorder.fence(site, opener, List.of(watch));
      names.forEach(name -> assertTrue(watch.saw(name), name + ": " + watch.paths()));
    }
  }

  @ParameterizedTest
  @MethodSource("dev.lazymount.trace.BpftraceUnderTest#all")
  void pathAtTheEndOfItsPageIsReported(BpftraceUnderTest bpftrace) throws IOException {
    List<String> names = new ArrayList<>();
    for (int length = 0; length < 8; length++) {
      names.add("n".repeat(length) + "1");
      names.add("n".repeat(length) + "2");
    }
    compilers(names.toArray(String[]::new));
    try (TraceRecorder watch = record(bpftrace)) {
      names.forEach(name -> opener.open("page-end", site.root(name) + "/x"));

      TraceRecorder.fence(site, opener, List.of(watch));
      names.forEach(name -> assertTrue(watch.saw(name), name + ": " + watch.paths()));
    }
  }
}
