package dev.lazymount.trace;

import dev.lazymount.kernel.ChildProcess;
import dev.lazymount.status.ProgramName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * The ways to open a file under the root, and why each trace program does not see it; empty if it
 * does. Each is a row of the table that SightIT generates.
 */
enum OpenMethod {
  OPEN("`open`", "", "") {
    @Override
    void go(TracedTree s) {
      s.opener().open("open", s.file());
    }
  },
  OPENAT("`openat`", "", "") {
    @Override
    void go(TracedTree s) {
      s.opener().open("openat", s.file());
    }
  },
  OPENAT2("`openat2`", "", "") {
    @Override
    void go(TracedTree s) {
      s.opener().open("openat2", s.file());
    }
  },
  O_PATH(
      "`openat` with `O_PATH`",
      "",
      "",
      "nothing can be read through it; an open relative to it is seen") {
    @Override
    void go(TracedTree s) {
      s.opener().open("o_path", s.file());
    }
  },
  CREATE("a file is created or opened for writing, which is reported as a write", "", "") {
    @Override
    void go(TracedTree s) {
      s.opener().open("creat", s.directory() + "/new");
    }
  },
  OPENDIR("`opendir` of a directory of the compiler", "", "") {
    @Override
    void go(TracedTree s) {
      s.opener().open("opendir", s.directory() + "/bin");
    }
  },
  STATIC("by a static program", "", "") {
    @Override
    void go(TracedTree s) {
      // All of the Opener is one.
      s.opener().open("openat", s.file());
    }
  },
  DYNAMIC("by a dynamically linked program", "", "") {
    @Override
    void go(TracedTree s) {
      ChildProcess.run("taskset", "-c", "0", "cat", s.file()).orFail();
    }
  },
  LONG("by a path of 240 bytes and more", "", "") {
    @Override
    void go(TracedTree s) {
      s.opener().open("openat", s.directory() + "/" + TracedTree.LONG + "/x");
    }
  },
  SLASHES("by a path with `//` below the root", "", "") {
    @Override
    void go(TracedTree s) {
      s.opener().open("openat", s.root() + "//" + s.name() + "//x");
    }
  },
  DOTS("by a path with `..` below the root", "", "") {
    @Override
    void go(TracedTree s) {
      s.opener().open("openat", s.root() + "/" + s.name() + "/../" + s.name() + "/x");
    }
  },
  LINK("through a symlink in the root, such as `gcc-trunk`", "", "") {
    @Override
    void go(TracedTree s) throws IOException {
      Files.createSymbolicLink(s.site().root(s.link()), Path.of(s.name()));
      s.opener().open("openat", s.root() + "/" + s.link() + "/x");
    }
  },
  EXEC("a program is run", "", "") {
    @Override
    void go(TracedTree s) {
      s.opener().open("exec", s.directory() + "/bin/true");
    }
  },
  EXECVEAT("a program is run by `execveat`", "", "") {
    @Override
    void go(TracedTree s) {
      s.opener().open("execveat", s.directory() + "/bin/true");
    }
  },
  SCRIPT("a script is run", "", "") {
    @Override
    void go(TracedTree s) {
      s.opener().open("exec", s.directory() + "/bin/script");
    }
  },
  LIBRARY("a shared library is loaded", "", "") {
    @Override
    void go(TracedTree s) {
      ChildProcess.run(
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
    void go(TracedTree s) {
      s.opener().open("slave", s.file());
    }
  },
  PRIVATE("in a private mount namespace", "", "") {
    @Override
    void go(TracedTree s) {
      s.opener().open("private", s.file());
    }
  },
  RELATIVE("by a relative path, after `chdir`", Why.SPELLING, "") {
    @Override
    void go(TracedTree s) {
      s.opener().open("chdir", "x", s.directory());
    }
  },
  DESCRIPTOR("by a path relative to a directory's descriptor", Why.SPELLING, "") {
    @Override
    void go(TracedTree s) {
      s.opener().open("directory", "root/" + s.name() + "/x", s.site().folder());
    }
  },
  RELATIVE_EXEC("a program is run by a relative path", Why.SPELLING, "") {
    @Override
    void go(TracedTree s) {
      s.opener().open("chdir-exec", "bin/true", s.directory());
    }
  },
  SLASHES_BEFORE("by a path with `//` above the root", Why.SPELLING, "") {
    @Override
    void go(TracedTree s) {
      s.opener().open("openat", "/" + s.file());
    }
  },
  DOTS_BEFORE("by a path with `..` above the root", Why.SPELLING, "") {
    @Override
    void go(TracedTree s) {
      s.opener().open("openat", s.site().scratch() + "/../root/" + s.name() + "/x");
    }
  },
  LINK_OUTSIDE("through a symlink outside the root", Why.SPELLING, "") {
    @Override
    void go(TracedTree s) throws IOException {
      Path link = s.site().scratch().resolve("link-to-" + s.name());
      Files.createSymbolicLink(link, Path.of(s.directory()));
      s.opener().open("openat", link + "/x");
    }
  },
  JAIL("in a chroot where the root is bound to another place", Why.SPELLING, "") {
    @Override
    void go(TracedTree s) throws IOException {
      Path jail = Files.createDirectories(s.site().scratch().resolve("jail"));
      Files.createDirectories(jail.resolve("elsewhere"));
      s.opener().open("jail", "/elsewhere/" + s.name() + "/x", s.root() + ":" + jail);
    }
  },
  CHROOT("in a chroot of the root itself", Why.SPELLING, "") {
    @Override
    void go(TracedTree s) {
      s.opener().open("chroot", "/" + s.name() + "/x", s.root());
    }
  },
  HANDLE("`open_by_handle_at`", "there is no path", "") {
    @Override
    void go(TracedTree s) {
      // On the file system of the file, also where /tmp is another one than /.
      s.opener().open("handle", s.file(), s.site().folder());
    }
  },
  UNTOUCHED(
      "by a path that is not in memory yet, such as a constant of a program just started",
      "it is read before the kernel has fetched it, as an empty string",
      "") {
    @Override
    void go(TracedTree s) {
      s.opener().open("untouched", s.file(), s.site().scratch().resolve("untouched"));
    }
  },
  INTERPRETER(
      "it is the interpreter of a script elsewhere",
      "the kernel opens it; no call has its path",
      "") {
    @Override
    void go(TracedTree s) throws IOException {
      Path script = s.site().scratch().resolve("interpreted");
      Files.writeString(script, "#!" + s.directory() + "/bin/true\n");
      Files.setPosixFilePermissions(script, TracedTree.EXECUTABLE);
      s.opener().open("exec", script);
    }
  },
  LOADER(
      "it is the loader (`PT_INTERP`) of a program elsewhere",
      "the kernel opens it; no call has its path",
      "the kernel opens it; a process keeps the program's file and not its loader's",
      "") {
    @Override
    void go(TracedTree s) {
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
    void go(TracedTree s) {
      s.opener().open("missing", s.directory() + "/no-such-file");
    }
  },
  DEEP("a file more than 20 levels below the root", "", "the kernel bounds a program's loops") {
    @Override
    void go(TracedTree s) {
      s.opener().open("openat", s.directory() + "/" + TracedTree.DEEP + "/x");
    }
  },
  MOUNTED(
      "a file of an image that is mounted already",
      "",
      "on purpose: it is on the image's file system, so that a mounted compiler is quiet") {
    @Override
    void go(TracedTree s) throws IOException {
      s.site().image(s.name(), Map.of("x", "x"));
      ChildProcess.run("mount", "-o", "loop,ro", s.site().image(s.name()).toString(), s.directory())
          .orFail();
      s.opener().open("openat", s.file());
    }
  },
  IO_URING("by `io_uring`", Why.IO_URING, Why.IO_URING, "") {
    @Override
    void go(TracedTree s) {
      s.opener().open("io_uring", s.file());
    }
  },
  CALL_32_BIT("by a 32-bit program", Why.COMPAT, Why.COMPAT, "") {
    @Override
    void go(TracedTree s) {
      // 2: this kernel has no such calls, or this processor.
      ChildProcess.Result result =
          ChildProcess.run(s.opener().program().toString(), "32-bit", s.file());
      if (result.status() != 2) {
        result.orFail();
      }
    }
  },
  OVERLAY(
      "through overlayfs that has a directory of the compiler as a layer (`hooked`: from Linux 6.7"
          + " on)",
      Why.SPELLING,
      "the process's file is one of overlayfs, which opens the one below it itself",
      "") {
    @Override
    void go(TracedTree s) throws IOException {
      Path merged = Files.createDirectory(s.site().scratch().resolve("overlay"));
      String layers = "lowerdir=" + s.directory() + ":" + merged;
      ChildProcess.run("mount", "-t", "overlay", "-o", layers, "overlay", merged.toString())
          .orFail();
      s.opener().open("openat", merged.resolve("x"));
      ChildProcess.run("umount", merged.toString()).orFail();
    }
  },
  MMAP("`mmap` and `read` of a file that is open already", Why.NO_OPEN, Why.NO_OPEN) {
    @Override
    void go(TracedTree s) {
      s.opener().open("mmap", s.file());
    }
  },
  RENAME("an entry is renamed (`rename`)", Why.CHANGE, Why.CHANGE) {
    @Override
    void go(TracedTree s) {
      s.opener().open("rename", s.file(), s.directory() + "/renamed");
    }
  },
  MKDIR("a directory is made (`mkdir`)", Why.CHANGE, Why.CHANGE) {
    @Override
    void go(TracedTree s) {
      s.opener().open("mkdir", s.directory() + "/new");
    }
  },
  HARD_LINK("a hard link is made (`link`)", Why.CHANGE, Why.CHANGE) {
    @Override
    void go(TracedTree s) {
      s.opener().open("link", s.file(), s.directory() + "/new");
    }
  },
  SYMLINK("a symlink is made (`symlink`)", Why.CHANGE, Why.CHANGE) {
    @Override
    void go(TracedTree s) {
      s.opener().open("symlink", s.directory() + "/new");
    }
  },
  UNLINK("a file is removed (`unlink`)", Why.CHANGE, Why.CHANGE) {
    @Override
    void go(TracedTree s) {
      s.opener().open("unlink", s.file());
    }
  },
  STAT("`stat`, `statx`", Why.LOOKING, Why.LOOKING) {
    @Override
    void go(TracedTree s) {
      s.opener().open("stat", s.file());
    }
  },
  ACCESS("`access`", Why.LOOKING, Why.LOOKING) {
    @Override
    void go(TracedTree s) {
      s.opener().open("access", s.file());
    }
  },
  READLINK("`readlink`", Why.LOOKING, Why.LOOKING) {
    @Override
    void go(TracedTree s) {
      s.opener().open("readlink", s.directory() + "/link");
    }
  };

  /** Reasons of more than one row. */
  private static final class Why {
    static final String SPELLING = "the path does not begin as the root is spelled";
    static final String IO_URING = "it passes no system call's tracepoint";
    static final String COMPAT = "the kernel has no tracepoints for 32-bit calls";
    static final String NO_OPEN = "nothing is opened; the open before was seen";
    static final String CHANGE = "nothing is opened; see below";

    static final String LOOKING = "on purpose: `ls -l` would mount everything";
  }

  private final String title;
  private final String whyNotByPath;
  private final String whyNotByResolved;
  private final String whyNotByHooked;

  /** One that the hooked program sees, or does not see, as the resolved one. */
  OpenMethod(String title, String whyNotByPath, String whyNotByResolved) {
    this(title, whyNotByPath, whyNotByResolved, whyNotByResolved);
  }

  OpenMethod(String title, String whyNotByPath, String whyNotByResolved, String whyNotByHooked) {
    this.title = title;
    this.whyNotByPath = whyNotByPath;
    this.whyNotByResolved = whyNotByResolved;
    this.whyNotByHooked = whyNotByHooked;
  }

  /** Opens a file in this way and in no other. */
  abstract void go(TracedTree s) throws IOException;

  /** Its name in the table. */
  String title() {
    return title;
  }

  /** Whether each program has to see it. */
  Map<ProgramName, Boolean> expected() {
    return Map.of(
        ProgramName.PATH,
        whyNotByPath.isEmpty(),
        ProgramName.RESOLVED,
        whyNotByResolved.isEmpty(),
        ProgramName.HOOKED,
        whyNotByHooked.isEmpty());
  }

  /** Its row of the table, for programs that saw it or not. */
  String row(Map<ProgramName, Boolean> seen) {
    return "| "
        + title
        + " | "
        + cell(seen.get(ProgramName.PATH), whyNotByPath)
        + " | "
        + cell(seen.get(ProgramName.RESOLVED), whyNotByResolved)
        + " | "
        + cell(seen.get(ProgramName.HOOKED), whyNotByHooked)
        + " |";
  }

  private static String cell(boolean seen, String whyNot) {
    return seen ? "yes" : "no: " + whyNot;
  }
}
