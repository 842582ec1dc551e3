package dev.lazymount.learned;

import dev.lazymount.readahead.FileList;
import dev.lazymount.warm.WarmList;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Merges what many hosts have learned. A compiler's scores on the hosts add up. A merged text, such
 * as the seed that is to be replaced, holds uses that the hosts report again, so of it and of the
 * sum the higher score counts. Of two lists of files the one of the newer image is kept, and of one
 * image they are united. Bounded, whatever it is given. Thread-safe.
 */
public final class Merge {
  private static final int MAX_NAMES = 16 * WarmList.MAX_NAMES;
  private static final int MAX_LISTS = 1024;

  private final Instant now;
  private final Map<String, WarmList.Entry> hosts = new HashMap<>();
  private final Map<String, WarmList.Entry> seeds = new HashMap<>();
  private final Map<String, FileList> files = new HashMap<>();

  /** With a time after which no use can have been. */
  public Merge(Instant now) {
    this.now = now;
  }

  /** Adds what one host has learned, or many. */
  public synchronized void add(Learned learned) {
    Map<String, WarmList.Entry> entries = learned.merged() ? seeds : hosts;
    for (Map.Entry<String, WarmList.Entry> named : learned.warm().sorted(now)) {
      WarmList.Entry entry = named.getValue();
      if (entry.lastUsed().isAfter(now)) {
        entry = new WarmList.Entry(entry.score(), now);
      }
      if (entries.size() < MAX_NAMES || entries.containsKey(named.getKey())) {
        entries.merge(named.getKey(), entry, learned.merged() ? Merge::higher : Merge::sum);
      }
    }
    for (FileList list : learned.files()) {
      if (files.size() < MAX_LISTS || files.containsKey(list.name())) {
        files.merge(list.name(), list, Merge::united);
      }
    }
  }

  private static WarmList.Entry sum(WarmList.Entry a, WarmList.Entry b) {
    Instant last = later(a, b);
    return new WarmList.Entry(a.at(last) + b.at(last), last);
  }

  private static WarmList.Entry higher(WarmList.Entry a, WarmList.Entry b) {
    Instant last = later(a, b);
    return new WarmList.Entry(Math.max(a.at(last), b.at(last)), last);
  }

  private static Instant later(WarmList.Entry a, WarmList.Entry b) {
    return a.lastUsed().isAfter(b.lastUsed()) ? a.lastUsed() : b.lastUsed();
  }

  private static FileList united(FileList a, FileList b) {
    if (a.generation().equals(b.generation())) {
      return a.looks() >= b.looks() ? a.and(b) : b.and(a);
    }
    return a.changed().isBefore(b.changed()) ? b : a;
  }

  /** The compilers of all; if a score is too high for a list, all are scaled. */
  public synchronized WarmList warm() {
    Map<String, WarmList.Entry> all = new HashMap<>(hosts);
    seeds.forEach((name, entry) -> all.merge(name, entry, Merge::higher));
    double highest = all.values().stream().mapToDouble(WarmList.Entry::score).max().orElse(0);
    double scale = Math.min(1, WarmList.MAX_SCORE / Math.max(1, highest));
    WarmList list = new WarmList();
    all.entrySet().stream()
        .sorted(Comparator.comparingDouble(named -> -named.getValue().at(now)))
        .limit(WarmList.MAX_NAMES)
        .forEach(
            named ->
                list.put(
                    named.getKey(),
                    new WarmList.Entry(
                        named.getValue().score() * scale, named.getValue().lastUsed())));
    return list;
  }

  /** The used files of a compiler. */
  public synchronized Optional<FileList> files(String name) {
    return Optional.ofNullable(files.get(name));
  }

  /** All as text, the seed of a fleet. */
  public String text() {
    return Learned.print(true, warm(), this::files);
  }
}
