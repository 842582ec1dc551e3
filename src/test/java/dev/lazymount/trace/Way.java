package dev.lazymount.trace;

import dev.lazymount.kernel.Child;
import dev.lazymount.kernel.Site;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;

/**
 * The ways to come by a file under the root, and whether each trace program sees it: empty if it
 * does, else why not. A row each of the table in the README.
 */
enum Way {
  OPEN("`open`", "", "") {
    @Override
    void go(Scene s) {
      s.opener().open("open", s.file());
    }
  },
  OPENAT("`openat`", "", "") {
    @Override
    void go(Scene s) {
      s.opener().open("openat", s.file());
    }
  },
  OPENAT2("`openat2`", "", "") {
    @Override
    void go(Scene s) {
      s.opener().open("openat2", s.file());
    }
  },
  O_PATH("`openat` with `O_PATH`", "", "") {
    @Override
    void go(Scene s) {
      s.opener().open("o_path", s.file());
    }
  },
  CREATE("a file is created", "", "") {
    @Override
    void go(Scene s) {
      s.opener().open("creat", s.directory() + "/new");
    }
  },
  OPENDIR("`opendir` of a directory of the compiler", "", "") {
    @Override
    void go(Scene s) {
      s.opener().open("opendir", s.directory() + "/bin");
    }
  },
  STATIC("by a static program", "", "") {
    @Override
    void go(Scene s) {
      // All of the Opener is one.
      s.opener().open("openat", s.file());
    }
  },
  DYNAMIC("by a dynamically linked program", "", "") {
    @Override
    void go(Scene s) {
      Child.run("taskset", "-c", "0", "cat", s.file()).orFail();
    }
  },
  LONG("by a path of 240 bytes and more", "", "") {
    @Override
    void go(Scene s) {
      s.opener().open("openat", s.directory() + "/" + Scene.LONG + "/x");
    }
  },
  SLASHES("by a path with `//` below the root", "", "") {
    @Override
    void go(Scene s) {
      s.opener().open("openat", s.root() + "//" + s.name() + "//x");
    }
  },
  DOTS("by a path with `..` below the root", "", "") {
    @Override
    void go(Scene s) {
      s.opener().open("openat", s.root() + "/" + s.name() + "/../" + s.name() + "/x");
    }
  },
  LINK("through a symlink in the root, such as `gcc-trunk`", "", "") {
    @Override
    void go(Scene s) throws IOException {
      Files.createSymbolicLink(s.site().root(s.link()), Path.of(s.name()));
      s.opener().open("openat", s.root() + "/" + s.link() + "/x");
    }
  },
  EXEC("a program is run", "", "") {
    @Override
    void go(Scene s) {
      s.opener().open("exec", s.directory() + "/bin/true");
    }
  },
  EXECVEAT("a program is run by `execveat`", "", "") {
    @Override
    void go(Scene s) {
      s.opener().open("execveat", s.directory() + "/bin/true");
    }
  },
  SCRIPT("a script is run", "", "") {
    @Override
    void go(Scene s) {
      s.opener().open("exec", s.directory() + "/bin/script");
    }
  },
  LIBRARY("a shared library is loaded", "", "") {
    @Override
    void go(Scene s) {
      Child.run(
              "taskset",
              "-c",
              "0",
              "env",
              "LD_LIBRARY_PATH=" + s.directory() + "/lib",
              s.site().scratch().resolve("with-library").toString())
          .orFail();
    }
  },
  SLAVE("in a slave mount namespace", "", "") {
    @Override
    void go(Scene s) {
      s.opener().open("slave", s.file());
    }
  },
  PRIVATE("in a private mount namespace", "", "") {
    @Override
    void go(Scene s) {
      s.opener().open("private", s.file());
    }
  },
  RELATIVE("by a relative path, after `chdir`", Why.SPELLING, "") {
    @Override
    void go(Scene s) {
      s.opener().open("chdir", "x", s.directory());
    }
  },
  DESCRIPTOR("by a path relative to a directory's descriptor", Why.SPELLING, "") {
    @Override
    void go(Scene s) {
      s.opener().open("directory", "root/" + s.name() + "/x", s.site().folder());
    }
  },
  RELATIVE_EXEC("a program is run by a relative path", Why.SPELLING, "") {
    @Override
    void go(Scene s) {
      s.opener().open("chdir-exec", "bin/true", s.directory());
    }
  },
  SLASHES_BEFORE("by a path with `//` above the root", Why.SPELLING, "") {
    @Override
    void go(Scene s) {
      s.opener().open("openat", "/" + s.file());
    }
  },
  DOTS_BEFORE("by a path with `..` above the root", Why.SPELLING, "") {
    @Override
    void go(Scene s) {
      s.opener().open("openat", s.site().scratch() + "/../root/" + s.name() + "/x");
    }
  },
  LINK_OUTSIDE("through a symlink outside the root", Why.SPELLING, "") {
    @Override
    void go(Scene s) throws IOException {
      Path link = s.site().scratch().resolve("link-to-" + s.name());
      Files.createSymbolicLink(link, Path.of(s.directory()));
      s.opener().open("openat", link + "/x");
    }
  },
  JAIL("in a chroot where the root is bound to another place", Why.SPELLING, "") {
    @Override
    void go(Scene s) throws IOException {
      Path jail = Files.createDirectories(s.site().scratch().resolve("jail"));
      Files.createDirectories(jail.resolve("elsewhere"));
      s.opener().open("jail", "/elsewhere/" + s.name() + "/x", s.root() + ":" + jail);
    }
  },
  CHROOT("in a chroot of the root itself", Why.SPELLING, "") {
    @Override
    void go(Scene s) {
      s.opener().open("chroot", "/" + s.name() + "/x", s.root());
    }
  },
  HANDLE("`open_by_handle_at`", "there is no path", "") {
    @Override
    void go(Scene s) {
      s.opener().open("handle", s.file(), "/");
    }
  },
  UNTOUCHED(
      "by a path that is not in memory yet, such as a constant of a program just started",
      "it is read before the kernel has fetched it, as an empty string",
      "") {
    @Override
    void go(Scene s) {
      s.opener().open("untouched", s.file(), s.site().scratch().resolve("untouched"));
    }
  },
  INTERPRETER(
      "it is the interpreter of a script elsewhere",
      "the kernel opens it; no call has its path",
      "") {
    @Override
    void go(Scene s) throws IOException {
      Path script = s.site().scratch().resolve("interpreted");
      Files.writeString(script, "#!" + s.directory() + "/bin/true\n");
      Files.setPosixFilePermissions(script, Scene.EXECUTABLE);
      s.opener().open("exec", script);
    }
  },
  LOADER(
      "it is the loader (`PT_INTERP`) of a program elsewhere",
      "the kernel opens it; no call has its path",
      "the kernel opens it; a process keeps the program's file and not its loader's") {
    @Override
    void go(Scene s) {
      Path program = s.site().scratch().resolve("own-loader");
      Opener.cc(
          "-o",
          program.toString(),
          "-Wl,--dynamic-linker=" + s.directory() + "/lib/ld.so",
          s.site().scratch().resolve("empty.c").toString());
      s.opener().open("exec", program);
    }
  },
  MISSING("a file that is not there", "", "nothing is opened") {
    @Override
    void go(Scene s) {
      s.opener().open("missing", s.directory() + "/nobody-has-this");
    }
  },
  DEEP("a file more than 20 levels below the root", "", "the kernel bounds a program's loops") {
    @Override
    void go(Scene s) {
      s.opener().open("openat", s.directory() + "/" + Scene.DEEP + "/x");
    }
  },
  MOUNTED(
      "a file of an image that is mounted already",
      "",
      "on purpose: it lies on the image's file system, so that a mounted compiler is quiet") {
    @Override
    void go(Scene s) throws IOException {
      s.site().image(s.name(), Map.of("x", "x"));
      Child.run("mount", "-o", "loop,ro", s.site().image(s.name()).toString(), s.directory())
          .orFail();
      s.opener().open("openat", s.file());
    }
  },
  IO_URING("by `io_uring`", Why.IO_URING, Why.IO_URING) {
    @Override
    void go(Scene s) {
      s.opener().open("io_uring", s.file());
    }
  },
  CALL_32_BIT("by a 32-bit program", Why.COMPAT, Why.COMPAT) {
    @Override
    void go(Scene s) {
      // 2: this kernel has no such calls, or this processor.
      Child.Result result = Child.run(s.opener().program().toString(), "32-bit", s.file());
      if (result.status() != 2) {
        result.orFail();
      }
    }
  },
  MMAP("`mmap` and `read` of a file that is open already", Why.NO_OPEN, Why.NO_OPEN) {
    @Override
    void go(Scene s) {
      s.opener().open("mmap", s.file());
    }
  },
  STAT("`stat`, `statx`", Why.LOOKING, Why.LOOKING) {
    @Override
    void go(Scene s) {
      s.opener().open("stat", s.file());
    }
  },
  ACCESS("`access`", Why.LOOKING, Why.LOOKING) {
    @Override
    void go(Scene s) {
      s.opener().open("access", s.file());
    }
  },
  READLINK("`readlink`", Why.LOOKING, Why.LOOKING) {
    @Override
    void go(Scene s) {
      s.opener().open("readlink", s.directory() + "/link");
    }
  };

