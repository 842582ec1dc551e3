package dev.lazymount.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** The CPUs that are online, from /sys/devices/system/cpu. Reading it never waits. */
public final class OnlineCpus {
  private static final Path CPUS = Path.of("/sys/devices/system/cpu");

  private OnlineCpus() {}

  /**
   * The CPUs that are online, each with a number that changes when it goes offline and comes back:
   * the inode of its topology folder, which the kernel makes at that moment (topology_add_dev() in
   * drivers/base/topology.c). Without such a folder the number is 0.
   */
  public static Map<Integer, Long> read() throws IOException {
    Map<Integer, Long> online = new TreeMap<>();
    for (int cpu : parse(Files.readString(CPUS.resolve("online")))) {
      online.put(cpu, incarnation(cpu));
    }
    return online;
  }

  private static long incarnation(int cpu) throws IOException {
    try {
      return (long) Files.getAttribute(CPUS.resolve("cpu" + cpu + "/topology"), "unix:ino");
    } catch (NoSuchFileException e) {
      return 0;
    }
  }

  /** Reads the kernel's form of a list, such as {@code 0-3,5}. */
  static SortedSet<Integer> parse(String list) {
    SortedSet<Integer> cpus = new TreeSet<>();
    for (String range : list.strip().split(",", -1)) {
      if (!range.isEmpty()) {
        String[] ends = range.split("-", 2);
        int last = Integer.parseInt(ends[ends.length - 1]);
        for (int cpu = Integer.parseInt(ends[0]); cpu <= last; cpu++) {
          cpus.add(cpu);
        }
      }
    }
    return cpus;
  }
}
