package dev.lazymount.route;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.mount.Mounter;
import dev.lazymount.status.MountState;
import dev.lazymount.status.MountStatus;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** At most so many are mounted at once: which go, and what if all are in use. */
class MountLimitTest extends RouterFixture {
  private Routed limited(int max) {
    mounter.marksFirst();
    return router(false, Set.of(), max).images("a", "b", "c", "d", "e");
  }

  private void use(Routed router, String... names) {
    for (String name : names) {
      router.accessesAndMounts("/ce/" + name + "/x");
    }
  }

  private List<String> mounted() {
    return status.mounts().all().stream()
        .filter(line -> line.state() == MountState.MOUNTED)
        .map(MountStatus::name)
        .toList();
  }

  private String reason(String name) {
    return status.mounts().get(name).orElseThrow().reason();
  }

  @Test
  void upToTheLimitNothingIsUnmounted() {
    use(limited(3), "a", "b", "c");
    assertEquals(List.of("a", "b", "c"), mounted());
  }

  @Test
  void whatWasNotUsedForLongestGoes() {
    Routed router = limited(3);
    use(router, "a", "b", "c");
    pass(APART);
    use(router, "a");
    use(router, "d");
    assertEquals(List.of("a", "c", "d"), mounted());
    assertTrue(reason("b").contains("mount.max"), reason("b"));
    use(router, "e");
    assertEquals(List.of("a", "d", "e"), mounted());
  }

  @Test
  void whatIsUnmountedForTheLimitIsMountedByTheNextAccess() {
    Routed router = limited(1);
    use(router, "a", "b");
    assertEquals(List.of("b"), mounted());
    pass(APART);
    use(router, "a");
    assertEquals(List.of("a"), mounted());
  }

  /** The kernel knows of uses that no trace has told. */
  @Test
  void whatTheKernelSaysWasUsedSinceItWasMarkedIsGivenASecondChance() {
    mounter.expiries("b", Mounter.Expiry.MARKED, Mounter.Expiry.MARKED);
    Routed router = limited(3);
    use(router, "a", "b", "c", "d");
    assertEquals(List.of("b", "c", "d"), mounted(), "and b is marked, as it is the next to go");
    use(router, "e");
    assertEquals(List.of("b", "d", "e"), mounted(), "b was used after it was marked");
  }

  @Test
  void aMountIsNeverRefusedAndWhatIsInUseStaysUntilItIsNot() {
    for (String name : List.of("a", "b", "c")) {
      mounter.expiries(name, Mounter.Expiry.BUSY, Mounter.Expiry.BUSY);
    }
    Routed router = limited(2);
    use(router, "a", "b", "c");
    assertEquals(List.of("a", "b", "c"), mounted());
    for (int i = 0; i < 2; i++) {
      pass(Duration.ofSeconds(10));
      mounting.runAll();
    }
    assertEquals(2, mounted().size());
  }

  /** An actor may have ended before it heard of it, or hang. */
  @Test
  void whoeverDoesNotAnswerIsNotWaitedForForEver() {
    Routed router = limited(1);
    use(router, "a");
    router.accesses("/ce/b/x");
    mounting.runOne();
    assertEquals(List.of("a", "b"), mounted());
    assertEquals(1, mounting.waiting(), "a is asked to go, and does not answer");
    pass(Duration.ofSeconds(40));
    assertEquals(2, mounting.waiting(), "and so is b");
    mounting.runAll();
    pass(Duration.ofSeconds(10));
    mounting.runAll();
    assertEquals(1, mounted().size(), () -> mounted().toString());
  }

  @Test
  void manyAtOnceComeDownToTheLimitToo() {
    Routed router = limited(2);
    router.accessesAndMounts("/ce/a/x", "/ce/b/x", "/ce/c/x", "/ce/d/x", "/ce/e/x");
    assertEquals(2, mounted().size(), () -> mounted().toString());
  }
}
