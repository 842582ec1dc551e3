package dev.lazymount.mount;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.config.Settings;
import dev.lazymount.config.SettingsLoader;
import dev.lazymount.kernel.Await;
import dev.lazymount.kernel.BadImages;
import dev.lazymount.kernel.Child;
import dev.lazymount.kernel.Crowd;
import dev.lazymount.kernel.Kernel;
import dev.lazymount.kernel.LockHolder;
import dev.lazymount.kernel.Site;
import dev.lazymount.linux.Fd;
import dev.lazymount.linux.MountInfo;
import dev.lazymount.linux.Mounts;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Mounts in this process. Each test begins and ends with the same open files and loop devices. */
class KernelMounterIT {
  private Site site;
  private KernelMounter mounter;
  private List<String> openFiles;

  @BeforeEach
  void open() throws Exception {
    site = Site.create();
    mounter = mounter();
    // Whatever a first use loads is loaded now and does not look like a leak.
    site.compiler("warm-up");
    assertFalse(mounter.mount(request("warm-up")).adopted());
    site.place(new byte[0], "warm-up-bad");
    assertThrows(MountFailure.class, () -> mounter.mount(request("warm-up-bad")));
    openFiles = Kernel.openFiles();
  }

  @AfterEach
  void nothingLeaks() throws IOException {
    try {
      Await.until(
          "the same files are open as before",
          Await.PATIENCE,
          () -> Kernel.openFiles().equals(openFiles),
          () -> leaked());
      Await.until(
          "every loop device has its mount",
          () -> Kernel.loopsBelow(site.folder()).size() == Kernel.mountsBelow(site.root()).size());
    } finally {
      site.close();
    }
  }

  private String leaked() {
    try {
      List<String> now = new ArrayList<>(Kernel.openFiles());
      now.removeAll(openFiles);
      return now.toString();
    } catch (IOException e) {
      return e.toString();
    }
  }

  private KernelMounter mounter(String... settings) {
    Settings.Mount mount = SettingsLoader.load(Optional.empty(), List.of(settings)).mount();
    return new KernelMounter(site.root(), site.images(), site.lockDir(), mount);
  }

  private static Mounter.Request request(String name, String... inner) {
    return new Mounter.Request(name, name + ".img", List.of(inner));
  }

  private MountFailure refused(Mounter.Request request) {
    MountFailure failure = assertThrows(MountFailure.class, () -> mounter.mount(request));
    assertEquals(0, site.mountsOn(request.name()));
    assertFalse(Kernel.loopsBelow(site.folder()).containsValue(site.image(request.name()) + ""));
    return failure;
  }

  @Test
  void mountIsReadOnlyWithoutSetUserIdAndDevices() throws Exception {
    site.compiler("gcc");

    Mounter.Mounted mounted = mounter.mount(request("gcc"));

    assertFalse(mounted.adopted());
    List<String> options = List.of(Kernel.optionsOn(site.root("gcc")).split(","));
    assertTrue(options.containsAll(List.of("ro", "nosuid", "nodev")), options.toString());
    MountInfo mount = Kernel.mountsBelow(site.root("gcc")).get(0);
    assertEquals("squashfs", mount.fsType());
    assertEquals(mounted.device(), mount.source());
    assertEquals(Site.IMAGE, site.versionHere("gcc"));
    assertThrows(
        IOException.class, () -> Files.writeString(site.root("gcc/new"), "must not be written"));
  }

  @Test
  void loopDeviceIsReadOnlyAndGoesWithItsMount() throws Exception {
    site.compiler("gcc");
    String device = mounter.mount(request("gcc")).device();
    String loop = Path.of(device).getFileName().toString();
    assertEquals("1", Files.readString(Path.of("/sys/block", loop, "ro")).strip());
    assertEquals("1", Files.readString(Path.of("/sys/block", loop, "loop/autoclear")).strip());

    Child.run("umount", site.root("gcc").toString()).orFail();

    Await.until(
        "the loop device is free",
        () -> !Kernel.loopsBelow(site.folder()).containsValue(site.image("gcc").toString()));
  }

