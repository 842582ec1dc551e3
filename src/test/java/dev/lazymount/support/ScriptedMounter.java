package dev.lazymount.support;

import dev.lazymount.mount.MountFailure;
import dev.lazymount.mount.Mounter;
import dev.lazymount.status.LingeringImage;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A Mounter whose results the test sets for each image. An image without a script is mounted at
 * once, from {@code /dev/loop-NAME}, and stays mounted. Thread-safe.
 */
public final class ScriptedMounter implements Mounter {
  /** The result of one call. */
  public interface Outcome {
    /** Returns the result, or throws; may block. */
    Mounted get() throws MountFailure;
  }

  private final Map<String, Deque<Outcome>> scripts = new ConcurrentHashMap<>();
  private final Map<String, Mounted> inPlace = new ConcurrentHashMap<>();
  private final Map<String, Generation> generations = new ConcurrentHashMap<>();
  private final Map<String, Covered> covered = new ConcurrentHashMap<>();
  private final Map<String, Displaced> displaced = new ConcurrentHashMap<>();
  private final Map<String, MountFailure> unlookable = new ConcurrentHashMap<>();
  private final Map<String, Deque<Expiry>> expiries = new ConcurrentHashMap<>();
  private final Map<String, MountFailure> unexpirable = new ConcurrentHashMap<>();
  private final Set<String> locked = ConcurrentHashMap.newKeySet();
  private final Set<String> lingering = ConcurrentHashMap.newKeySet();
  private volatile boolean marksFirst;
  private final List<Request> calls = new CopyOnWriteArrayList<>();
  private final List<String> looks = new CopyOnWriteArrayList<>();

  /** The results of the next calls for an image, in order. */
  public ScriptedMounter then(String name, Outcome... outcomes) {
    Deque<Outcome> script = scripts.computeIfAbsent(name, n -> new ArrayDeque<>());
    synchronized (script) {
      script.addAll(List.of(outcomes));
    }
    return this;
  }

  /** An attempt that fails. */
  public static Outcome failing(MountFailure failure) {
    return () -> {
      throw failure;
    };
  }

  /** This image is mounted already. */
  public void inPlace(String name, String device) {
    inPlace.put(name, new Mounted(device, true, null));
  }

  /** What {@link #look} finds mounted for an image. */
  public void look(String name, Mounted found) {
    inPlace.put(name, found);
  }

  /** This image has been unmounted by hand. */
  public void unmountedByHand(String name) {
    inPlace.remove(name);
  }

  /** Another mount namespace uses this image after it was unmounted. */
  public void lingers(String name) {
    lingering.add(device(name));
  }

  @Override
  public Optional<LingeringImage> lingering(String device) {
    return lingering.contains(device)
        ? Optional.of(new LingeringImage("/images/old.img", device, Instant.now()))
        : Optional.empty();
  }

  /** {@link #look} fails for this image. */
  public void unlookable(String name, MountFailure failure) {
    unlookable.put(name, failure);
  }

  /** {@link #look} works again for this image. */
  public void lookable(String name) {
    unlookable.remove(name);
  }

  /** Another process holds the lock of an image. */
  public void lock(String name) {
    locked.add(name);
  }

  /** The other process has released the lock. */
  public void unlock(String name) {
    locked.remove(name);
  }

  private void failIfLocked(String name) throws MountFailure {
    if (locked.contains(name)) {
      throw new MountFailure(MountFailure.Kind.LOCKED, "another process holds the lock");
    }
  }

  /** The generation of an image's file. */
  public void generation(String name, Generation generation) {
    generations.put(name, generation);
  }

  /** The directory that an image would cover. */
  public void covered(String name, Covered directory) {
    covered.put(name, directory);
  }

  /** Where the mount of an image has gone. */
  public void displaced(String name, Displaced where) {
    displaced.put(name, where);
  }

  /** The attempts to mount, in their order. */
  public List<Request> calls() {
    return List.copyOf(calls);
  }

  /** The names of the attempts to mount, in their order. */
  public List<String> names() {
    return calls.stream().map(Request::name).toList();
  }

  /** The names that were looked at, in their order. */
  public List<String> looks() {
    return List.copyOf(looks);
  }

  @Override
  public Mounted mount(Request request) throws MountFailure {
    calls.add(request);
    failIfLocked(request.name());
    Deque<Outcome> script = scripts.computeIfAbsent(request.name(), n -> new ArrayDeque<>());
    Outcome outcome;
    synchronized (script) {
      outcome = script.poll();
    }
    if (outcome != null) {
      return outcome.get();
    }
    Mounted there = inPlace.get(request.name());
    if (there != null) {
      return there;
    }
    inPlace(request.name(), device(request.name()));
    return new Mounted(device(request.name()), false, null);
  }

  /** The device that an image without a script is mounted from. */
  public static String device(String name) {
    return "/dev/loop-" + name;
  }

  @Override
  public Optional<Mounted> look(Request request) throws MountFailure {
    looks.add(request.name());
    if (unlookable.containsKey(request.name())) {
      throw unlookable.get(request.name());
    }
    return Optional.ofNullable(inPlace.get(request.name()));
  }

  @Override
  public Optional<Mounted> refresh(Request request) throws MountFailure {
    failIfLocked(request.name());
    Optional<Mounted> found = look(request);
    return found.isEmpty() || found.get().isCurrent() ? found : Optional.of(mount(request));
  }

  @Override
  public Optional<Generation> generation(Request request) {
    return Optional.ofNullable(generations.get(request.name()));
  }

  @Override
  public Optional<Covered> covered(Request request) {
    return Optional.ofNullable(covered.get(request.name()));
  }

  @Override
  public Optional<Displaced> displaced(Request request) {
    return Optional.ofNullable(displaced.remove(request.name()));
  }

  /** The results of the next attempts to expire an image; without a script it is unmounted. */
  public void expiries(String name, Expiry... outcomes) {
    expiries.put(name, new ArrayDeque<>(List.of(outcomes)));
  }

  /**
   * An expiry without a script behaves like the kernel's from now on: the first call only marks.
   */
  public void marksFirst() {
    marksFirst = true;
  }

  /** The next attempt to unmount an image, or to expire it, fails. */
  public void unexpirable(String name, MountFailure failure) {
    unexpirable.put(name, failure);
  }

  private void failIfTold(String name) throws MountFailure {
    MountFailure failure = unexpirable.remove(name);
    if (failure != null) {
      throw failure;
    }
  }

  @Override
  public Expiry expire(Request request, boolean marked) throws MountFailure {
    failIfTold(request.name());
    Deque<Expiry> script = expiries.get(request.name());
    Expiry byDefault = marksFirst && !marked ? Expiry.MARKED : Expiry.UNMOUNTED;
    Expiry expiry = script == null || script.isEmpty() ? byDefault : script.poll();
    if (expiry == Expiry.UNMOUNTED) {
      inPlace.remove(request.name());
    }
    return expiry;
  }

  @Override
  public Expiry unmount(Request request) throws MountFailure {
    failIfTold(request.name());
    Deque<Expiry> script = expiries.get(request.name());
    if (script != null && !script.isEmpty()) {
      return script.poll();
    }
    return inPlace.remove(request.name()) == null ? Expiry.NOT_MOUNTED : Expiry.UNMOUNTED;
  }
}
