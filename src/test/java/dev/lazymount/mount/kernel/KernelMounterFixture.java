package dev.lazymount.mount.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.lazymount.config.Settings;
import dev.lazymount.config.SettingsLoader;
import dev.lazymount.kernel.Await;
import dev.lazymount.kernel.Kernel;
import dev.lazymount.kernel.Site;
import dev.lazymount.linux.MountInfo;
import dev.lazymount.mount.MountFailure;
import dev.lazymount.mount.Mounter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/**
 * A KernelMounter in this process, on a site of its own. Each test ends with no more open files and
 * loop devices than it began with.
 */
abstract class KernelMounterFixture {
  Site site;
  KernelMounter mounter;
  private List<String> openFiles;

  @BeforeEach
  void open() throws Exception {
    site = createSite();
    mounter = mounter();
    // Load now what the first use loads, so that it does not look like a leak.
    site.compiler("warm-up");
    assertFalse(mounter.mount(request("warm-up")).adopted());
    site.place(new byte[0], "warm-up-bad");
    assertThrows(MountFailure.class, () -> mounter.mount(request("warm-up-bad")));
    openFiles = Kernel.openFiles();
  }

  @AfterEach
  void nothingLeaks() throws IOException {
    try {
      // Files of an earlier test may be closed late, by the garbage collector.
      List<String> leaked = new ArrayList<>();
      Await.until(
          "no more files are open than before",
          Await.PATIENCE,
          () -> {
            leaked.clear();
            leaked.addAll(leaked());
            return leaked.isEmpty();
          },
          leaked::toString);
      Await.until(
          "every loop device has a mount",
          () -> Kernel.loopsBelow(site.folder()).size() == mountsByLoopDevice());
    } finally {
      site.close();
    }
  }

  private long mountsByLoopDevice() {
    return Kernel.mountsBelow(site.root()).stream()
        .map(MountInfo::source)
        .filter(source -> source.startsWith("/dev/loop"))
        .distinct()
        .count();
  }

  /** The site; a test can prepare it before anything is mounted. */
  Site createSite() {
    return Site.create();
  }

  private List<String> leaked() throws IOException {
    List<String> now = new ArrayList<>(Kernel.openFiles());
    now.removeAll(openFiles);
    return now;
  }

  KernelMounter mounter(String... settings) {
    return mounter(QuietRule.NONE, settings);
  }

  KernelMounter mounter(QuietRule quiet, String... settings) {
    Settings all = SettingsLoader.load(Optional.empty(), List.of(settings));
    return new KernelMounter(
        site.root(), site.images(), site.lockDir(), all.imageSuffixes(), all.mount(), quiet);
  }

  static Mounter.Request request(String name, String... inner) {
    return new Mounter.Request(name, name + ".img", List.of(inner));
  }

  MountFailure refused(Mounter.Request request) {
    MountFailure failure = assertThrows(MountFailure.class, () -> mounter.mount(request));
    assertEquals(0, site.mountsOn(request.name()));
    // Where udev runs, it may have it open for a moment.
    Await.until(
        "no loop device is left",
        () -> !Kernel.loopsBelow(site.folder()).containsValue(site.image(request.name()) + ""));
    return failure;
  }
}