  /** What more than one row has as its reason. */
  private static final class Why {
    static final String SPELLING = "the path does not begin as the root is spelled";
    static final String IO_URING = "it passes no system call's tracepoint";
    static final String COMPAT = "the kernel has no tracepoints for 32-bit calls";
    static final String NO_OPEN = "nothing is opened; the open before was seen";
    static final String LOOKING = "on purpose: `ls -l` would mount everything";
  }

  /**
   * A compiler that one row has for itself.
   *
   * @param name its name
   */
  record Scene(Site site, Opener opener, String name) {
    static final java.util.Set<java.nio.file.attribute.PosixFilePermission> EXECUTABLE =
        java.nio.file.attribute.PosixFilePermissions.fromString("rwxr-xr-x");

    /** 20 levels, below the compiler's own one. */
    static final String DEEP = String.join("/", java.util.Collections.nCopies(20, "d"));

    /** 240 bytes and more. */
    static final String LONG = "l".repeat(120) + "/" + "l".repeat(120);

    /** What all scenes of a site need. */
    static void prepare(Site site) throws IOException {
      Path scratch = site.scratch();
      Path empty = Files.writeString(scratch.resolve("empty.c"), "int main(void) { return 0; }\n");
      Path library = Files.createDirectory(scratch.resolve("lib"));
      Opener.cc("-shared", "-o", library.resolve("libsight.so").toString(), empty.toString());
      Opener.cc(
          "-o",
          scratch.resolve("with-library").toString(),
          empty.toString(),
          "-Wl,--no-as-needed",
          "-L" + library,
          "-lsight");
      Files.copy(loader(), library.resolve("ld.so"), StandardCopyOption.COPY_ATTRIBUTES);
    }

