package dev.lazymount.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.kernel.ChildProcess;
import dev.lazymount.kernel.Site;
import dev.lazymount.status.Access;
import dev.lazymount.status.ProgramName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each program on each release of bpftrace reports writes as writes, and only those. */
class WriteIT {
  private static final String ALL_PROGRAMS =
      "dev.lazymount.trace.BpftraceUnderTest#withEachProgram";

  private Site site;
  private Opener opener;

  @BeforeEach
  void open() {
    site = Site.create();
    opener = Opener.compile(site.scratch());
  }

  @AfterEach
  void close() {
    site.close();
  }

  private TraceRecorder record(ProgramName program, BpftraceUnderTest bpftrace) throws IOException {
    return TraceRecorder.of(program, bpftrace.settings(site, "trace.window=1m"), 1).awaitWorking();
  }

  @ParameterizedTest
  @MethodSource(ALL_PROGRAMS)
  void eachWayToWriteIsAWriteAndNoUse(ProgramName program, BpftraceUnderTest bpftrace)
      throws IOException {
    Map<String, String> ways = new TreeMap<>();
    ways.put("write", "/x");
    ways.put("read-write2", "/x");
    ways.put("creat", "/new");
    ways.put("creat-call", "/new");
    ways.put("read-creat", "/new");
    ways.put("tmpfile", "/sub");
    for (String way : ways.keySet()) {
      site.original("by-" + way, Map.of("x", "x", "sub/x", "x"));
    }
    try (TraceRecorder recorder = record(program, bpftrace)) {
      ways.forEach((way, file) -> opener.open(way, site.root("by-" + way) + file));

      TraceRecorder.fence(site, opener, List.of(recorder));
      Map<String, String> wrong = new TreeMap<>();
      for (String way : ways.keySet()) {
        boolean write = recorder.saw(Access.Kind.WRITE, "by-" + way);
        boolean use = recorder.saw(Access.Kind.USE, "by-" + way);
        if (!write || use) {
          wrong.put(way, "write " + write + ", use " + use);
        }
      }
      assertEquals(Map.of(), wrong);
    }
  }

  @ParameterizedTest
  @MethodSource(ALL_PROGRAMS)
  void writeAndUseDoNotSuppressEachOther(ProgramName program, BpftraceUnderTest bpftrace)
      throws IOException {
    site.original("written-first", Map.of("x", "x"));
    site.original("used-first", Map.of("x", "x"));
    try (TraceRecorder recorder = record(program, bpftrace)) {
      opener.open("write", site.root("written-first/x"));
      opener.open("openat", site.root("written-first/x"));
      opener.open("openat", site.root("used-first/x"));
      opener.open("write", site.root("used-first/x"));
      long before = recorder.events();
      TraceRecorder.fence(site, opener, List.of(recorder));
      for (String name : List.of("written-first", "used-first")) {
        assertTrue(recorder.saw(Access.Kind.WRITE, name), name);
        assertTrue(recorder.saw(Access.Kind.USE, name), name);
      }

      for (int i = 0; i < 10; i++) {
        opener.open("write", site.root("written-first/x"));
      }
      TraceRecorder.fence(site, opener, List.of(recorder));
      assertTrue(recorder.events() <= before + 6, "each kind once per window");
    }
  }

  /** Otherwise a user without any permission could keep compilers from being mounted. */
  @ParameterizedTest
  @MethodSource(ALL_PROGRAMS)
  void refusedWriteOfAnotherUserIsNoWrite(ProgramName program, BpftraceUnderTest bpftrace)
      throws IOException {
    site.original("theirs", Map.of("x", "x"));
    Files.setPosixFilePermissions(site.folder(), PosixFilePermissions.fromString("rwxr-xr-x"));
    try (TraceRecorder recorder = record(program, bpftrace)) {
      ChildProcess.Result refused =
          ChildProcess.run(
              "setpriv",
              "--reuid=65534",
              "--regid=65534",
              "--clear-groups",
              opener.program().toString(),
              "write",
              site.root("theirs/x").toString());
      assertEquals(1, refused.status());
      TraceRecorder.fence(site, opener, List.of(recorder));
      assertFalse(recorder.saw("theirs"), "neither a write nor a use");
    }
  }
}
