package dev.lazymount.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.kernel.ChildProcess;
import dev.lazymount.kernel.DaemonProcess;
import dev.lazymount.kernel.Site;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the root can be, and which program trace.program = auto comes to there. */
class RootIT {
  /** What is mounted on the root before the daemon starts. */
  enum Kind {
    FOLDER_OF_A_LARGER_FILE_SYSTEM("resolved") {
      @Override
      void mount(Site site) {
        // That is what it is.
      }
    },
    BIND_MOUNT("resolved") {
      @Override
      void mount(Site site) throws IOException {
        Path elsewhere = Files.createDirectories(site.scratch().resolve("else/where"));
        run("mount", "--bind", elsewhere, site.root());
      }
    },
    EXT4("resolved") {
      @Override
      void mount(Site site) throws IOException {
        Path file = disk(site, 64);
        run("mkfs.ext4", "-q", file);
        run("mount", "-o", "loop", file, site.root());
      }
    },
    XFS("resolved") {
      @Override
      void mount(Site site) throws IOException {
        Path file = disk(site, 400);
        run("mkfs.xfs", "-q", file);
        run("mount", "-o", "loop", file, site.root());
      }
    },
    TMPFS("resolved") {
      @Override
      void mount(Site site) {
        run("mount", "-t", "tmpfs", "tmpfs", site.root());
      }
    },
    OVERLAYFS("resolved") {
      @Override
      void mount(Site site) throws IOException {
        // Not all on one file system, which is the harder case.
        Path lower = Files.createDirectory(site.scratch().resolve("lower"));
        Files.createDirectories(lower.resolve("from-lower"));
        Files.writeString(lower.resolve("from-lower/version"), Site.ORIGINAL);
        Path other = Files.createDirectory(site.scratch().resolve("other"));
        run("mount", "-t", "tmpfs", "tmpfs", other);
        Path upper = Files.createDirectory(other.resolve("upper"));
        Path work = Files.createDirectory(other.resolve("work"));
        String options = "lowerdir=" + lower + ",upperdir=" + upper + ",workdir=" + work;
        run("mount", "-t", "overlay", "overlay", "-o", options, site.root());
        site.goodImage("from-lower");
      }
    },
    /** stat(2) has another device for it than the kernel's superblock. */
    BTRFS_SUBVOLUME("path") {
      @Override
      void mount(Site site) throws IOException {
        Path file = disk(site, 128);
        run("mkfs.btrfs", "-q", file);
        Path top = Files.createDirectory(site.scratch().resolve("btrfs"));
        run("mount", "-o", "loop", file, top);
        run("btrfs", "subvolume", "create", top.resolve("compilers"));
        run("mount", "--bind", top.resolve("compilers"), site.root());
      }
    };

    private final String program;

    Kind(String program) {
      this.program = program;
    }

    abstract void mount(Site site) throws IOException;

    private static Path disk(Site site, long megabytes) throws IOException {
      Path file = site.scratch().resolve("disk");
      try (RandomAccessFile disk = new RandomAccessFile(file.toFile(), "rw")) {
        disk.setLength(megabytes << 20);
      }
      return file;
    }

    private static void run(Object... command) {
      ChildProcess.run("", Stream.of(command).map(Object::toString).toList()).orFail();
    }
  }

  private Site site;

  @BeforeEach
  void open() {
    site = Site.create();
  }

  @AfterEach
  void close() {
    site.close();
  }

  private void compiler(String name) throws IOException {
    // The root may be a file system of its own, into which nothing can be renamed.
    Files.createDirectories(site.root(name));
    Files.writeString(site.root(name).resolve("version"), Site.ORIGINAL);
    site.goodImage(name);
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void autoSelectsTheProgramThatWorksThere(Kind kind) throws IOException {
    kind.mount(site);
    for (String name : List.of("gcc", "arm64/gcc", "relative")) {
      compiler(name);
    }

    DaemonProcess daemon = site.start("trace.program=auto");

    String best = TraceRecorder.best().toString();
    boolean walks = kind.program.equals("resolved");
    assertEquals(walks ? best : "path", daemon.status().trace().program());
    String note = daemon.status().trace().note();
    if (walks) {
      assertEquals(best.equals("hooked"), note == null, note);
      ChildProcess.run("sh", "-c", "cd \"$0\" && cat relative/version", site.root().toString())
          .orFail();
      daemon.awaitMounted("relative");
    } else {
      assertTrue(note.startsWith("path and not hooked: "), note);
    }
    daemon.mount("gcc");
    daemon.mount("arm64/gcc");
    assertEquals(Site.IMAGE, site.version("arm64/gcc"));
    if (kind == Kind.OVERLAYFS) {
      daemon.mount("from-lower");
    }
    assertEquals(0, daemon.status().trace().restarts());
  }
}
