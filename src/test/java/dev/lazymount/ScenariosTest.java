package dev.lazymount;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;

/**
 * What may happen to a mount, and what comes of it: the README's table. Each row names the tests
 * that show it, together all of it; here it is seen that there are such tests, and that the README
 * has these rows. The table is also written to target/scenarios-table.md.
 */
class ScenariosTest {
  private static final Path TABLE = Path.of("target/scenarios-table.md");
  private static final Path README = Path.of("README.md");

  /**
   * A row.
   *
   * @param what happens
   * @param outcome what comes of it
   * @param tests package, class and method below dev.lazymount
   */
  private record Scenario(String what, String outcome, List<String> tests) {
    String row() {
      String names =
          tests.stream()
              .map(test -> "`" + test.replaceFirst("^[a-z.]+", "") + "`")
              .collect(Collectors.joining(", "));
      return "| " + what + " | " + outcome + " | " + names + " |";
    }
  }

  private static Scenario row(String what, String outcome, String... tests) {
    return new Scenario(what, outcome, List.of(tests));
  }

  private static final List<Scenario> SCENARIOS =
      List.of(
          row(
              "a storage hangs, others do not",
              "each mount that hangs holds one slot and is `stuck`; the others are mounted",
              "daemon.HungStorageIT." + "hungMountsOpenTheCircuitUntilTheStorageIsBack"),
          row(
              "all slots hang, and the storage comes back",
              "nothing more is tried, and `status` says so; then all is mounted by itself",
              "daemon.HungStorageIT." + "hungMountsOpenTheCircuitUntilTheStorageIsBack"),
          row(
              "the storage hangs when the daemon starts",
              "it is ready, says so, and mounts what was used meanwhile when it is back",
              "daemon.HungStorageIT." + "daemonStartsOnHungStorageAndMountsWhenItIsBack"),
          row(
              "`status` and SIGTERM while all slots hang",
              "answered, and ended in time",
              "daemon.HungStorageIT.daemonWithOnlyHungMountsAnswersAndEndsInTime"),
          row(
              "an image that is none, or cut off, or a device, a pipe, a symlink",
              "quarantined, with the reason in `status` and one line in the log",
              "daemon.RefusedMountIT.badImageLeavesTheOriginalAndIsExplained"),
          row(
              "500 damaged squashfs images",
              "quarantined or mounted; nothing is left behind, the original is readable",
              "mount.kernel.DamagedImagesIT.compressedSquashfs",
              "mount.kernel.DamagedImagesIT.squashfsThatIsNotCompressed"),
          row("400 damaged erofs images", "the same", "mount.kernel.DamagedImagesIT.erofs"),
          row(
              "a bad image is replaced by a good one",
              "mounted at the next access",
              "daemon.RefusedMountIT.badImageIsMountedOnceItIsReplacedByAGoodOne"),
          row(
              "an erofs image",
              "mounted without a loop device, where the kernel can",
              "mount.kernel.ErofsIT.isMountedWithoutALoopDeviceWhereTheKernelCan"),
          row(
              "an image is replaced while mounted",
              "swapped without a gap, without an access",
              "mount.kernel.MountedImageEndIT.replacedImageIsSwappedWithoutAGap",
              "daemon.MountedImageIT.aReplacedImageIsSwappedWithoutAnAccess"),
          row(
              "... and a file of it is open",
              "which goes on reading the old one, listed as `lingering`",
              "daemon.MountedImageIT.aReplacedImageThatIsStillReadIsListedAsLingering"),
          row(
              "... by a bad one",
              "the old one stays mounted, and `status` says why",
              "mount.kernel.MountedImageEndIT.badReplacementLeavesTheOldImageMounted",
              "daemon.MountedImageIT.aBadReplacementLeavesTheOldImageAndStatusSaysWhy"),
          row(
              "... and something is mounted inside",
              "the old one stays until that is gone",
              "mount.kernel.MountedImageEndIT.aReplacedImageStaysWhileSomethingIsMountedInside"),
          row(
              "an image vanishes while mounted",
              "unmounted when nobody uses it; the original shows again",
              "daemon.MountedImageIT." + "vanishedImageIsUnmountedWhenIdle"),
          row(
              "nobody uses an image (`idle.unmount-after`)",
              "unmounted by MNT_EXPIRE; the next access mounts it again",
              "daemon.MountedImageIT." + "idleImageIsUnmountedAndMountedAtTheNextAccess"),
          row(
              "an image is in use, here or in a slave namespace",
              "left alone",
              "daemon.MountedImageIT.anImageInUseIsNotUnmounted",
              "mount.kernel.NamespaceIT.whatASlaveUsesIsNotExpired"),
          row(
              "200 names are mounted, used and expired over and over",
              "not one read fails",
              "daemon.ChurnIT.mountedUsedAndExpiredWithoutAFailedRead"),
          row(
              "somebody unmounts an image by hand",
              "noticed at the next scan; the next access mounts it",
              "daemon.MountedImageIT.externalUnmountIsNoticedWithoutAnAccess"),
          row(
              "mount(8) has mounted our image",
              "adopted",
              "mount.kernel.KernelMounterIT.mountMadeByMount8IsAdopted"),
          row(
              "something else is mounted on the target",
              "left alone, and `status` says so",
              "daemon.RefusedMountIT.foreignMountOnTheTargetIsLeftAlone"),
          row(
              "two daemons over the same names",
              "each image is mounted once",
              "daemon.StormIT.twoDaemonsMountEachImageOnce"),
          row(
              "another process holds the lock of a name",
              "waited for, and never mounted twice",
              "daemon.LifeCycleIT.mountThatWaitsForALockIsCalledStuckAfterItsTimeout",
              "mount.kernel.KernelMounterIT.lockOfAnotherProcessIsRespected"),
          row(
              "kill -9 at random moments of a storm over 300 names",
              "0 stacked, 0 leaked, 0 unreadable; the next daemon mounts the rest",
              "daemon.KillIT.killedAtRandomMomentsAndRestarted"),
          row(
              "killed between the two steps of a swap",
              "the next attempt takes the old image off",
              "mount.kernel.MountedImageEndIT.anOldImageLeftOnTopOfTheNewOneIsTakenOff"),
          row(
              "a slave mount namespace, made before the mount",
              "sees image, swap and unmount, and never an error",
              "mount.kernel.NamespaceIT."
                  + "aSlaveSeesTheImageAndAPrivateOneKeepsTheOriginalWithoutAnErrorThroughout"),
          row(
              "a private one, made before the mount",
              "keeps the original, and never an error",
              "mount.kernel.NamespaceIT."
                  + "aSlaveSeesTheImageAndAPrivateOneKeepsTheOriginalWithoutAnErrorThroughout"),
          row(
              "a private one, made after it, holds an unmounted image",
              "listed as `lingering`; it can be mounted again",
              "mount.kernel.LingeringImagesIT.anUnmountedImageLingersWhileAPrivateNamespaceHasIt"),
          row(
              "the target is a symlink, or there is one on the way",
              "never mounted over",
              "daemon.RefusedMountIT.targetThatIsASymlinkOutsideIsNeverMountedOver",
              "daemon.RefusedMountIT.symlinkOnTheWayToTheTargetIsNeverFollowedOutside"),
          row(
              "the target is swapped for a symlink meanwhile",
              "no mount ever lands outside",
              "mount.kernel.MounterRaceIT.targetThatIsSwappedMeanwhileNeverTakesAMountOutside"),
          row(
              "the target is missing, or a file",
              "refused with the errno; nothing is made",
              "daemon.RefusedMountIT.missingTargetIsExplainedAndNotMade",
              "daemon.RefusedMountIT.targetThatIsAFileIsExplained"),
          row(
              "images are mounted inside the target",
              "an outer image is not mounted over them",
              "daemon.RefusedMountIT.imageIsNotMountedOverTheMountsInsideItsDirectory"),
          row(
              "any mount of ours",
              "is read-only, nosuid, nodev",
              "mount.kernel.KernelMounterIT.mountIsReadOnlyWithoutSetUserIdAndDevices"));

