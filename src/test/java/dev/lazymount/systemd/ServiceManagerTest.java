package dev.lazymount.systemd;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.linux.Errno;
import dev.lazymount.linux.SdNotify;
import dev.lazymount.linux.SyscallException;
import dev.lazymount.support.NotifySocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ServiceManagerTest {
  @TempDir private Path temp;

  @Test
  void sendsTheLifeCycle() throws Exception {
    try (NotifySocket systemd = new NotifySocket(temp)) {
      ServiceManager manager = manager(systemd, "30000000");
      manager.status("starting");
      manager.ready("ready: tracing");
      manager.watchdog();
      manager.stopping();
      assertEquals(List.of("STATUS=starting"), systemd.next());
      assertEquals(List.of("READY=1", "STATUS=ready: tracing"), systemd.next());
      assertEquals(List.of("WATCHDOG=1"), systemd.next());
      assertEquals(List.of("STOPPING=1", "STATUS=stopping: images stay mounted"), systemd.next());
    }
  }

  /** A canary or a reload may be in progress when SIGTERM comes. */
  @Test
  void nothingIsSentAfterStopping() throws Exception {
    try (NotifySocket systemd = new NotifySocket(temp)) {
      ServiceManager manager = manager(systemd, "30000000");
      manager.stopping();
      manager.ready("ready: tracing");
      manager.reloading();
      manager.status("degraded");
      manager.watchdog();
      manager.extendTimeout(Duration.ofSeconds(1));
      manager(systemd, null).status("another sender");
      assertEquals("STOPPING=1", systemd.next().get(0));
      assertEquals(List.of("STATUS=another sender"), systemd.next());
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
  void controlCharactersCanNotAddAnAssignment() throws Exception {
    try (NotifySocket systemd = new NotifySocket(temp)) {
      ServiceManager manager = manager(systemd, null);
      manager.status("degraded: line\nWATCHDOG=trigger\r\tend");
      manager.ready("ready\nMAINPID=1");
      assertEquals(List.of("STATUS=degraded: line WATCHDOG=trigger  end"), systemd.next());
      assertEquals(List.of("READY=1", "STATUS=ready MAINPID=1"), systemd.next());
    }
  }

  @Test
  void watchdogIsFedOnlyIfThereIsOne() throws Exception {
    try (NotifySocket systemd = new NotifySocket(temp)) {
      ServiceManager manager = manager(systemd, null);
      manager.watchdog();
      manager.status("next");
      assertEquals(List.of("STATUS=next"), systemd.next());
    }
  }

  /** The kernel queues a few datagrams; a blocking sender would wait at the next one. */
  @Test
  @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void serviceManagerThatDoesNotReadBlocksNoSender() throws Exception {
    try (UnreadSocket systemd = UnreadSocket.bind(temp.resolve("unread"))) {
      SdNotify socket = SdNotify.to(systemd.address()).orElseThrow();
      SyscallException full =
          assertThrows(
              SyscallException.class,
              () -> {
                for (int i = 0; i < 10_000; i++) {
                  socket.send("STATUS=not read");
                }
              });
      assertEquals(Errno.EAGAIN, full.errno());
      ServiceManager.from(Map.of("NOTIFY_SOCKET", systemd.address())).status("not read");
    }
  }

  @Test
  void serviceManagerThatIsGoneIsIgnored() throws Exception {
    String gone;
    try (NotifySocket systemd = new NotifySocket(temp)) {
      gone = systemd.address();
    }
    assertDoesNotThrow(
        () -> ServiceManager.from(Map.of("NOTIFY_SOCKET", gone)).status("not received"));
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

  /** sun_path has 108 bytes, the last of them a NUL. */
  @Test
  void addressOfMoreThan107BytesIsNone() {
    assertTrue(SdNotify.to("/" + "x".repeat(106)).isPresent());
    assertEquals(Optional.empty(), SdNotify.to("/" + "x".repeat(107)));
    assertEquals(Optional.empty(), SdNotify.to("/" + "x".repeat(200)));
  }

  @Test
  void extensionOfATimeoutIsInMicroseconds() throws Exception {
    try (NotifySocket systemd = new NotifySocket(temp)) {
      manager(systemd, null).extendTimeout(Duration.ofSeconds(80));
      assertEquals(List.of("EXTEND_TIMEOUT_USEC=80000000"), systemd.next());
    }
  }

  @Test
  void watchdogPeriodIsThatOfThisProcess() {
    long pid = ProcessHandle.current().pid();
    assertEquals(Optional.of(Duration.ofSeconds(30)), interval("30000000", null));
    assertEquals(Optional.of(Duration.ofSeconds(30)), interval("30000000", Long.toString(pid)));
    assertEquals(Optional.empty(), interval("30000000", Long.toString(pid + 1)));
    assertEquals(Optional.empty(), interval("30000000", "x"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "0", "-1", "1.5", "ten", "99999999999999999999", "007"})
  void malformedWatchdogPeriodIsIgnored(String micros) {
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
