package dev.lazymount.daemon;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lazymount.kernel.ChildProcess;
import dev.lazymount.kernel.ConcurrentReaders;
import dev.lazymount.kernel.DaemonProcess;
import dev.lazymount.kernel.Site;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A real compiler (tcc) keeps compiling while its image is mounted. */
class CompilerIT {
  private static final int VERSIONS = 8;
  private static final int LOOPS = 4;
  private static final String SOURCE =
      """
      #include <float.h>
      #include <stdarg.h>
      #include <stdbool.h>
      #include <stddef.h>
      static int sum(int n, ...) {
        va_list numbers;
        int sum = 0;
        va_start(numbers, n);
        while (n--) sum += va_arg(numbers, int);
        va_end(numbers);
        return sum;
      }
      int main(void) { return sum(3, 1, 2, (int) sizeof(size_t)) + DBL_DIG; }
      """;

  private Site site;
  private Path source;
  private byte[] reference;

  @BeforeEach
  void open() throws IOException {
    site = Site.create();
    source = Files.writeString(site.scratch().resolve("source.c"), SOURCE);
    Path tree = tcc(site.scratch().resolve("tcc"));
    Files.writeString(tree.resolve("version"), Site.IMAGE);
    Path image = site.imageOf(tree);
    for (int i = 0; i < VERSIONS; i++) {
      Path original = tcc(site.scratch().resolve("original-" + i));
      Files.writeString(original.resolve("version"), Site.ORIGINAL);
      Files.move(original, site.root("tcc-" + i));
      site.place(image, "tcc-" + i);
    }
    Path object = site.scratch().resolve("reference.o");
    assertEquals("", compile(tree, object).orFail());
    reference = Files.readAllBytes(object);
  }

  @AfterEach
  void close() {
    site.close();
  }

  /** A copy of the installed tcc: its program, its library and its headers. */
  private static Path tcc(Path to) throws IOException {
    Path library;
    try (Stream<Path> folders = Files.walk(Path.of("/usr/lib"), 2)) {
      library =
          folders
              .filter(folder -> folder.endsWith("tcc") && Files.isDirectory(folder))
              .findFirst()
              .orElseThrow(() -> new AssertionError("tcc is not installed"));
    }
    Files.createDirectories(to.resolve("bin"));
    ChildProcess.run("cp", "/usr/bin/tcc", to.resolve("bin/tcc").toString()).orFail();
    ChildProcess.run("cp", "-r", library.toString(), to.resolve("lib").toString()).orFail();
    return to;
  }

  private ChildProcess.Result compile(Path tcc, Path object) {
    return ChildProcess.run(
        tcc.resolve("bin/tcc").toString(),
        "-nostdinc",
        "-B" + tcc.resolve("lib"),
        "-I" + tcc.resolve("lib/include"),
        "-c",
        "-o",
        object.toString(),
        source.toString());
  }

  @Test
  void noCompileFailsDuringTheMount() throws Exception {
    DaemonProcess daemon = site.start();
    AtomicReference<String> current = new AtomicReference<>("tcc-0");
    try (ConcurrentReaders compiles =
        new ConcurrentReaders(
            LOOPS,
            loop -> {
              Path object = site.scratch().resolve("loop-" + loop + ".o");
              assertEquals("", compile(site.root(current.get()), object).orFail());
              assertArrayEquals(reference, Files.readAllBytes(object), "the object file differs");
            })) {
      for (int i = 0; i < VERSIONS; i++) {
        // All loops switch to a version that is not mounted yet, and compile past its mount.
        current.set("tcc-" + i);
        daemon.awaitMounted("tcc-" + i);
        compiles.await(5);
      }
    }
    for (int i = 0; i < VERSIONS; i++) {
      assertEquals(1, site.mountsOn("tcc-" + i));
      assertEquals(Site.IMAGE, site.version("tcc-" + i));
    }
  }
}