    private static Path loader() throws IOException {
      for (String loader : List.of("/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1")) {
        if (Files.exists(Path.of(loader))) {
          return Path.of(loader).toRealPath();
        }
      }
      throw new AssertionError("no loader of programs found");
    }

    /** The compiler appears under the root, and nothing of it is opened there. */
    Scene appear() throws IOException {
      Path staged = Files.createDirectory(site.scratch().resolve(name));
      Files.writeString(staged.resolve("x"), "x");
      Files.createSymbolicLink(staged.resolve("link"), Path.of("x"));
      Path bin = Files.createDirectory(staged.resolve("bin"));
      Files.copy(Path.of("/bin/true"), bin.resolve("true"), StandardCopyOption.COPY_ATTRIBUTES);
      Files.writeString(bin.resolve("script"), "#!/bin/sh\n:\n");
      Files.setPosixFilePermissions(bin.resolve("script"), EXECUTABLE);
      Path lib = Files.createDirectory(staged.resolve("lib"));
      for (String file : List.of("libsight.so", "ld.so")) {
        Files.copy(
            site.scratch().resolve("lib").resolve(file),
            lib.resolve(file),
            StandardCopyOption.COPY_ATTRIBUTES);
      }
      Files.writeString(Files.createDirectories(staged.resolve(DEEP)).resolve("x"), "x");
      Files.writeString(Files.createDirectories(staged.resolve(LONG)).resolve("x"), "x");
      Files.move(staged, site.root(name));
      return this;
    }

    String root() {
      return site.root().toString();
    }

    String directory() {
      return site.root(name).toString();
    }

    String file() {
      return directory() + "/x";
    }

    /** The name of the symlink of {@link #LINK}. */
    String link() {
      return name + "-link";
    }
  }

  private final String title;
  private final String whyNotByPath;
  private final String whyNotByResolved;

  Way(String title, String whyNotByPath, String whyNotByResolved) {
    this.title = title;
    this.whyNotByPath = whyNotByPath;
    this.whyNotByResolved = whyNotByResolved;
  }

  /** Comes by a file in this way, and in no other. */
  abstract void go(Scene s) throws IOException;

  /** What it is called in the table. */
  String title() {
    return title;
  }

  /** What each program has to see: a map from its name to that. */
  Map<String, Boolean> expected() {
    return Map.of(
        PathProgram.NAME, whyNotByPath.isEmpty(), ResolvedProgram.NAME, whyNotByResolved.isEmpty());
  }

  /** Its row of the table, if that is what they saw. */
  String row(Map<String, Boolean> seen) {
    return "| "
        + title
        + " | "
        + cell(seen.get(PathProgram.NAME), whyNotByPath)
        + " | "
        + cell(seen.get(ResolvedProgram.NAME), whyNotByResolved)
        + " |";
  }

  private static String cell(boolean seen, String whyNot) {
    return seen ? "yes" : "no: " + whyNot;
  }
}
