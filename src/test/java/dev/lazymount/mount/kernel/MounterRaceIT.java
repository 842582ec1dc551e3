package dev.lazymount.mount.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.kernel.Await;
import dev.lazymount.kernel.ChildProcess;
import dev.lazymount.kernel.ConcurrentReaders;
import dev.lazymount.kernel.Kernel;
import dev.lazymount.kernel.Site;
import dev.lazymount.mount.MountFailure;
import dev.lazymount.mount.Mounter;
import dev.lazymount.status.MountWarning;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Concurrent mounters of the same names, and mount points that change during a mount. */
class MounterRaceIT extends KernelMounterFixture {
  /** All threads mount all names at once, and each mount competes for the next free loop device. */
  @Test
  void manyThreadsMountEachImageOnce() throws Exception {
    List<String> names = site.compilers(50);
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

  /** Images are mounted and unmounted under the readers as fast as the kernel can. */
  @Test
  void readersNeverFailDuringMountsAndExpiries() throws Exception {
    List<String> names = List.of("a", "b", "c", "d", "e", "f", "g", "h");
    for (String name : names) {
      site.compiler(name);
    }
    AtomicInteger expired = new AtomicInteger();
    AtomicInteger next = new AtomicInteger();
    try (ConcurrentReaders readers =
            new ConcurrentReaders(
                2,
                reader -> {
                  String name = names.get(next.getAndIncrement() & 7);
                  String version = site.versionHere(name);
                  assertTrue(version.equals(Site.ORIGINAL) || version.equals(Site.IMAGE), version);
                });
        ConcurrentReaders mounters =
            new ConcurrentReaders(
                2,
                member -> {
                  for (String name : names.subList(member * 4, member * 4 + 4)) {
                    mounter.mount(request(name));
                    while (mounter.expire(request(name), true) != Mounter.Expiry.UNMOUNTED) {
                      Thread.onSpinWait();
                    }
                    expired.incrementAndGet();
                  }
                })) {
      Await.until("300 expiries", Await.PATIENCE.multipliedBy(6), () -> expired.get() >= 300);
      readers.await(1);
    }
    for (String name : names) {
      assertEquals(0, site.mountsOn(name));
    }
  }

  /** mount(8) does not take our locks. The order of the two mounts makes no difference. */
  @Test
  void secondMountOfTheImageIsDetached() throws Exception {
    site.compiler("gcc");
    site.compiler("arm64/gcc");
    for (String name : List.of("gcc", "arm64/gcc")) {
      mounter.mount(request(name));
      // A loop device of its own, as mount(8) makes if it checks before our mount.
      String loop =
          ChildProcess.run("losetup", "-r", "--show", "-f", site.image(name).toString())
              .orFail()
              .strip();
      ChildProcess.run("mount", "-t", "squashfs", "-o", "ro", loop, site.root(name).toString())
          .orFail();
      ChildProcess.run("losetup", "-d", loop).orFail();
      assertEquals(2, site.mountsOn(name));
      Path file = site.root(name).resolve("version");
      try (var open = Files.newBufferedReader(file)) {
        assertEquals(MountWarning.STACKED, mounter.look(request(name)).orElseThrow().warning());
        assertTrue(mounter.mount(request(name)).adopted());
        assertEquals(1, site.mountsOn(name));
        assertEquals(Site.IMAGE.strip(), open.readLine(), "what was open stays so");
      }
      assertEquals(Site.IMAGE, site.versionHere(name));
    }
  }

  /** The mount beneath our image is not always of the same image. */
  @Test
  void imageOverSomethingElseStays() throws Exception {
    site.compiler("gcc");
    ChildProcess.run("mount", "-t", "tmpfs", "none", site.root("gcc").toString()).orFail();
    ChildProcess.run(
            "mount", "-o", "ro,loop", site.image("gcc").toString(), site.root("gcc").toString())
        .orFail();
    assertTrue(mounter.mount(request("gcc")).adopted());
    assertEquals(2, site.mountsOn("gcc"));
    ChildProcess.run("umount", site.root("gcc").toString()).orFail();
    ChildProcess.run("umount", site.root("gcc").toString()).orFail();
  }

  /** A process swaps the mount point for a symlink out of the root, again and again. */
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
    long enough = System.nanoTime() + 1_500_000_000L;
    long deadline = enough + Await.PATIENCE.multipliedBy(3).toNanos();
    try {
      // On a busy machine it takes a while until both have happened.
      while (System.nanoTime() < (mounted > 0 && refused > 0 ? enough : deadline)) {
        try {
          mounter.mount(request("gcc"));
          mounted++;
        } catch (MountFailure e) {
          assertEquals(MountFailure.Kind.OTHER, e.kind(), e.getMessage());
          refused++;
        }
        assertEquals(List.of(), Kernel.mountsBelow(outside));
        // Wherever the directory is now, at most one mount covers it.
        assertTrue(site.mountsOn("gcc") + site.mountsOn("aside") <= 1);
        ChildProcess.run("umount", "-q", "-l", target.toString());
        ChildProcess.run("umount", "-q", "-l", aside.toString());
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
      // A directory that is mounted on can't be moved; restore it for the next round.
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
}
