package dev.lazymount.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Propagation, from lines of real mount tables. */
final class PropagationTest {
  private static final List<String> TABLE =
      List.of(
          "22 27 0:21 / / rw,relatime shared:1 - ext4 /dev/vda rw",
          "23 22 0:40 / /opt/ce rw - nfs4 server:/ce rw",
          "24 22 0:41 / /srv rw shared:7 master:3 - ext4 /dev/vdb rw",
          "25 24 0:42 / /srv/a rw master:3 - ext4 /dev/vdc rw",
          "not a line");

  private static Optional<Propagation> of(String path) {
    return Propagation.of(Path.of(path), TABLE);
  }

  @Test
  void deepestMountCounts() {
    assertEquals(Optional.of(new Propagation("/", true, false)), of("/optional"));
    assertEquals(Optional.of(new Propagation("/opt/ce", false, false)), of("/opt/ce"));
    assertEquals(Optional.of(new Propagation("/opt/ce", false, false)), of("/opt/ce/gcc"));
    assertEquals(Optional.of(new Propagation("/srv", true, true)), of("/srv/b"));
    assertEquals(Optional.of(new Propagation("/srv/a", false, true)), of("/srv/a/b"));
    assertEquals(Optional.empty(), Propagation.of(Path.of("/x"), List.of()));
  }
}
