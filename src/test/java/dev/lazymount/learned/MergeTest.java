package dev.lazymount.learned;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import dev.lazymount.readahead.FileList;
import dev.lazymount.warm.WarmList;
import dev.lazymount.warm.WarmListFile;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One seed of what many hosts have learned. */
class MergeTest {
  private static final Instant NOW = Instant.parse("2026-12-01T10:00:00Z");
  private static final Duration LONG = Duration.ofSeconds(20);

  private static FileList files(String name, String generation, String... paths) {
    StringBuilder text = new StringBuilder("@\t" + name + "\t" + generation + "\t1\n");
    List.of(paths).forEach(path -> text.append("+\t0-1\t").append(path).append('\n'));
    try {
      return FileList.parse(text + "=\t" + paths.length + "\n").get(0);
    } catch (FileList.Damaged e) {
      throw new AssertionError(e);
    }
  }

  private static WarmList warm(Map<String, Double> scores) {
    WarmList list = new WarmList();
    scores.forEach((name, score) -> list.put(name, new WarmList.Entry(score, NOW)));
    return list;
  }

  private static Learned host(Map<String, Double> scores, FileList... files) {
    return new Learned(false, warm(scores), List.of(files));
  }

  private static List<String> ranking(Merge merge) {
    return merge.warm().sorted(NOW).stream()
        .map(e -> e.getKey() + " " + Math.round(e.getValue().at(NOW)))
        .toList();
  }

  @Test
  void scoresOfHostsAddUpAndASeedCountsOnce() {
    Merge merge = new Merge(NOW);
    merge.add(host(Map.of("gcc", 1.0, "rust", 2.0)));
    merge.add(host(Map.of("gcc", 3.0)));
    merge.add(new Learned(true, warm(Map.of("gcc", 3.0, "rust", 9.0, "clang", 1.0)), List.of()));
    assertEquals(List.of("rust 9", "gcc 4", "clang 1"), ranking(merge));
  }

  @Test
  void scoresAboveTheBoundAreScaled() {
    Merge merge = new Merge(NOW);
    merge.add(host(Map.of("gcc", 250.0, "rust", 50.0)));
    merge.add(host(Map.of("gcc", 250.0)));
    assertEquals(List.of("gcc 250", "rust 25"), ranking(merge));
  }

  @Test
  void useInTheFutureCountsAsUseNow() {
    WarmList list = new WarmList();
    list.put("gcc", new WarmList.Entry(1, NOW.plus(Duration.ofDays(9999))));
    Merge merge = new Merge(NOW);
    merge.add(new Learned(false, list, List.of()));
    assertEquals(NOW, merge.warm().sorted(NOW).get(0).getValue().lastUsed());
  }

  @Test
  void filesOfTheNewestGenerationAreUnited() {
    Merge merge = new Merge(NOW);
    String old = "2026-01-01T00:00:00Z inode 1";
    String fresh = "2026-02-01T00:00:00Z inode 2";
    merge.add(host(Map.of("gcc", 1.0), files("gcc", old, "old")));
    merge.add(host(Map.of("gcc", 1.0), files("gcc", fresh, "a", "b")));
    merge.add(host(Map.of("gcc", 1.0), files("gcc", old, "old")));
    merge.add(host(Map.of("gcc", 1.0), files("gcc", fresh, "b", "c")));
    List<String> paths =
        merge.files("gcc").orElseThrow().files().stream().map(FileList.Used::path).toList();
    assertEquals(List.of("a", "b", "c"), paths);
  }

  @Test
  void mergedTextIsReadBackAndIsASeed() throws Exception {
    Merge merge = new Merge(NOW);
    merge.add(
        host(Map.of("gcc", 2.0, "rust", 1.0), files("gcc", "2026-01-01T00:00:00Z inode 1", "a")));
    Learned again = Learned.parse(merge.text());
    assertTrue(again.merged());
    assertEquals(merge.files("gcc").orElseThrow(), again.files().get(0));
    assertEquals(2, WarmListFile.parseSeed(merge.text(), NOW).size());
    assertEquals(2, again.warm().size());
  }

