package dev.lazymount.hold;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.catalog.Catalog;
import dev.lazymount.catalog.ImageFile;
import dev.lazymount.mount.MountResult;
import dev.lazymount.mount.OperatorHold;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What hold and release do, whatever mounts. */
final class HoldCommandsTest {
  private static final OperatorHold HOLD =
      new OperatorHold(Instant.EPOCH, Optional.empty(), "patch");

  private static final Catalog CATALOG =
      Catalog.of(
          Stream.of("gcc-14.2.0", "clang", "cuda", "cuda/12", "cuda/12/extra", "cuda/13")
              .map(name -> new ImageFile(name, name + ".img"))
              .toList(),
          Map.of());

  @TempDir private Path state;
  private HoldFile file;
  private HoldCommands commands;

  private final Set<String> mounted = new TreeSet<>();
  private final Set<String> busy = new TreeSet<>();
  private final List<String> unmounted = new ArrayList<>();
  private Set<String> followed = Set.of();

  private final class Mounts implements HoldCommands.Mounts {
    @Override
    public void follow(Map<String, OperatorHold> holds) {
      followed = Set.copyOf(holds.keySet());
    }

    @Override
    public boolean isMounted(String name) {
      return mounted.contains(name);
    }

    @Override
    public MountResult unmount(String name) {
      assertFalse(followed.isEmpty(), "an access could mount it again");
      if (busy.contains(name)) {
        return new MountResult(name, MountResult.Outcome.BUSY, "it is in use");
      }
      mounted.remove(name);
      unmounted.add(name);
      return new MountResult(name, MountResult.Outcome.DONE, null);
    }
  }

  @BeforeEach
  void begin() {
    file = new HoldFile(state);
    commands = new HoldCommands(file, new Mounts());
  }

  private HoldCommands.Outcomes hold(String... names) throws Exception {
    return commands.hold(List.of(names), HOLD, CATALOG);
  }

  @Test
  void namesAreHeldAndKept() throws Exception {
    assertTrue(hold("clang", "cuda/12").isGood());
    assertEquals(Set.of("clang", "cuda/12"), file.read().keySet());
    assertEquals(Set.of("clang", "cuda/12"), followed);
  }

  @Test
  void whatHidesTheDirectoryIsUnmountedInnerImagesFirst() throws Exception {
    mounted.addAll(CATALOG.names());
    assertTrue(hold("cuda/12").isGood());
    assertEquals(List.of("cuda/12/extra", "cuda/12", "cuda"), unmounted);
  }

  @Test
  void anImageInUseIsNotHeldAndItsUsersAreNamed() throws Exception {
    mounted.addAll(Set.of("clang", "gcc-14.2.0"));
    busy.add("clang");
    HoldCommands.Outcomes outcomes = hold("clang", "gcc-14.2.0");
    assertEquals(
        List.of(
            new HoldCommands.Outcome(
                "clang", false, null, "its image is mounted and in use", "clang"),
            new HoldCommands.Outcome("gcc-14.2.0", true, null, null, null)),
        outcomes.names());
    assertEquals(Set.of("gcc-14.2.0"), file.read().keySet());
    assertEquals(Set.of("gcc-14.2.0"), followed);
  }

  @Test
  void anEarlierHoldSurvivesOneThatFails() throws Exception {
    hold("clang");
    mounted.add("clang");
    busy.add("clang");
    hold("clang");
    assertEquals(Set.of("clang"), file.read().keySet());
  }

  @Test
  void anUnknownNameIsRefusedWithNearOnesAndNothingIsHeld() throws Exception {
    HoldCommands.Refused e =
        assertThrows(HoldCommands.Refused.class, () -> hold("clang", "gcc-14.2.1"));
    assertEquals(
        "no image has the name gcc-14.2.1; did you mean gcc-14.2.0? Nothing was held",
        e.getMessage());
    assertEquals(Map.of(), file.read());
  }

  @Test
  void aReleaseEndsTheHoldAndNamesWhatWasNotHeld() throws Exception {
    hold("clang");
    HoldCommands.Outcomes outcomes = commands.release(List.of("clang", "gcc"));
    assertEquals(
        List.of(
            new HoldCommands.Outcome("clang", true, null, null, null),
            new HoldCommands.Outcome("gcc", false, null, "it is not held", null)),
        outcomes.names());
    assertEquals(Map.of(), file.read());
    assertEquals(Set.of(), followed);
  }
}
