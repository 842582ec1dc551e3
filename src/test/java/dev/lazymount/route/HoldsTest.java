package dev.lazymount.route;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lazymount.mount.OperatorHold;
import dev.lazymount.status.MountState;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Names that an operator keeps unmounted. */
final class HoldsTest extends RouterFixture {
  private static OperatorHold hold(Duration left) {
    Instant now = Instant.now();
    return new OperatorHold(now.minusSeconds(60), Optional.of(now.plus(left)), "patch");
  }

  private static final OperatorHold FOR_EVER =
      new OperatorHold(Instant.EPOCH, Optional.empty(), "");

  private String reason(String name) {
    return status.mounts().get(name).orElseThrow().reason();
  }

  @Test
  void aHeldNameIsNotMountedUntilItIsReleased() {
    Routed router = router().images("gcc", "clang");
    router.hold(Map.of("gcc", FOR_EVER));
    router.accessesAndMounts("/ce/gcc/bin/gcc", "/ce/clang/bin/clang");
    assertEquals(List.of("clang"), mounter.names());
    assertEquals("held by an operator", reason("gcc"));
    router.hold(Map.of());
    pass(APART);
    router.accessesAndMounts("/ce/gcc/bin/gcc");
    assertEquals(MountState.MOUNTED, state("gcc"));
  }

  @Test
  void holdsOfTheStartCountFromTheFirstAccess() {
    holds = Map.of("gcc", FOR_EVER);
    Routed router = router();
    router.accesses("/ce/gcc/bin/gcc");
    router.images("gcc");
    mounting.runAll();
    assertEquals(List.of(), mounter.names());
    assertEquals(MountState.HELD, state("gcc"));
  }

  @Test
  void aHoldEndsByItself() {
    Routed router = router().images("gcc");
    router.hold(Map.of("gcc", hold(Duration.ofHours(2))));
    pass(Duration.ofHours(2));
    router.accessesAndMounts("/ce/gcc/bin/gcc");
    assertEquals(MountState.MOUNTED, state("gcc"));
  }

  @Test
  void aHoldThatIsOverHoldsNothing() {
    Routed router = router().images("gcc");
    router.hold(Map.of("gcc", hold(Duration.ofHours(-1))));
    router.accessesAndMounts("/ce/gcc/bin/gcc");
    assertEquals(MountState.MOUNTED, state("gcc"));
  }

  /** An image around it would hide its directory. */
  @Test
  void imagesAroundAHeldNameAreHeldAndThoseInsideAreNot() {
    Routed router = router().images("cuda", "cuda/12", "cuda/12/extra");
    router.hold(Map.of("cuda/12", FOR_EVER));
    router.accessesAndMounts("/ce/cuda/12/extra/f");
    assertEquals(List.of("cuda/12/extra"), mounter.names());
    assertEquals("cuda/12 in it is held by an operator", reason("cuda"));
    router.hold(Map.of());
    assertEquals(MountState.UNMOUNTED, state("cuda"));
  }

  @Test
  void anImageThatAppearsLaterIsHeld() {
    Routed router = router().images("clang");
    router.hold(Map.of("gcc", FOR_EVER));
    assertEquals(List.of(), inUse());
    router.images("clang", "gcc");
    router.accessesAndMounts("/ce/gcc/bin/gcc");
    assertEquals(MountState.HELD, state("gcc"));
  }

  @Test
  void aScanDoesNotEndAHold() {
    Routed router = router().images("gcc");
    router.hold(Map.of("gcc", hold(Duration.ofHours(2))));
    router.images("gcc");
    router.accessesAndMounts("/ce/gcc/bin/gcc");
    assertEquals(MountState.HELD, state("gcc"));
  }
}
