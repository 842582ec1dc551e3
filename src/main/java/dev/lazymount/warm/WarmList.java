package dev.lazymount.warm;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How much each compiler is used. Each hour of the clock in which it is used counts 1, however
 * often that was, and {@link #HALF_LIFE} later half of it. So a compiler of every day comes before
 * one that a script opened a million times on one evening.
 *
 * <p>Bounded by {@link #MOST}: whoever is used least makes room. Not thread-safe.
 */
final class WarmList {
  /** The most names kept. The field has about 3,000 compilers. */
  static final int MOST = 4096;

  /** What was used so long ago counts half. */
  static final Duration HALF_LIFE = Duration.ofDays(7);

  /**
   * More than uses can add up to: one an hour for ever is 1 / (1 - 2^(-1/168)), 243 at a half-life
   * of 168 hours.
   */
  static final double HIGHEST = 250;

  /**
   * One compiler.
   *
   * @param score what its uses counted at {@code used}
   * @param used the newest hour in which it was used
   */
  record Entry(double score, Instant used) {
    /** A clock that was set back makes nothing older. */
    double at(Instant now) {
      double age = Math.max(0, Duration.between(used, now).toSeconds());
      return score * Math.pow(0.5, age / HALF_LIFE.toSeconds());
    }
  }

  private final Map<String, Entry> entries = new LinkedHashMap<>();

  /** The hour of the clock that a time is in. */
  static Instant hour(Instant time) {
    return time.truncatedTo(ChronoUnit.HOURS);
  }

  /** Somebody used it then; whether that changes anything. */
  boolean used(String name, Instant when) {
    Instant hour = hour(when);
    Entry was = entries.get(name);
    if (was != null && !hour.isAfter(was.used())) {
      return false;
    }
    double before = was == null ? 0 : was.at(hour);
    entries.put(name, new Entry(Math.min(HIGHEST, before + 1), hour));
    if (entries.size() > MOST) {
      leastUsed(hour, name).ifPresent(entries::remove);
    }
    return true;
  }

  /** As it was written down. */
  void put(String name, Entry entry) {
    entries.put(name, entry);
  }

  boolean contains(String name) {
    return entries.containsKey(name);
  }

  int size() {
    return entries.size();
  }

  /** The names with their entries, those used most first. */
  List<Map.Entry<String, Entry>> sorted(Instant now) {
    List<Map.Entry<String, Entry>> all = new ArrayList<>();
    entries.forEach((name, entry) -> all.add(Map.entry(name, entry)));
    all.sort(Comparator.comparingDouble(entry -> -entry.getValue().at(now)));
    return Collections.unmodifiableList(all);
  }

  /**
   * The names of both lists, those used most first. A name that is in both counts as in the list
   * where it has more.
   *
   * @param seed its order decides between names that are equal otherwise
   */
  List<String> ranking(WarmList seed, Instant now) {
    Map<String, Double> scores = new LinkedHashMap<>();
    entries.forEach((name, entry) -> scores.put(name, entry.at(now)));
    seed.entries.forEach((name, entry) -> scores.merge(name, entry.at(now), Math::max));
    List<String> names = new ArrayList<>(scores.keySet());
    names.sort(Comparator.comparingDouble(name -> -scores.get(name)));
    return names;
  }

  private Optional<String> leastUsed(Instant now, String but) {
    return entries.entrySet().stream()
        .filter(entry -> !entry.getKey().equals(but))
        .min(Comparator.comparingDouble(entry -> entry.getValue().at(now)))
        .map(Map.Entry::getKey);
  }
}
