package dev.lazymount.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lazymount.linux.MountInfo;
import dev.lazymount.linux.SyscallException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class HungShutdownTest {
  private static final String ROOT = "/opt/compiler-explorer";
  private static final int ESTALE = 116;

  private final CountDownLatch storage = new CountDownLatch(1);
  private final ScriptedHost host = new ScriptedHost();

  /** A host that shuts down while its storage hangs, unless told otherwise. */
  private final class ScriptedHost implements HungShutdown.Host {
    private final List<MountInfo> mounts = new ArrayList<>();
    private final List<String> detached = new ArrayList<>();
    private boolean shutsDown = true;
    private boolean responds;
    private int error;

    @Override
    public boolean shutsDown(Duration atMost) {
      return shutsDown;
    }

    @Override
    public void ask(String directory) throws SyscallException {
      assertEquals(ROOT, directory);
      if (error != 0) {
        throw new SyscallException("statx " + directory, error);
      }
      if (!responds) {
        hang();
      }
    }

    @Override
    public List<MountInfo> mounts() {
      return mounts;
    }

    @Override
    public void detach(String mountPoint) {
      detached.add(mountPoint);
      hang();
    }

    private void hang() {
      try {
        storage.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    private void mount(String target, String type) {
      mounts.add(new MountInfo(mounts.size(), 0, 0, "/", target, type, type));
    }
  }

  private List<String> detachedWith(String... targets) {
    host.mount("/", "ext4");
    for (String target : targets) {
      host.mount(target, "nfs4");
    }
    new HungShutdown(ROOT, host).run();
    return host.detached;
  }

  @AfterEach
  void release() {
    storage.countDown();
  }

  @Test
  void detachesTheMountOfTheRootWithTheImagesInIt() {
    assertEquals(List.of(ROOT), detachedWith("/opt", ROOT, ROOT + "/gcc"));
  }

  @Test
  void detachesTheMountThatContainsTheRoot() {
    assertEquals(List.of("/opt"), detachedWith("/opt", "/optional", ROOT + "/gcc"));
  }

  @Test
  void leavesTheRootOfTheHost() {
    assertEquals(List.of(), detachedWith(ROOT + "/gcc"));
  }

  @Test
  void leavesARootWithoutImages() {
    assertEquals(List.of(), detachedWith(ROOT, ROOT + "-2/gcc"));
  }

  @Test
  void leavesARootThatResponds() {
    host.responds = true;
    assertEquals(List.of(), detachedWith(ROOT, ROOT + "/gcc"));
  }

  @Test
  void leavesARootThatRespondsWithAnError() {
    host.error = ESTALE;
    assertEquals(List.of(), detachedWith(ROOT, ROOT + "/gcc"));
  }

  @Test
  void leavesARootWhileOnlyTheDaemonEnds() {
    host.shutsDown = false;
    assertEquals(List.of(), detachedWith(ROOT, ROOT + "/gcc"));
  }
}
