package dev.lazymount.mount;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** One image never has two mounts, no access is lost, nothing deadlocks, and every swap ends. */
final class LifeModelTest {
  /** Without mount(8) and umount(8), which take no lock. */
  private static final LifeModel.Left ALONE = new LifeModel.Left(2, 0, 0, 1, 1);

  private static final LifeModel.Left BY_HAND = new LifeModel.Left(1, 1, 1, 0, 0);

  @Test
  void noOrderOfStepsBreaksAPromise() throws Exception {
    explore(ALONE);
  }

  @Test
  void mountsByHandAreSettledByTheNextCheck() throws Exception {
    explore(BY_HAND);
  }

  private static void explore(LifeModel.Left left) throws LifeModel.Violation {
    LifeModel model = new LifeModel();
    model.explore(left);
    System.out.printf(
        "%s: %d states, at most %d steps to rest%n", left, model.states(), model.longestSettling());
    assertTrue(model.states() > 1000);
  }

  @ParameterizedTest
  @EnumSource(LifeModel.Defect.class)
  void everyDefectIsFound(LifeModel.Defect defect) {
    LifeModel.Violation found =
        assertThrows(
            LifeModel.Violation.class,
            () -> {
              new LifeModel(defect).explore(ALONE);
              new LifeModel(defect).explore(BY_HAND);
            });
    System.out.println(defect + ": " + found.getMessage().lines().findFirst().orElseThrow());
  }
}
