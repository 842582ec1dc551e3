package dev.lazymount.systemd;

import dev.lazymount.linux.Clock;
import dev.lazymount.linux.SdNotify;
import dev.lazymount.linux.SyscallException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Messages to the service manager (systemd) by sd_notify(3). Without one, every call does nothing.
 * Thread-safe; never blocks.
 */
public final class ServiceManager {
  private static final Logger LOG = LoggerFactory.getLogger(ServiceManager.class);

  private final Optional<SdNotify> socket;
  private final Optional<Duration> watchdog;

  /** STOPPING=1 was sent; guarded by this. */
  private boolean ending;

  private ServiceManager(Optional<SdNotify> socket, Optional<Duration> watchdog) {
    this.socket = socket;
    this.watchdog = watchdog;
  }

  /** The one that NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID of this environment name. */
  public static ServiceManager from(Map<String, String> environment) {
    return new ServiceManager(
        SdNotify.to(environment.get("NOTIFY_SOCKET")),
        watchdog(environment.get("WATCHDOG_USEC"), environment.get("WATCHDOG_PID")));
  }

  /** The watchdog's period (WATCHDOG_USEC): it must be fed more often; empty if there is none. */
  public Optional<Duration> watchdogInterval() {
    return watchdog;
  }

  /** Sends READY=1: the daemon works. */
  public void ready(String status) {
    send("READY=1\nSTATUS=" + line(status));
  }

  /** Sends RELOADING=1; a reload ends with {@link #ready}. */
  public void reloading() {
    // Type=notify-reload needs the time; systemd before 253 ignores it.
    send("RELOADING=1\nMONOTONIC_USEC=" + Clock.monotonicMicros());
  }

  /** Sends STATUS=, for people. */
  public void status(String status) {
    send("STATUS=" + line(status));
  }

  /** Feeds the watchdog, if there is one. */
  public void watchdog() {
    if (watchdog.isPresent()) {
      send("WATCHDOG=1");
    }
  }

  /**
   * Postpones the time-out of the current start (EXTEND_TIMEOUT_USEC): the service manager waits at
   * least {@code more} from now on.
   */
  public void extendTimeout(Duration more) {
    send("EXTEND_TIMEOUT_USEC=" + more.toNanos() / 1000);
  }

  /** Sends STOPPING=1, the last message: READY=1 after it would count as another start. */
  public synchronized void stopping() {
    send("STOPPING=1\nSTATUS=stopping: images stay mounted");
    ending = true;
  }

  private static Optional<Duration> watchdog(String micros, String pid) {
    boolean ours = pid == null || pid.equals(Long.toString(ProcessHandle.current().pid()));
    if (micros == null || !ours || !micros.matches("[1-9]\\d{0,15}")) {
      return Optional.empty();
    }
    return Optional.of(Duration.ofNanos(Long.parseLong(micros) * 1000));
  }

  /** A line break would start another assignment. */
  private static String line(String text) {
    return text.replaceAll("\\p{Cntrl}", " ");
  }

  private synchronized void send(String message) {
    if (ending) {
      return;
    }
    socket.ifPresent(
        s -> {
          try {
            s.send(message);
          } catch (SyscallException e) {
            LOG.debug("service manager: {}", e.getMessage());
          }
        });
  }
}