  @Test
  void mountOptionsOfTheSettingsReachTheKernel() throws Exception {
    site.compiler("gcc");
    mounter = mounter("mount.options=[\"errors=panic\"]");
    mounter.mount(request("gcc"));
    String line =
        Files.readAllLines(Path.of("/proc/self/mountinfo")).stream()
            .filter(mount -> mount.contains(" " + site.root("gcc") + " "))
            .findFirst()
            .orElseThrow();
    assertTrue(line.endsWith("errors=panic"), line);
  }

  @Test
  void optionTheKernelDoesNotHaveIsNoFaultOfTheImage() throws Exception {
    site.compiler("gcc");
    mounter = mounter("mount.options=[\"no-such-option\"]");
    MountFailure failure = refused(request("gcc"));
    assertEquals(MountFailure.Kind.OTHER, failure.kind());
    assertTrue(failure.getMessage().contains("no-such-option"), failure.getMessage());
  }

  @ParameterizedTest
  @EnumSource(BadImages.class)
  void badImageIsRefusedAndLeavesNothing(BadImages bad) throws Exception {
    site.original("gcc");
    bad.make(site, "gcc");

    MountFailure failure = refused(request("gcc"));

    assertEquals(MountFailure.Kind.BAD_IMAGE, failure.kind(), failure.getMessage());
    assertTrue(failure.getMessage().contains(bad.reason()), failure.getMessage());
    assertTrue(failure.getMessage().contains(site.image("gcc").toString()), failure.getMessage());
    assertEquals(Site.ORIGINAL, site.versionHere("gcc"));
  }

  @Test
  void badImageIsKnownByItsGeneration() throws Exception {
    site.original("gcc");
    BadImages.EMPTY.make(site, "gcc");
    MountFailure failure = refused(request("gcc"));
    assertEquals(mounter.generation(request("gcc")), failure.generation());

    site.goodImage("gcc");

    assertFalse(mounter.generation(request("gcc")).equals(failure.generation()));
    assertFalse(mounter.mount(request("gcc")).adopted());
  }

  @Test
  void symlinkedImageIsMountedWhereThatIsAllowed() throws Exception {
    mounter = mounter("mount.symlinked-images=true");
    site.original("gcc");
    BadImages.SYMLINK_INSIDE.make(site, "gcc");
    assertFalse(mounter.mount(request("gcc")).adopted());
    assertEquals(Site.IMAGE, site.versionHere("gcc"));
    assertEquals(mounter.mount(request("gcc")).adopted(), true);
  }

  @Test
  void symlinkOutOfTheImageDirectoryIsRefusedAlsoWhereSymlinksAreAllowed() throws Exception {
    mounter = mounter("mount.symlinked-images=true");
    site.original("gcc");
    BadImages.SYMLINK_OUTSIDE.make(site, "gcc");
    MountFailure failure = refused(request("gcc"));
    assertEquals(MountFailure.Kind.BAD_IMAGE, failure.kind());
    assertTrue(failure.getMessage().contains("leads out of"), failure.getMessage());
  }

  @Test
  void missingImageIsRefused() throws Exception {
    site.original("gcc");
    assertTrue(refused(request("gcc")).getMessage().contains("ENOENT"));
  }

  @Test
  void missingTargetIsRefusedAndNotMade() throws Exception {
    site.goodImage("gcc");
    assertTrue(refused(request("gcc")).getMessage().contains("ENOENT"));
    assertFalse(Files.exists(site.root("gcc")));
  }

  @Test
  void targetThatIsAFileIsRefused() throws Exception {
    site.goodImage("gcc");
    Files.writeString(site.root("gcc"), "a file");
    assertTrue(refused(request("gcc")).getMessage().contains("ENOTDIR"));
  }