  @Test
  void textIsBounded() throws IOException {
    Merge merge = new Merge(NOW);
    String[] paths = new String[200];
    for (int i = 0; i < paths.length; i++) {
      paths[i] = "a".repeat(290) + i;
    }
    for (int i = 0; i < 100; i++) {
      String name = "gcc-" + i;
      merge.add(host(Map.of(name, 1.0 + i), files(name, "2026-01-01T00:00:00Z inode 1", paths)));
    }
    String text = merge.text();
    assertTrue(text.length() <= Learned.MAX_BYTES, text.length() + " bytes");
    Learned again = Learned.parse(text);
    assertTrue(again.files().size() > 60, again.files().size() + " lists");
    assertEquals("gcc-99", again.files().get(0).name());
  }

  @Test
  void truncatedTextAndOtherVersionsAreRefused() {
    Merge merge = new Merge(NOW);
    merge.add(host(Map.of("gcc", 2.0), files("gcc", "2026-01-01T00:00:00Z inode 1", "a")));
    String text = merge.text();
    for (int length = 0; length < text.length(); length++) {
      String cut = text.substring(0, length);
      assertThrows(IOException.class, () -> Learned.parse(cut), cut);
    }
    String next = text.replace("learned 1", "learned 2");
    String reason = assertThrows(IOException.class, () -> Learned.parse(next)).getMessage();
    assertEquals("it has version 2, this is version 1", reason);
  }

  @Test
  void damagedLateAndHostileInputsAreSkipped(@TempDir Path dir) throws Exception {
    Merge one = new Merge(NOW);
    one.add(host(Map.of("gcc", 2.0), files("gcc", "2026-01-01T00:00:00Z inode 1", "a")));
    Path good = Files.writeString(dir.resolve("good"), one.text());
    Path damaged = Files.writeString(dir.resolve("damaged"), one.text().replace("+\t", "+ "));
    CountDownLatch end = new CountDownLatch(1);
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    byte[] body = one.text().getBytes(StandardCharsets.UTF_8);
    server.createContext(
        "/good",
        exchange -> {
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.createContext(
        "/endless",
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          byte[] junk = new byte[1 << 16];
          for (int i = 0; i < 100; i++) {
            exchange.getResponseBody().write(junk);
          }
          exchange.close();
        });
    server.createContext(
        "/late",
        exchange -> {
          try {
            end.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    server.start();
    try {
      String url = "http://127.0.0.1:" + server.getAddress().getPort();
      Merge merge = new Merge(NOW);
      List<Optional<String>> problems =
          Inputs.merge(
              List.of(
                  good + "",
                  damaged + "",
                  dir + "",
                  url + "/good",
                  url + "/none",
                  url + "/endless"),
              LONG,
              merge);
      List<String> found = new ArrayList<>();
      problems.forEach(problem -> found.add(problem.orElse("")));
      assertEquals("", found.get(0));
      assertTrue(found.get(1).contains("line "), found.get(1));
      assertTrue(found.get(2).contains("not a regular file"), found.get(2));
      assertEquals("", found.get(3));
      assertTrue(found.get(4).contains("HTTP status 404"), found.get(4));
      assertTrue(found.get(5).contains("larger than 4 MiB"), found.get(5));
      assertEquals(1, merge.warm().size());
      String late =
          Inputs.merge(List.of(url + "/late"), Duration.ofSeconds(1), merge).get(0).orElseThrow();
      assertTrue(late.contains("1 s") || late.contains("timed out"), late);
    } finally {
      end.countDown();
      server.stop(0);
    }
  }

  @Test
  void exportHasWhatTheStateDirectoryHas(@TempDir Path dir) throws IOException {
    List<String> problems = new ArrayList<>();
    assertEquals(0, Learned.parse(Learned.export(dir, problems::add)).warm().size());
    Files.writeString(
        dir.resolve("warm.list"), WarmListFile.print(warm(Map.of("gcc", 1.0, "rust", 2.0)), NOW));
    Files.createDirectory(dir.resolve("readahead"));
    FileList list = files("gcc", "2026-01-01T00:00:00Z inode 1", "a");
    Files.writeString(dir.resolve("readahead/gcc.files"), list.text());
    Files.writeString(dir.resolve("readahead/rust.files"), "damaged");
    Learned learned = Learned.parse(Learned.export(dir, problems::add));
    assertEquals(2, learned.warm().size());
    assertEquals(List.of(list), learned.files());
    assertEquals(1, problems.size(), problems.toString());
  }
}
