package dev.lazymount.status;

import dev.lazymount.text.Printable;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The mounted images whose original directories are still read; one entry for each image, at most
 * {@link #MOST}. Thread-safe.
 */
public final class BypassBoard {
  /** The most images; the ones read last are kept. */
  static final int MOST = 1024;

  /** An image is forgotten after this time without such an access. */
  static final Duration QUIET = Duration.ofMinutes(5);

  /** The one read longest ago is the first. */
  private final Map<String, Bypass> entries = new LinkedHashMap<>(16, 0.75f, true);

  /** Notes an access to the original directory of a mounted image. */
  public synchronized void add(String name, int pid, String comm, Instant when) {
    forget(when);
    Bypass known = entries.get(name);
    if (known == null) {
      String process = Printable.of(comm);
      entries.put(name, new Bypass(name, pid, process, Bypass.Cause.UNKNOWN, when, when, 1));
    } else if (known.cause() == Bypass.Cause.UNKNOWN) {
      put(known, pid, Printable.of(comm), Bypass.Cause.UNKNOWN, when, known.accesses() + 1);
    } else {
      put(known, known.pid(), known.comm(), known.cause(), when, known.accesses() + 1);
    }
    if (entries.size() > MOST) {
      Iterator<String> oldest = entries.keySet().iterator();
      oldest.next();
      oldest.remove();
    }
  }

  /** Sets why one of these processes does not read the image. */
  public synchronized void cause(String name, int pid, String comm, Bypass.Cause cause) {
    Bypass known = entries.get(name);
    if (known != null) {
      put(known, pid, Printable.of(comm), cause, known.lastSeen(), known.accesses());
    }
  }

  private void put(
      Bypass known, int pid, String comm, Bypass.Cause cause, Instant when, long accesses) {
    entries.put(
        known.name(), new Bypass(known.name(), pid, comm, cause, known.since(), when, accesses));
  }

  /** The image was unmounted. */
  public synchronized void remove(String name) {
    entries.remove(name);
  }

  /** The entry of an image. */
  public synchronized Optional<Bypass> of(String name, Instant now) {
    forget(now);
    return Optional.ofNullable(entries.get(name));
  }

  /** All entries, the one with the most accesses first. */
  public synchronized List<Bypass> all(Instant now) {
    forget(now);
    List<Bypass> all = new ArrayList<>(entries.values());
    all.sort(Comparator.comparing(Bypass::accesses).reversed().thenComparing(Bypass::name));
    return all;
  }

  private void forget(Instant now) {
    entries.values().removeIf(entry -> entry.lastSeen().isBefore(now.minus(QUIET)));
  }
}
