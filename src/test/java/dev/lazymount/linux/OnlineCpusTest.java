package dev.lazymount.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Set;
import org.junit.jupiter.api.Test;

final class OnlineCpusTest {
  @Test
  void listsOfTheKernelAreParsed() {
    assertEquals(Set.of(0), OnlineCpus.parse("0\n"));
    assertEquals(Set.of(0, 1, 2, 3, 5, 8, 9), OnlineCpus.parse("0-3,5,8-9\n"));
    assertEquals(Set.of(), OnlineCpus.parse("\n"));
  }

  @Test
  void thisMachineHasACpu() throws Exception {
    assertTrue(OnlineCpus.read().containsKey(0), OnlineCpus.read().toString());
    assertEquals(OnlineCpus.read(), OnlineCpus.read(), "the numbers stay");
  }
}
