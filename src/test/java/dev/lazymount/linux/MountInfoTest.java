package dev.lazymount.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class MountInfoTest {
  @Test
  void parsesAMountedImage() {
    assertEquals(
        Optional.of(
            new MountInfo(
                1234,
                25,
                FileStatus.device(7, 300),
                "/",
                "/opt/compiler-explorer/gcc-15",
                "squashfs",
                "/dev/loop300")),
        MountInfo.parse(
            "1234 25 7:300 / /opt/compiler-explorer/gcc-15 ro,nosuid,nodev,relatime shared:97 -"
                + " squashfs /dev/loop300 ro,errors=continue"));
  }

  @Test
  void parsesAnyNumberOfOptionalFields() {
    for (String optional : new String[] {"", " shared:1", " shared:1 master:2 propagate_from:3"}) {
      MountInfo info =
          MountInfo.parse("1 0 0:23 / /proc rw" + optional + " - proc proc rw").orElseThrow();
      assertEquals("/proc", info.target());
      assertEquals("proc", info.fsType());
      assertEquals(23, info.device());
    }
  }

  @Test
  void parsesAnNfsSubdirectory() {
    MountInfo info =
        MountInfo.parse(
                "61 29 0:52 /ce/v2 /opt/compiler-explorer rw,noatime - nfs4"
                    + " 10.0.0.1:/ce/v2 rw,vers=4.1")
            .orElseThrow();
    assertEquals("/ce/v2", info.root());
    assertEquals("10.0.0.1:/ce/v2", info.source());
  }

  @Test
  void unescapesOctalDigits() {
    MountInfo info =
        MountInfo.parse(
                "1 0 0:1 /a\\040b /with\\040space\\011tab\\012line\\134back\\134040slash rw - tmpfs"
                    + " so\\040urce rw")
            .orElseThrow();
    assertEquals("/a b", info.root());
    assertEquals("/with space\ttab\nline\\back\\040slash", info.target());
    assertEquals("so urce", info.source());
  }

  @Test
  void keepsABackslashWithoutDigits() {
    assertEquals(
        "/a\\08\\4\\", MountInfo.parse("1 0 0:1 / /a\\08\\4\\ rw - t s").orElseThrow().target());
  }

  @Test
  void parsesAnEmptySource() {
    assertEquals("", MountInfo.parse("1 0 0:1 / /x rw - tmpfs  rw").orElseThrow().source());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "garbage",
        " - ",
        "1 0 0:1 / /x rw",
        "1 0 0:1 / - tmpfs tmpfs",
        "1 0 01 / /x rw - tmpfs tmpfs rw",
        "1 0 x:1 / /x rw - tmpfs tmpfs rw",
        "1 0 0: / /x rw - tmpfs tmpfs rw",
        "a 0 0:1 / /x rw - tmpfs tmpfs rw",
        "1 b 0:1 / /x rw - tmpfs tmpfs rw",
        "99999999999 0 0:1 / /x rw - tmpfs tmpfs rw",
        "1 0 0:1 / /x rw - tmpfs",
      })
  void otherLinesAreSkipped(String line) {
    assertEquals(Optional.empty(), MountInfo.parse(line));
  }

  @Test
  void readsTheTableOfThisProcess() throws IOException {
    assertTrue(MountInfo.read().stream().anyMatch(info -> info.target().equals("/proc")));
  }
}
