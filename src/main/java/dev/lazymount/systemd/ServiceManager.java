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
 * The service manager (systemd) as sd_notify(3) reaches it. Without one, every call does nothing.
 * Thread-safe; never blocks.
 */
public final class ServiceManager {
  private static final Logger LOG = LoggerFactory.getLogger(ServiceManager.class);

  private final Optional<SdNotify> socket;
  private final Optional<Duration> watchdog;

  /** Guarded by this. */
  private boolean ending;

  private ServiceManager(Optional<SdNotify> socket, Optional<Duration> watchdog) {
    this.socket = socket;
    this.watchdog = watchdog;
  }

  /** As the environment says: NOTIFY_SOCKET and WATCHDOG_USEC. */
  public static ServiceManager from(Map<String, String> environment) {
    return new ServiceManager(
        SdNotify.to(environment.get("NOTIFY_SOCKET")),
        watchdog(environment.get("WATCHDOG_USEC"), environment.get("WATCHDOG_PID")));
  }

  /** How often it wants to hear of us; empty if it does not. */
  public Optional<Duration> watchdogInterval() {
    return watchdog;
  }

  /** We do our work now. */
  public void ready(String status) {
    send("READY=1\nSTATUS=" + line(status));
  }

  /** Settings are being read anew; {@link #ready} says that it is over. */
  public void reloading() {
    // With the time it is what Type=notify-reload waits for; systemd before 253 ignores it.
    send("RELOADING=1\nMONOTONIC_USEC=" + Clock.monotonicMicros());
  }

  /** What we are doing, for people. */
  public void status(String status) {
    send("STATUS=" + line(status));
  }

  /** We were seen working. */
  public void watchdog() {
    if (watchdog.isPresent()) {
      send("WATCHDOG=1");
    }
  }

  /** We are ending. Whatever else is told from now on would be taken for news, and is not sent. */
  public synchronized void stopping() {
    send("STOPPING=1\nSTATUS=stopping; what is mounted stays mounted");
    ending = true;
  }

  private static Optional<Duration> watchdog(String micros, String pid) {
    boolean ours = pid == null || pid.equals(Long.toString(ProcessHandle.current().pid()));
    if (micros == null || !ours || !micros.matches("[1-9]\\d{0,15}")) {
      return Optional.empty();
    }
    return Optional.of(Duration.ofNanos(Long.parseLong(micros) * 1000));
  }

  /** A line break would begin another assignment. */
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
