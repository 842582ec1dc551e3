package dev.lazymount.trace;

import dev.lazymount.kernel.Site;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Collections;
import java.util.List;
import java.util.Set;

/**
 * A compiler that one {@link OpenMethod} has for itself.
 *
 * @param name its name
 */
record TracedTree(Site site, Opener opener, String name) {
  static final Set<PosixFilePermission> EXECUTABLE = PosixFilePermissions.fromString("rwxr-xr-x");

  /** 20 levels, below the compiler's own one. */
  static final String DEEP = String.join("/", Collections.nCopies(20, "d"));

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
  TracedTree appear() throws IOException {
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

  /** The name of the symlink of {@link OpenMethod#LINK}. */
  String link() {
    return name + "-link";
  }
}
