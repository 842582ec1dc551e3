package dev.lazymount.warm;

import java.io.IOException;
import java.nio.file.Path;

/**
 * The files of the warm list, and the messages that their reading and writing comes back as: what
 * is wrong with one is told in words, and never thrown. All calls block for as long as the file
 * systems do. Thread-safe.
 */
final class WarmFiles implements AutoCloseable {
  /**
   * What was kept.
   *
   * @param kept false if nothing can be kept from now on either
   * @param problem null if there was none
   */
  record Loaded(WarmList list, boolean kept, String problem) implements WarmActor.Command {}

  /** Somebody else's list; empty if there is a problem, which is null if there was none. */
  record Seeded(WarmList list, String problem) implements WarmActor.Command {}

  /** The list was written, or not; the problem is null if there was none. */
  record Saved(String problem) implements WarmActor.Command {}

  private final WarmEnv env;
  private final WarmStore store;

  /** Touches nothing yet. */
  WarmFiles(WarmEnv env) {
    this.env = env;
    this.store = new WarmStore(env.stateDir());
  }

  Loaded load() {
    try {
      WarmStore.Kept found = store.load();
      return new Loaded(found.list(), true, found.damage());
    } catch (IOException e) {
      return new Loaded(new WarmList(), false, "it is not kept: " + e);
    }
  }

  Seeded seed(Path file) {
    try {
      return new Seeded(WarmStore.seed(file, env.clock().instant()), null);
    } catch (IOException | WarmText.Damaged e) {
      String why = e instanceof WarmText.Damaged ? e.getMessage() : e.toString();
      return new Seeded(new WarmList(), "the seed " + file + " is not used: " + why);
    }
  }

  Saved save(String text) {
    try {
      store.save(text);
      return new Saved(null);
    } catch (IOException e) {
      return new Saved("it can't be saved, and is tried again: " + e);
    }
  }

  @Override
  public void close() {
    store.close();
  }
}
