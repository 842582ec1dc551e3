package dev.lazymount.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.config.Validators.Fault;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ValidatorsTest {

  @ParameterizedTest
  @CsvSource({
    "/, is the root of the file system",
    "/., is the root of the file system",
    "'', is not absolute",
    "opt, is not absolute",
    "./opt, is not absolute",
    "/a/../b, contains ..",
    "/.., contains ..",
    "/aaaaaaaaaa, is 11 bytes long",
    "/äöüäö, is 11 bytes long",
  })
  void refusesDirectories(String path, String reason) {
    assertEquals(Optional.of(reason), Validators.directory(path, 10).map(Fault::reason));
  }

  @ParameterizedTest
  @ValueSource(strings = {"/a", "/a/", "/a/..b", "/a/b..", "/a/./b", "/aaaaaaaaa//", "/a b"})
  void acceptsDirectories(String path) {
    assertEquals(Optional.empty(), Validators.directory(path, 10));
  }

  @Test
  void refusesANulInAPath() {
    assertTrue(Validators.directory("/a\0b", 10).isPresent());
  }

  @ParameterizedTest
  @ValueSource(strings = {"/a\"b", "/a\\b", "/a\nb", "/ä", "/a\u007f"})
  void refusesWhatATraceProgramCanNotQuote(String text) {
    assertTrue(Validators.traceable(text).isPresent());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ".", "img", ".a/b"})
  void refusesSuffixes(String text) {
    assertTrue(Validators.suffix(text).isPresent());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "bin/bpftrace", "./bpftrace", "a\nb"})
  void refusesCommands(String text) {
    assertTrue(Validators.command(text).isPresent());
  }

  @Test
  void shortensTheNameOfAProcess() {
    assertEquals(Optional.empty(), Validators.comm("tracker-miner-f"));
    assertEquals(
        Optional.of("write \"tracker-miner-f\""),
        Validators.comm("tracker-miner-fs").map(Fault::advice));
    assertTrue(Validators.comm("").isPresent());
    assertTrue(Validators.comm("a\"b").isPresent());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "rw",
        "suid",
        "dev",
        "exec",
        "remount",
        "bind",
        "loop=/dev/loop0",
        "offset=4096",
        "fsoffset=4096",
        "source=/dev/sda",
        "device=/dev/sda",
        "fsid=x",
        "domain_id=x",
        "x-systemd.automount",
        "Threads",
        "threadsx",
        "",
        "threads,rw",
        "threads=2,rw",
        "threads=",
        "=threads",
        "acl rw",
        "threads=2 rw",
        "acl\n"
      })
  void refusesMountOptions(String option) {
    assertTrue(Validators.mountOption(option).isPresent(), option);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "threads=single",
        "errors=continue",
        "cache_strategy=readaround",
        "dax=never",
        "noacl",
        "user_xattr"
      })
  void acceptsMountOptions(String option) {
    assertEquals(Optional.empty(), Validators.mountOption(option));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "localhost",
        "256.0.0.1",
        "1.2.3",
        "1.2.3.4.5",
        "::g",
        "1::2::3",
        ":",
        "[::1]",
        "fe80::1%lo"
      })
  void refusesAddresses(String text) {
    assertTrue(Validators.address(text).isPresent(), text);
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "0.0.0.0", "255.10.9.99", "::", "::1", "2001:db8::1"})
  void acceptsAddresses(String text) {
    assertEquals(Optional.empty(), Validators.address(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", "a:80", "a b", "-a", "a-", "a..b", ".a", "a.", "a/b", "*.a", "[::1]", "\u00e9"
      })
  void refusesHostNames(String text) {
    assertTrue(Validators.hostName(text).isPresent(), text);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "node7", "Node-7.example.org", "my_host", "1.example"})
  void acceptsHostNames(String text) {
    assertEquals(Optional.empty(), Validators.hostName(text));
  }

  /** Each label matches in one way only; a pattern that backtracks would run into the time-out. */
  @Test
  void refusesALongHostNameWithoutBacktracking() {
    assertTrue(Validators.hostName("a-".repeat(125)).isPresent());
  }
}