  @Test
  void symlinkIsNeverMountedOver() throws Exception {
    Path outside = Files.createDirectories(site.scratch().resolve("outside/gcc"));
    site.goodImage("gcc");
    Files.createSymbolicLink(site.root("gcc"), outside);
    site.original("real");
    site.goodImage("inside");
    Files.createSymbolicLink(site.root("inside"), Path.of("real"));
    site.goodImage("way/gcc");
    Files.createSymbolicLink(site.root("way"), outside.getParent());

    for (String name : List.of("gcc", "inside", "way/gcc")) {
      String reason = refused(request(name)).getMessage();
      assertTrue(reason.contains("ELOOP") || reason.contains("ENOTDIR"), reason);
    }

    assertEquals(List.of(), Kernel.mountsBelow(site.scratch()));
    assertEquals(0, site.mountsOn("real"));
  }

  @Test
  void nameThatLeadsOutOfTheRootIsRefused() throws Exception {
    Files.createDirectories(site.scratch().resolve("gcc"));
    site.goodImage("gcc");
    assertTrue(
        assertThrows(
                MountFailure.class,
                () -> mounter.mount(new Mounter.Request("../scratch/gcc", "gcc.img", List.of())))
            .getMessage()
            .contains("EXDEV"));
    assertEquals(List.of(), Kernel.mountsBelow(site.scratch()));
  }

  @Test
  void foreignMountIsLeftAlone() throws Exception {
    site.compiler("gcc");
    Child.run("mount", "-t", "tmpfs", "foreign", site.root("gcc").toString()).orFail();

    MountFailure mount = assertThrows(MountFailure.class, () -> mounter.mount(request("gcc")));
    MountFailure look = assertThrows(MountFailure.class, () -> mounter.look(request("gcc")));

    for (MountFailure failure : List.of(mount, look)) {
      assertEquals(MountFailure.Kind.OTHER, failure.kind());
      assertTrue(failure.getMessage().contains("left alone"), failure.getMessage());
    }
    assertEquals("tmpfs", Kernel.mountsBelow(site.root("gcc")).get(0).fsType());
    assertEquals(1, site.mountsOn("gcc"));
    Child.run("umount", site.root("gcc").toString()).orFail();
  }

  @Test
  void anotherImageOnTheTargetIsLeftAlone() throws Exception {
    site.compiler("gcc");
    site.compiler("other");
    Child.run("mount", "-o", "ro,loop", site.image("other").toString(), site.root("gcc").toString())
        .orFail();

    MountFailure failure = assertThrows(MountFailure.class, () -> mounter.mount(request("gcc")));

    assertTrue(failure.getMessage().contains("left alone"), failure.getMessage());
    assertEquals(1, site.mountsOn("gcc"));
  }

  @Test
  void mountOfTheSameImageIsAdopted() throws Exception {
    site.compiler("gcc");
    assertEquals(Optional.empty(), mounter.look(request("gcc")));
    String device = mounter.mount(request("gcc")).device();

    Mounter.Mounted again = mounter.mount(request("gcc"));
    assertEquals(device, again.device());
    assertTrue(again.adopted());
    assertEquals(Optional.of(again), mounter.look(request("gcc")));
    assertEquals(1, site.mountsOn("gcc"));
  }

  @Test
  void mountMadeByMount8IsAdopted() throws Exception {
    site.compiler("gcc");
    Child.run("mount", "-o", "ro,loop", site.image("gcc").toString(), site.root("gcc").toString())
        .orFail();
    assertTrue(mounter.mount(request("gcc")).adopted());
    assertEquals(1, site.mountsOn("gcc"));
  }

  @Test
  void imageIsNotMountedOverTheMountsInsideItsDirectory() throws Exception {
    site.compiler("arm64/gcc");
    site.compiler("arm64");
    mounter.mount(request("arm64/gcc"));

    MountFailure failure = refused(request("arm64", "arm64/gcc"));

    assertEquals(MountFailure.Kind.OTHER, failure.kind());
    assertTrue(failure.getMessage().contains("would be hidden"), failure.getMessage());
    assertEquals(Site.IMAGE, site.versionHere("arm64/gcc"));
  }