  @Test
  void eachRowHasItsTests() throws Exception {
    for (Scenario scenario : SCENARIOS) {
      assertFalse(scenario.tests().isEmpty(), scenario.what());
      for (String test : scenario.tests()) {
        int dot = test.lastIndexOf('.');
        Class<?> tests = Class.forName("dev.lazymount." + test.substring(0, dot));
        String name = test.substring(dot + 1);
        long found =
            Arrays.stream(tests.getDeclaredMethods())
                .filter(method -> method.getName().equals(name))
                .filter(ScenariosTest::isTest)
                .count();
        assertEquals(1, found, test);
      }
    }
  }

  private static boolean isTest(Method method) {
    return method.isAnnotationPresent(Test.class)
        || method.isAnnotationPresent(ParameterizedTest.class);
  }

  @Test
  void theReadmeHasTheTable() throws IOException {
    StringBuilder table = new StringBuilder();
    table.append("| What happens | What comes of it | Shown by |\n| --- | --- | --- |\n");
    SCENARIOS.forEach(scenario -> table.append(scenario.row()).append('\n'));
    Files.createDirectories(TABLE.getParent());
    Files.writeString(TABLE, table);
    assertTrue(
        Files.readString(README).contains(table),
        "README.md does not have the table of " + TABLE + ": put it in as it is");
  }
}
