package dev.lazymount.route;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lazymount.status.MountState;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A MountActor that stops because of an exception. */
class FailedMountActorTest extends RouterFixture {
  @Test
  void rowIsRemovedAndTheNextAccessMounts() {
    Routed router = router().images("gcc");
    // A result that no Mounter returns: the actor fails while it handles it.
    mounter.then("gcc", () -> null);
    router.accessesAndMounts("/ce/gcc/x");
    assertEquals(List.of(), inUse());

    router.accessesAndMounts("/ce/gcc/x");
    assertEquals(MountState.MOUNTED, state("gcc"));
  }
}
