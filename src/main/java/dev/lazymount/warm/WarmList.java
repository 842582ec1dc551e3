package dev.lazymount.warm;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Ranks compilers by use. Each hour in which a compiler is used counts 1, no matter how often it is
 * used, and a use counts half after each {@link #HALF_LIFE}. So a compiler used every day ranks
 * before one that a script opened a million times in one evening.
 *
 * <p>Hours are those of the caller's timer ({@link #nextHour}) and not of the clock: a clock that
 * is set back does not stop learning. The clock only ages the scores.
 *
 * <p>Bounded: at {@link #MAX_NAMES} the compiler with the lowest score is dropped. Not thread-safe.
 */
public final class WarmList {
  /** More than the number of compilers in the field, about 3,000. */
  public static final int MAX_NAMES = 4096;

  /** The time after which a use counts half. */
  static final Duration HALF_LIFE = Duration.ofDays(7);

  /**
   * Uses can't add up to more: one in each hour for ever is 1 / (1 - 2^(-1/168)) = 243, the
   * half-life being 168 hours.
   */
  public static final double MAX_SCORE = 250;

  /**
   * One compiler.
   *
   * @param score its score at {@code lastUsed}
   * @param lastUsed the hour of its last use
   */
  public record Entry(double score, Instant lastUsed) {
    /**
     * The score at this time; a last use in the future, which a changed clock makes, has no age.
     */
    public double at(Instant now) {
      double age = Math.max(0, Duration.between(lastUsed, now).toSeconds());
      return score * Math.pow(0.5, age / HALF_LIFE.toSeconds());
    }
  }

  private final Map<String, Entry> entries = new LinkedHashMap<>();
  private final Set<String> countedThisHour = new HashSet<>();

  /**
   * Counts a use.
   *
   * @return whether that changes the list: false if one was counted in this hour
   */
  boolean used(String name, Instant now) {
    if (!countedThisHour.add(name)) {
      return false;
    }
    Entry previous = entries.get(name);
    double score = previous == null ? 0 : previous.at(now);
    entries.put(name, new Entry(Math.min(MAX_SCORE, score + 1), now.truncatedTo(ChronoUnit.HOURS)));
    if (entries.size() > MAX_NAMES) {
      lowest(now, name).ifPresent(entries::remove);
    }
    return true;
  }

  /** From now on a use counts again. */
  void nextHour() {
    countedThisHour.clear();
  }

  /** Adds an entry read from a file. */
  public void put(String name, Entry entry) {
    entries.put(name, entry);
  }

  boolean contains(String name) {
    return entries.containsKey(name);
  }

  /** How many compilers. */
  public int size() {
    return entries.size();
  }

  /** All entries, the highest score first. */
  public List<Map.Entry<String, Entry>> sorted(Instant now) {
    List<Map.Entry<String, Entry>> all = new ArrayList<>();
    entries.forEach((name, entry) -> all.add(Map.entry(name, entry)));
    all.sort(Comparator.comparingDouble(entry -> -entry.getValue().at(now)));
    return Collections.unmodifiableList(all);
  }

  /**
   * The names of both lists, the highest score first. A name in both has the higher of its two
   * scores; names with equal scores stay in the order of this list, then of the seed.
   */
  List<String> ranking(WarmList seed, Instant now) {
    Map<String, Double> scores = new LinkedHashMap<>();
    entries.forEach((name, entry) -> scores.put(name, entry.at(now)));
    seed.entries.forEach((name, entry) -> scores.merge(name, entry.at(now), Math::max));
    List<String> names = new ArrayList<>(scores.keySet());
    names.sort(Comparator.comparingDouble(name -> -scores.get(name)));
    return names;
  }

  /** The name with the lowest score, except the one that has just been added. */
  private Optional<String> lowest(Instant now, String added) {
    return entries.entrySet().stream()
        .filter(entry -> !entry.getKey().equals(added))
        .min(Comparator.comparingDouble(entry -> entry.getValue().at(now)))
        .map(Map.Entry::getKey);
  }
}
