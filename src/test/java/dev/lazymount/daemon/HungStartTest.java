package dev.lazymount.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import akka.actor.testkit.typed.javadsl.ActorTestKit;
import akka.actor.testkit.typed.javadsl.ManualTime;
import com.typesafe.config.ConfigFactory;
import dev.lazymount.config.Settings;
import dev.lazymount.status.DaemonState;
import dev.lazymount.support.TestSettings;
import dev.lazymount.trace.TraceEnv;
import dev.lazymount.trace.TraceSource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * A start on a storage that hangs, under the time-out of the unit that is shipped and with the
 * default settings, in manual time.
 */
final class HungStartTest extends DaemonFixture {
  private static final Duration STEP = Duration.ofSeconds(2);
  private static final Duration HANGS = Duration.ofMinutes(4);
  private static final String EXTEND = "EXTEND_TIMEOUT_USEC=";

  /** Hides that of the fixture. */
  @BeforeAll
  static void open() {
    kit =
        ActorTestKit.create(
            ManualTime.config()
                .withFallback(ConfigFactory.parseResources("actors.conf"))
                .withFallback(ConfigFactory.load()));
  }

  private final Settings.Trace defaults = TestSettings.settings().trace();

  @Override
  TraceEnv traceEnv() {
    TraceEnv env = super.traceEnv();
    return new TraceEnv(
        defaults,
        env.programs(),
        env.launcher(),
        env.canaryPrefix(),
        env.canaryExecutor(),
        env.dispatcher(),
        defaults.canary(),
        env.counters());
  }

  /** When systemd would kill the start is computed as in systemd.service(5), TimeoutStartSec=. */
  @Test
  void shippedTimeoutDoesNotEndAStartOnHungStorage() throws Exception {
    ManualTime time = ManualTime.get(kit.system());
    CountDownLatch storage = new CountDownLatch(1);
    bpftrace.making(() -> awaitQuietly(storage));
    start(found("gcc"));
    await(() -> assertEquals(1, bpftrace.programs()));

    Duration deadline = timeoutOfTheUnit();
    int extensions = 0;
    for (Duration now = STEP; now.compareTo(HANGS) < 0; now = now.plus(STEP)) {
      time.timePasses(STEP);
      for (List<String> message = systemd.poll(Duration.ofMillis(20));
          !message.isEmpty();
          message = systemd.poll(Duration.ofMillis(1))) {
        if (message.get(0).startsWith(EXTEND)) {
          long micros = Long.parseLong(message.get(0).substring(EXTEND.length()));
          deadline = now.plus(Duration.ofNanos(micros * 1000));
          extensions++;
        }
      }
      assertTrue(now.compareTo(deadline) < 0, "killed after " + now);
    }
    assertTrue(extensions > 10, extensions + " extensions");
    assertEquals(DaemonState.STARTING, status.state());

    storage.countDown();
    systemd.nextWith("READY=1");
  }

  /** Before that a canary that does not come back is no news. */
  @Test
  void traceProgramMayTakeLessThanTheShippedTimeout() throws Exception {
    Duration patience = defaults.canaryTimeout().multipliedBy(TraceSource.START_PATIENCE);
    assertTrue(patience.compareTo(timeoutOfTheUnit()) < 0, patience.toString());
  }

  private static Duration timeoutOfTheUnit() throws Exception {
    String unit = Files.readString(Path.of("systemd/lazymount.service"));
    Matcher seconds = Pattern.compile("(?m)^TimeoutStartSec=(\\d+)$").matcher(unit);
    assertTrue(seconds.find());
    return Duration.ofSeconds(Long.parseLong(seconds.group(1)));
  }
}
