package dev.lazymount.systemd;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lazymount.support.NotifySocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ServiceManagerTest {
  @TempDir private Path temp;

  @Test
  void tellsTheLifeCycle() throws Exception {
    try (NotifySocket systemd = new NotifySocket(temp)) {
      ServiceManager manager = manager(systemd, "30000000");
      manager.status("starting");
      manager.ready("ready: tracing");
      manager.watchdog();
      manager.stopping();
      assertEquals(List.of("STATUS=starting"), systemd.next());
      assertEquals(List.of("READY=1", "STATUS=ready: tracing"), systemd.next());
      assertEquals(List.of("WATCHDOG=1"), systemd.next());
      assertEquals(
          List.of("STOPPING=1", "STATUS=stopping; what is mounted stays mounted"), systemd.next());
    }
  }

  /** A canary or a reload may be under way when we are told to end. */
  @Test
  void nothingIsToldAfterTheEnd() throws Exception {
    try (NotifySocket systemd = new NotifySocket(temp)) {
      ServiceManager manager = manager(systemd, "30000000");
      manager.stopping();
      manager.ready("ready: tracing");
      manager.reloading();
      manager.status("degraded");
      manager.watchdog();
      manager(systemd, null).status("somebody else");
      assertEquals("STOPPING=1", systemd.next().get(0));
      assertEquals(List.of("STATUS=somebody else"), systemd.next());
    }
  }

  @Test
  void reachesAnAbstractSocket() throws Exception {
    try (NotifySocket systemd = new NotifySocket("@lazymount-test-" + System.nanoTime())) {
      manager(systemd, null).status("here");
      assertEquals(List.of("STATUS=here"), systemd.next());
    }
  }

  @Test
  void aReasonCanNotSmuggleInAnotherLine() throws Exception {
    try (NotifySocket systemd = new NotifySocket(temp)) {
      ServiceManager manager = manager(systemd, null);
      manager.status("degraded: line\nWATCHDOG=trigger\r\tend");
      manager.ready("ready\nMAINPID=1");
      assertEquals(List.of("STATUS=degraded: line WATCHDOG=trigger  end"), systemd.next());
      assertEquals(List.of("READY=1", "STATUS=ready MAINPID=1"), systemd.next());
    }
  }

  @Test
  void theWatchdogIsFedOnlyIfThereIsOne() throws Exception {
    try (NotifySocket systemd = new NotifySocket(temp)) {
      ServiceManager manager = manager(systemd, null);
      manager.watchdog();
      manager.status("next");
      assertEquals(List.of("STATUS=next"), systemd.next());
    }
  }

  @Test
  void aServiceManagerThatDoesNotListenHoldsNobodyUp() throws Exception {
    String gone;
    try (NotifySocket systemd = new NotifySocket(temp)) {
      gone = systemd.address();
    }
    ServiceManager manager = ServiceManager.from(Map.of("NOTIFY_SOCKET", gone));
    for (int i = 0; i < 100; i++) {
      manager.status("nobody hears this");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "relative/path", "vsock:2:1234"})
  void withoutASocketEveryCallDoesNothing(String address) {
    for (ServiceManager manager :
        List.of(
            ServiceManager.from(Map.of()), ServiceManager.from(Map.of("NOTIFY_SOCKET", address)))) {
      manager.ready("ready");
      manager.status("status");
      manager.watchdog();
      manager.stopping();
      assertEquals(Optional.empty(), manager.watchdogInterval());
    }
  }

  @Test
  void anAddressThatIsTooLongIsNone() {
    ServiceManager.from(Map.of("NOTIFY_SOCKET", "/" + "x".repeat(200))).ready("ready");
  }

  @Test
  void theWatchdogIntervalIsThatOfThisProcess() {
    long pid = ProcessHandle.current().pid();
    assertEquals(Optional.of(Duration.ofSeconds(30)), interval("30000000", null));
    assertEquals(Optional.of(Duration.ofSeconds(30)), interval("30000000", Long.toString(pid)));
    assertEquals(Optional.empty(), interval("30000000", Long.toString(pid + 1)));
    assertEquals(Optional.empty(), interval("30000000", "x"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "0", "-1", "1.5", "ten", "99999999999999999999", "007"})
  void aWatchdogIntervalThatIsNoneIsLeftOut(String micros) {
    assertEquals(Optional.empty(), interval(micros, null));
  }

  private static Optional<Duration> interval(String micros, String pid) {
    Map<String, String> environment = new HashMap<>();
    environment.put("WATCHDOG_USEC", micros);
    environment.put("WATCHDOG_PID", pid);
    return ServiceManager.from(environment).watchdogInterval();
  }

  private static ServiceManager manager(NotifySocket systemd, String watchdogMicros) {
    Map<String, String> environment = new HashMap<>();
    environment.put("NOTIFY_SOCKET", systemd.address());
    environment.put("WATCHDOG_USEC", watchdogMicros);
    return ServiceManager.from(environment);
  }
}
