package dev.lazymount.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

class TimedCallTest {
  private static final Duration LONG = Duration.ofSeconds(30);

  @Test
  void resultIsReturned() throws Exception {
    assertEquals("there", TimedCall.run("look", LONG, () -> "there"));
  }

  @Test
  void hangingCallIsAbandoned() {
    CountDownLatch never = new CountDownLatch(1);
    assertThrows(
        TimeoutException.class,
        () ->
            TimedCall.run(
                "look",
                Duration.ofMillis(20),
                () -> {
                  never.await();
                  return 1;
                }));
    never.countDown();
  }

  @Test
  void exceptionIsThrownAtOnce() {
    for (Throwable thrown : new Throwable[] {new IllegalStateException(), new LinkageError()}) {
      ExecutionException e =
          assertThrows(
              ExecutionException.class,
              () ->
                  TimedCall.run(
                      "look",
                      LONG,
                      () -> {
                        if (thrown instanceof LinkageError error) {
                          throw error;
                        }
                        throw (Exception) thrown;
                      }));
      assertSame(thrown, e.getCause());
    }
  }
}
