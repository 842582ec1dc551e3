package dev.lazymount.mount.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.kernel.ChildProcess;
import dev.lazymount.kernel.Damage;
import dev.lazymount.kernel.Kernel;
import dev.lazymount.kernel.Site;
import dev.lazymount.linux.MountInfo;
import dev.lazymount.linux.Mounts;
import dev.lazymount.mount.MountFailure;
import dev.lazymount.mount.Mounter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * Hundreds of damaged images, each mounted on the same original directory. A refused image leaves
 * nothing behind; an image that the kernel accepts is an ordinary mount, and does not change the
 * original. {@code -Dlazymount.damage.seed=N} makes other images.
 *
 * <p>Files inside a damaged image are not read: the daemon does not read them either, and it can
 * crash the kernel (Linux 6.18, squashfs_copy_data, a fragment offset out of bounds).
 */
class DamagedImagesIT extends KernelMounterFixture {
  private static final long SEED = Long.getLong("lazymount.damage.seed", 20_261_123L);

  /** How often each outcome occurred; printed for the report. */
  private final Map<String, Integer> outcomes = new TreeMap<>();

  @Test
  void compressedSquashfs() throws Exception {
    Path image = image("gzip.img", "mksquashfs", "TREE", "IMAGE", "-quiet", "-no-progress");
    assertHarmless("squashfs", Damage.ofSquashfs(Files.readAllBytes(image), SEED, 250));
  }

  /** Random damage hits structures here, and not only compressed streams. */
  @Test
  void squashfsThatIsNotCompressed() throws Exception {
    Path image =
        image(
            "plain.img",
            "mksquashfs",
            "TREE",
            "IMAGE",
            "-quiet",
            "-no-progress",
            "-noI",
            "-noD",
            "-noF",
            "-noX");
    assertHarmless("squashfs", Damage.ofSquashfs(Files.readAllBytes(image), SEED + 1, 250));
  }

  @Test
  void erofs() throws Exception {
    Path image = image("plain.erofs", "mkfs.erofs", "IMAGE", "TREE");
    assertHarmless("erofs", Damage.ofErofs(Files.readAllBytes(image), SEED + 2, 400));
  }

  private void assertHarmless(String type, List<Damage.Image> images) throws Exception {
    site.original("gcc");
    for (Damage.Image image : images) {
      site.place(image.bytes(), "gcc");
      String outcome = tryToMount(type, image.how());
      outcomes.merge(outcome, 1, Integer::sum);
      assertEquals(0, site.mountsOn("gcc"), image.how());
      assertEquals(Site.ORIGINAL, site.versionHere("gcc"), image.how());
    }
    System.out.println(images.size() + " damaged images of " + type + ": " + outcomes);
    // The storage works, so every refusal is due to the image, and quarantines it.
    assertEquals(
        Set.of("mounted", "refused by the kernel", "refused by us"),
        outcomes.keySet(),
        outcomes.toString());
  }

  private String tryToMount(String type, String how) throws Exception {
    try {
      Mounter.Mounted mounted = mounter.mount(request("gcc"));
      assertFalse(mounted.adopted(), how);
      List<MountInfo> mounts = Kernel.mountsBelow(site.root("gcc"));
      assertEquals(1, mounts.size(), how);
      assertEquals(type, mounts.get(0).fsType(), how);
      List<String> options = List.of(Kernel.optionsOn(site.root("gcc")).split(","));
      assertTrue(options.containsAll(List.of("ro", "nosuid", "nodev")), how);
      Mounts.detach(site.root("gcc").toString());
      return "mounted";
    } catch (MountFailure e) {
      if (e.kind() == MountFailure.Kind.BAD_IMAGE) {
        assertEquals(mounter.generation(request("gcc")), e.generation(), how);
        return e.getMessage().contains("fsconfig create")
            ? "refused by the kernel"
            : "refused by us";
      }
      return "failed";
    }
  }

  private Path image(String name, String... command) throws IOException {
    Path tree = Files.createDirectories(site.scratch().resolve("tree-of-" + name));
    Files.writeString(tree.resolve("version"), Site.IMAGE);
    byte[] noise = new byte[9000];
    new Random(SEED).nextBytes(noise);
    Files.write(tree.resolve("cc1"), noise);
    Files.createSymbolicLink(tree.resolve("gcc"), Path.of("cc1"));
    for (int i = 0; i < 20; i++) {
      Files.createDirectories(tree.resolve("include/" + i));
      Files.writeString(tree.resolve("include/" + i + "/header.h"), "#define N " + i + "\n");
    }
    Path image = site.scratch().resolve(name);
    List<String> line = new ArrayList<>();
    for (String word : command) {
      line.add(word.equals("TREE") ? tree + "" : word.equals("IMAGE") ? image + "" : word);
    }
    ChildProcess.run("", line).orFail();
    return image;
  }
}
