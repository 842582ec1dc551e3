package dev.lazymount.catalog;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * The largest catalog that a scan makes, with the longest names there can be, and the one before
 * it: both fit into the daemon's heap, and leave the rest of the daemon a quarter of it.
 */
class LargestCatalogTest {
  private static final String HEAP = "-Xmx48m";

  @Test
  void theOldOneAndTheNewOneFitIntoTheHeapTogether() throws Exception {
    Process jvm =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                HEAP,
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                LargestCatalogTest.class.getName())
            .redirectErrorStream(true)
            .start();
    String output = new String(jvm.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, jvm.waitFor(), output);
  }

  /** Makes them; an OutOfMemoryError ends it with another exit code than 0. */
  public static void main(String[] none) {
    List<Catalog> both = List.of(largest(), largest());
    both.forEach(
        catalog -> {
          assertEquals(ScanLimits.DEFAULT.images(), catalog.size());
          assertEquals(ScanLimits.DEFAULT.links(), catalog.links().size());
        });
  }

  private static Catalog largest() {
    String pad = "x".repeat(ImageFile.MAX_NAME_CHARS - 20);
    List<ImageFile> images = new ArrayList<>();
    for (int i = 0; i < ScanLimits.DEFAULT.images(); i++) {
      String name = "arm" + i % 50 + "/" + pad + i;
      images.add(new ImageFile(name, name + ".img"));
    }
    Map<String, String> links = new HashMap<>();
    for (int i = 0; i < ScanLimits.DEFAULT.links(); i++) {
      links.put("arm" + i % 50 + "/link" + pad + i, images.get(i).name());
    }
    return Catalog.of(images, links);
  }
}
