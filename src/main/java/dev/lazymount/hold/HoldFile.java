package dev.lazymount.hold;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonParseException;
import dev.lazymount.catalog.ImageFile;
import dev.lazymount.linux.Fd;
import dev.lazymount.linux.Flock;
import dev.lazymount.linux.PrivateDirectory;
import dev.lazymount.mount.OperatorHold;
import dev.lazymount.text.Printable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/**
 * The names on hold, in {@code state-dir/holds}: JSON, replaced by rename. Each read and each
 * change is made under the lock {@code holds.lock}, so that a command without a daemon and a daemon
 * that starts do not lose each other's changes. Thread-safe.
 */
public final class HoldFile {
  /** The most names on hold. */
  public static final int MOST = 1000;

  /** The longest reason, characters. */
  public static final int LONGEST_REASON = 200;

  private static final String NAME = "holds";
  private static final String NEW = "holds.new";
  private static final String LOCK = "holds.lock";

  /** A full file has less: names have at most 600 bytes. */
  private static final int MAX_BYTES = 4 << 20;

  private static final Duration LOCK_WAIT = Duration.ofSeconds(3);
  private static final Duration LOCK_PAUSE = Duration.ofMillis(20);
  private static final Gson GSON =
      new GsonBuilder().disableHtmlEscaping().setPrettyPrinting().create();

  private final Path directory;
  private final Path file;

  private record Entry(String name, String since, String until, String reason) {
    private OperatorHold hold() {
      return new OperatorHold(
          Instant.parse(since),
          Optional.ofNullable(until).map(Instant::parse),
          printable(reason == null ? "" : reason));
    }
  }

  private record Content(List<Entry> holds) {}

  /**
   * The file of a state directory; nothing is read yet.
   *
   * @param stateDir created with mode 0700 at the first change, if it is missing
   */
  public HoldFile(Path stateDir) {
    this.directory = stateDir;
    this.file = stateDir.resolve(NAME);
  }

  /**
   * A reason as it is kept and shown: without control characters, and cut off after {@link
   * #LONGEST_REASON} characters.
   */
  public static String printable(String reason) {
    String safe = Printable.of(reason).strip();
    return safe.length() <= LONGEST_REASON ? safe : safe.substring(0, LONGEST_REASON);
  }

  /**
   * The holds that have not ended, by name.
   *
   * @throws IOException if the file can't be read or is damaged; the message names it
   */
  public Map<String, OperatorHold> read() throws IOException {
    if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      // Also where there is no state directory, which reading does not create.
      return Map.of();
    }
    try (Fd place = Fd.openDirectory(directory.toString());
        Flock lock = lock(place)) {
      return load();
    }
  }

  /**
   * Changes the holds.
   *
   * @param change makes the new holds from those that have not ended; may throw nothing
   * @return the new holds
   * @throws IOException if there are more than {@link #MOST}, or the file can't be read or written;
   *     nothing has changed then
   */
  public Map<String, OperatorHold> update(UnaryOperator<Map<String, OperatorHold>> change)
      throws IOException {
    if (!Files.isDirectory(directory)) {
      PrivateDirectory.create(directory);
    }
    try (Fd place = Fd.openDirectory(directory.toString());
        Flock lock = lock(place)) {
      Map<String, OperatorHold> next = new TreeMap<>(change.apply(load()));
      if (next.size() > MOST) {
        throw new IOException(
            "more than " + MOST + " names would be on hold; release some of them first");
      }
      save(next);
      return next;
    }
  }

  private Flock lock(Fd place) throws IOException {
    long end = System.nanoTime() + LOCK_WAIT.toNanos();
    while (true) {
      Optional<Flock> lock = Flock.tryLock(place, LOCK);
      if (lock.isPresent()) {
        return lock.get();
      }
      if (System.nanoTime() - end > 0) {
        throw new IOException("another process has locked " + directory.resolve(LOCK));
      }
      try {
        Thread.sleep(LOCK_PAUSE.toMillis());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted", e);
      }
    }
  }

  private Map<String, OperatorHold> load() throws IOException {
    Map<String, OperatorHold> holds = new TreeMap<>();
    try {
      if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
        if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
          throw damaged("it is not a regular file");
        }
        return holds;
      }
      if (Files.size(file) > MAX_BYTES) {
        throw damaged("it is larger than 4 MiB");
      }
      Content content = GSON.fromJson(Files.readString(file), Content.class);
      if (content == null || content.holds() == null || content.holds().size() > MOST) {
        throw damaged("it has no list of at most " + MOST + " holds");
      }
      Instant now = Instant.now();
      for (Entry entry : content.holds()) {
        OperatorHold hold = entry.hold();
        if (ImageFile.refusal(entry.name()).isPresent()) {
          throw damaged("it has an invalid name");
        }
        if (!hold.isOver(now)) {
          holds.put(entry.name(), hold);
        }
      }
      return holds;
    } catch (NoSuchFileException e) {
      return holds;
    } catch (JsonParseException | DateTimeException | NullPointerException e) {
      throw (IOException) damaged("it can't be parsed").initCause(e);
    }
  }

  private IOException damaged(String why) {
    return new IOException(file + " is damaged: " + why + ". Correct or delete it");
  }

  /** Replaces the file: writes a new one, fsync(2), rename(2). */
  private void save(Map<String, OperatorHold> holds) throws IOException {
    List<Entry> entries = new ArrayList<>();
    holds.forEach(
        (name, hold) ->
            entries.add(
                new Entry(
                    name,
                    hold.since().toString(),
                    hold.until().map(Instant::toString).orElse(null),
                    hold.reason())));
    Path fresh = directory.resolve(NEW);
    // A process that was killed may have left one.
    Files.deleteIfExists(fresh);
    try (FileChannel channel =
        FileChannel.open(
            fresh,
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
      ByteBuffer bytes =
          StandardCharsets.UTF_8.encode(GSON.toJson(new Content(entries)) + System.lineSeparator());
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
  }
}