  @Test
  void lockOfAnotherProcessIsRespected() throws Exception {
    site.compiler("arm64/gcc");
    try (LockHolder other = LockHolder.take(site.lockDir().resolve("arm64%2Fgcc.lock"))) {
      assertEquals(MountFailure.Kind.LOCKED, refused(request("arm64/gcc")).kind());
    }
    assertFalse(mounter.mount(request("arm64/gcc")).adopted());
  }

  @Test
  void rehearsalAttachesNothing() throws Exception {
    site.compiler("gcc");
    mounter.rehearse(request("gcc"));
    assertEquals(0, site.mountsOn("gcc"));
    assertEquals(Site.ORIGINAL, site.versionHere("gcc"));
  }

  /** All threads want all names at once, and each mount wants the next free loop device. */
  @Test
  void manyThreadsMountEachImageOnce() throws Exception {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      names.add("gcc-" + i);
      site.compiler("gcc-" + i);
    }
    AtomicInteger made = new AtomicInteger();
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      List<Callable<Void>> work = new ArrayList<>();
      for (int t = 0; t < 8; t++) {
        List<String> shuffled = new ArrayList<>(names);
        Collections.shuffle(shuffled, new Random(t));
        work.add(() -> mountAll(shuffled, made));
      }
      for (Future<Void> done : threads.invokeAll(work)) {
        done.get();
      }
    } finally {
      threads.shutdownNow();
    }

    assertEquals(50, made.get());
    for (String name : names) {
      assertEquals(1, site.mountsOn(name));
      assertEquals(Site.IMAGE, site.versionHere(name));
    }
    assertEquals(51, Kernel.loopsBelow(site.images()).size());
  }

  private Void mountAll(List<String> names, AtomicInteger made) throws Exception {
    for (String name : names) {
      boolean locked = true;
      while (locked) {
        try {
          locked = false;
          if (!mounter.mount(request(name)).adopted()) {
            made.incrementAndGet();
          }
        } catch (MountFailure e) {
          locked = e.kind() == MountFailure.Kind.LOCKED;
          if (!locked) {
            throw e;
          }
          Thread.onSpinWait();
        }
      }
    }
    return null;
  }

  /** Somebody swaps the target for a symlink that leads outside, again and again. */
  @Test
  void targetThatIsSwappedMeanwhileNeverTakesAMountOutside() throws Exception {
    Path outside = Files.createDirectories(site.scratch().resolve("outside"));
    site.compiler("gcc");
    Path target = site.root("gcc");
    Path aside = site.root("aside");
    Path link = Files.createSymbolicLink(site.root("link"), outside);
    AtomicBoolean over = new AtomicBoolean();
    Thread swapper =
        new Thread(
            () -> {
              while (!over.get()) {
                swap(target, aside, link);
              }
            });
    swapper.start();
    int mounted = 0;
    int refused = 0;
    long deadline = System.nanoTime() + 1_500_000_000L;
    try {
      while (System.nanoTime() < deadline) {
        try {
          mounter.mount(request("gcc"));
          mounted++;
        } catch (MountFailure e) {
          assertEquals(MountFailure.Kind.OTHER, e.kind(), e.getMessage());
          refused++;
        }
        assertEquals(List.of(), Kernel.mountsBelow(outside));
        // Wherever the directory is now, it is covered once at most.
        assertTrue(site.mountsOn("gcc") + site.mountsOn("aside") <= 1);
        Child.run("umount", "-q", "-l", target.toString());
        Child.run("umount", "-q", "-l", aside.toString());
      }
    } finally {
      over.set(true);
      swapper.join();
    }
    assertTrue(mounted > 0, "never mounted");
    assertTrue(refused > 0, "never met the swap");
  }

  private static void swap(Path target, Path aside, Path link) {
    try {
      Files.move(target, aside);
      Files.move(link, target);
      Files.move(target, link);
      Files.move(aside, target);
    } catch (IOException mountedNow) {
      // A directory that is mounted on can't be moved; put things right for the next round.
      try {
        if (Files.isSymbolicLink(target)) {
          Files.move(target, link);
        }
        if (Files.notExists(target, java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
          Files.move(aside, target);
        }
      } catch (IOException stillMounted) {
        Thread.onSpinWait();
      }
    }
  }

  @Test
  void replacedImageIsSwappedWithoutAGap() throws Exception {
    site.compiler("gcc");
    String old = mounter.mount(request("gcc")).device();
    try (Crowd readers =
        new Crowd(2, reader -> assertFalse(site.versionHere("gcc").equals(Site.ORIGINAL)))) {
      for (int i = 0; i < 20; i++) {
        site.image("gcc", Map.of("version", "image of day " + i + "\n"));
        readers.await(1);

        Mounter.Mounted now = mounter.mount(request("gcc"));

        assertFalse(now.adopted());
        assertFalse(now.device().equals(old));
        assertEquals("image of day " + i + "\n", site.versionHere("gcc"));
        assertEquals(1, site.mountsOn("gcc"));
        assertTrue(mounter.mount(request("gcc")).adopted());
        old = now.device();
      }
    }
  }

  @Test
  void openFileGoesOnReadingTheReplacedImage() throws Exception {
    site.compiler("gcc");
    mounter.mount(request("gcc"));
    try (InputStream open = Files.newInputStream(site.root("gcc/version"))) {
      site.image("gcc", Map.of("version", "new image\n"));
      mounter.mount(request("gcc"));
      assertEquals(Site.IMAGE, new String(open.readAllBytes(), StandardCharsets.UTF_8));
    }
    assertEquals("new image\n", site.versionHere("gcc"));
  }

  @Test
  void badReplacementLeavesTheOldImageMounted() throws Exception {
    site.compiler("gcc");
    String device = mounter.mount(request("gcc")).device();
    Files.delete(site.image("gcc"));
    BadImages.CORRUPT.make(site, "gcc");

    Mounter.Mounted old = mounter.mount(request("gcc"));

    assertEquals(device, old.device());
    assertTrue(old.outdated().contains("replaced by a bad one"), old.outdated());
    assertEquals(1, site.mountsOn("gcc"));
    assertEquals(Site.IMAGE, site.versionHere("gcc"));
  }

  @Test
  void anOldImageLeftOnTopOfTheNewOneIsTakenOff() throws Exception {
    site.compiler("gcc");
    mounter.mount(request("gcc"));
    site.image("gcc", Map.of("version", "new image\n"));
    // What a daemon leaves that is killed right after it put the new image beneath the old one.
    Path images = site.image("gcc").getParent();
    try (ImageDirectory.Image image = new ImageDirectory(images.toString(), false).open("gcc.img");
        DetachedMount mount = DetachedMount.of(image, List.of());
        Fd place = new Target(site.root().toString(), "gcc").open()) {
      Mounts.attachBeneath(mount.fd(), place);
    }
    assertEquals(2, site.mountsOn("gcc"));

    Mounter.Mounted mounted = mounter.mount(request("gcc"));

    assertEquals(1, site.mountsOn("gcc"));
    assertTrue(mounted.adopted());
    assertEquals("new image\n", site.versionHere("gcc"));
  }

  @Test
  void aReplacedImageStaysWhileSomethingIsMountedInside() throws Exception {
    site.compiler("gcc");
    site.image("gcc", Map.of("inside/here", "x", "version", Site.IMAGE));
    String device = mounter.mount(request("gcc")).device();
    Child.run("mount", "-t", "tmpfs", "tmpfs", site.root("gcc/inside").toString());
    site.image("gcc", Map.of("version", "new image\n"));

    Mounter.Mounted old = mounter.mount(request("gcc"));

    assertEquals(device, old.device());
    assertTrue(old.outdated().contains("mounted inside"), old.outdated());
    assertEquals(1, site.mountsOn("gcc"));

    Mounts.detach(site.root("gcc/inside").toString());
    mounter.mount(request("gcc"));
    assertEquals("new image\n", site.versionHere("gcc"));
  }

  @Test
  void whatNobodyUsesBetweenTwoExpiriesIsUnmounted() throws Exception {
    site.compiler("gcc");
    assertEquals(Mounter.Expiry.NOT_MOUNTED, mounter.expire(request("gcc"), false));
    mounter.mount(request("gcc"));
    assertEquals(Mounter.Expiry.MARKED, mounter.expire(request("gcc"), false));
    assertEquals(Site.IMAGE, site.versionHere("gcc"));
    assertEquals(Mounter.Expiry.MARKED, mounter.expire(request("gcc"), true));
    assertEquals(Mounter.Expiry.UNMOUNTED, mounter.expire(request("gcc"), true));
    assertEquals(0, site.mountsOn("gcc"));
    assertEquals(Site.ORIGINAL, site.versionHere("gcc"));
  }

  @Test
  void whatIsInUseIsNotExpired() throws Exception {
    site.compiler("gcc");
    mounter.mount(request("gcc"));
    try (InputStream open = Files.newInputStream(site.root("gcc/version"))) {
      assertEquals(Mounter.Expiry.BUSY, mounter.expire(request("gcc"), false));
      assertEquals(Mounter.Expiry.BUSY, mounter.expire(request("gcc"), false));
      assertEquals(Site.IMAGE, new String(open.readAllBytes(), StandardCharsets.UTF_8));
    }
    assertEquals(1, site.mountsOn("gcc"));
  }

  @Test
  void aForeignMountIsNotExpired() throws Exception {
    site.compiler("gcc");
    Child.run("mount", "-t", "tmpfs", "tmpfs", site.root("gcc").toString());
    assertThrows(MountFailure.class, () -> mounter.expire(request("gcc"), false));
    assertThrows(MountFailure.class, () -> mounter.expire(request("gcc"), false));
    assertEquals(1, site.mountsOn("gcc"));
    Mounts.detach(site.root("gcc").toString());
  }

  @Test
  void imageThatVanishedStaysMounted() throws Exception {
    site.compiler("gcc");
    String device = mounter.mount(request("gcc")).device();
    Files.delete(site.image("gcc"));
    Mounter.Mounted again = mounter.mount(request("gcc"));
    assertTrue(again.adopted());
    assertEquals(device, again.device());
    assertEquals(1, site.mountsOn("gcc"));
  }

  @Test
  void replacingAnOuterImageTakesNoMountInsideItAway() throws Exception {
    site.original("arm64", Map.of("version", Site.ORIGINAL, "gcc/version", Site.ORIGINAL));
    site.image("arm64", Map.of("version", Site.IMAGE, "gcc/version", "inside outer image\n"));
    site.image("arm64/gcc", Map.of("version", "inner image\n"));
    Mounter.Request outer = request("arm64", "arm64/gcc");
    mounter.mount(outer);
    mounter.mount(request("arm64/gcc"));
    site.image("arm64", Map.of("version", "new\n", "gcc/version", "inside new outer image\n"));

    try {
      mounter.mount(outer);
    } catch (MountFailure e) {
      assertEquals(MountFailure.Kind.OTHER, e.kind());
    }

    assertEquals("inner image\n", site.versionHere("arm64/gcc"));
    assertEquals(1, site.mountsOn("arm64"));
    assertEquals(1, site.mountsOn("arm64/gcc"));
  }

  @Test
  void imageWithNothingInItsRootIsRefusedWithAReason() throws Exception {
    site.original("gcc");
    site.image("gcc", Map.of());
    MountFailure failure = refused(request("gcc"));
    assertEquals(MountFailure.Kind.BAD_IMAGE, failure.kind());
    assertTrue(failure.getMessage().contains("nothing in it"), failure.getMessage());
  }
}
