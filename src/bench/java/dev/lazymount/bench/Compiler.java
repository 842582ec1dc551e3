package dev.lazymount.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * A real compiler, self-contained: made from Debian packages by src/bench/compiler.sh, once, in
 * {@code LAZYMOUNT_CACHE}. It compiles one file to an object, and does not link.
 */
enum Compiler {
  TCC("tcc", "program.c", "tcc libc6-dev"),
  GCC("gcc", "program.c", "gcc libc6-dev"),
  GXX("g++", "program.cpp", "g++"),
  CLANG("clang++", "program.cpp", "clang"),
  RUSTC("rustc", "program.rs", "rustc"),
  GO("go", "program.go", "golang-go");

  private final String title;
  private final String source;

  /** With spaces between. */
  private final String packages;

  Compiler(String title, String source, String packages) {
    this.title = title;
    this.source = source;
    this.packages = packages;
  }

  /** Those with these titles, with commas between. */
  static List<Compiler> named(String titles) throws IOException {
    List<Compiler> all = new ArrayList<>();
    for (String title : titles.split(",", -1)) {
      all.add(
          Arrays.stream(values())
              .filter(compiler -> compiler.title.equals(title))
              .findFirst()
              .orElseThrow(() -> new IOException("there is no compiler " + title)));
    }
    return all;
  }

  /** Its name, also that of its directory and image. */
  String title() {
    return title;
  }

  /** The folder with its {@code root} and {@code image.img}; makes them if they are not there. */
  Path prepare(Workspace workspace) throws IOException, InterruptedException {
    Path folder = folder();
    List<String> command = new ArrayList<>(List.of("bash"));
    command.add(workspace.source("compiler.sh").toString());
    command.add(folder.toString());
    command.addAll(List.of(packages.split(" ", -1)));
    workspace.run(command, List.of());
    return folder;
  }

  private Path folder() {
    String cache = System.getenv().getOrDefault("LAZYMOUNT_CACHE", "/var/cache/lazymount-dev");
    return Path.of(cache, "compilers", name().toLowerCase(Locale.ROOT));
  }

  /** Writes the program to compile into a folder. */
  void writeProgram(Path folder) throws IOException {
    Files.writeString(folder.resolve(source), program());
  }

  /**
   * What compiles the program in the current directory, which is also the home and holds temporary
   * files.
   *
   * @param at where the compiler's directory is
   */
  List<String> command(Path at) throws IOException {
    Path lib = at.resolve("usr/lib/x86_64-linux-gnu");
    List<String> command =
        new ArrayList<>(
            List.of(
                "/usr/bin/env",
                "-i",
                "LC_ALL=C",
                "HOME=.",
                "TMPDIR=.",
                // Its assembler and other parts come first.
                "PATH=" + at.resolve("usr/bin") + ":/usr/bin:/bin",
                "LD_LIBRARY_PATH=" + lib));
    String bin = at.resolve("usr/bin") + "/";
    command.addAll(
        switch (this) {
          case TCC ->
              List.of(
                  bin + "tcc",
                  "-B" + lib.resolve("tcc"),
                  "-nostdinc",
                  "-I" + lib.resolve("tcc/include"),
                  "-I" + at.resolve("usr/include"),
                  "-I" + at.resolve("usr/include/x86_64-linux-gnu"),
                  "-c",
                  source,
                  "-o",
                  "program.o");
          case GCC, GXX ->
              List.of(bin + title, "--sysroot=" + at, "-O2", "-c", source, "-o", "program.o");
          case CLANG ->
              List.of(
                  bin + title,
                  "--sysroot=" + at,
                  "--gcc-toolchain=" + at.resolve("usr"),
                  "-O2",
                  "-c",
                  source,
                  "-o",
                  "program.o");
          case RUSTC ->
              List.of(
                  bin + "rustc",
                  "--sysroot=" + at.resolve("usr"),
                  "-O",
                  "--emit=obj",
                  "-o",
                  "program.o",
                  source);
          case GO ->
              List.of(
                  "/usr/bin/env",
                  "GOROOT=" + goRoot(at),
                  "GO111MODULE=off",
                  "GOFLAGS=-p=2",
                  "GOCACHE=/proc/self/cwd/cache",
                  bin + "go",
                  "build",
                  "-o",
                  "program.o",
                  source);
        });
    return command;
  }

  /** Debian has the version in the name of the directory. Looks for it in the cache: at is cold. */
  private Path goRoot(Path at) throws IOException {
    try (Stream<Path> all = Files.list(folder().resolve("root/usr/lib"))) {
      return all.map(path -> path.getFileName().toString())
          .filter(name -> name.matches("go-[0-9.]+"))
          .findFirst()
          .map(name -> at.resolve("usr/lib").resolve(name))
          .orElseThrow(() -> new IOException("no GOROOT in " + folder()));
    }
  }

  private String program() {
    return switch (this) {
      case TCC, GCC ->
          """
          #include <stdio.h>
          #include <stdlib.h>
          #include <string.h>

          int main(int argc, char **argv) {
            char *copy = strdup(argv[0]);
            printf("%d words, the first is %s\\n", argc, copy);
            free(copy);
            return 0;
          }
          """;
      case GXX, CLANG ->
          """
          #include <algorithm>
          #include <iostream>
          #include <map>
          #include <regex>
          #include <string>
          #include <vector>

          int main(int argc, char **argv) {
            std::vector<std::string> words(argv, argv + argc);
            std::sort(words.begin(), words.end());
            std::map<std::string, int> count;
            for (const auto &word : words) ++count[word];
            for (const auto &[word, n] : count) std::cout << word << ' ' << n << '\\n';
          }
          """;
      case RUSTC ->
          """
          use std::collections::BTreeMap;

          fn main() {
              let mut count: BTreeMap<String, usize> = BTreeMap::new();
              for word in std::env::args() {
                  *count.entry(word).or_insert(0) += 1;
              }
              for (word, n) in count {
                  println!("{word} {n}");
              }
          }
          """;
      case GO ->
          """
          package main

          import (
          	"fmt"
          	"os"
          	"sort"
          )

          func main() {
          	words := append([]string{}, os.Args...)
          	sort.Strings(words)
          	fmt.Println(words)
          }
          """;
    };
  }
}
