package dev.lazymount.mount;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The life of one image as a finite model, explored exhaustively: two daemons and a command mount,
 * check, swap and unmount it; mount(8) and umount(8) interfere; the image is replaced; a process is
 * killed; each between any two system calls of the others.
 *
 * <p>Each {@link At} is one system call, or one decision between two, of the code that it names.
 * Contents are numbers: the image file has content 0, then 1, then 2. The mounts on the mount point
 * are a list, the top one last.
 */
final class LifeModel {
  /** Where a process is. */
  enum At {
    /** No operation. */
    IDLE,
    /** NameLock.tryTake, repeated by MounterCall.retryLater. */
    LOCK,
    /** KernelMounter.mountUnlessMounted, refresh: target.status(). */
    LOOK,
    /** KernelMounter.mountUnlessMounted: ImageDirectory.open, DetachedMount.of. */
    OPEN,
    /** KernelMounter.attach: place.cachedStatus().mountRoot(). */
    LOOK_AGAIN,
    /** KernelMounter.attach: Mounts.attach. */
    ATTACH,
    /** StackedMounts.isAt. */
    HEAL_LOOK,
    /** StackedMounts.heal: target.detach(). */
    HEAL_DETACH,
    /** ImageSwap.complete: mountsAt, isImageBeneath. */
    SWAP_TABLE,
    /** ImageSwap.replace: ImageDirectory.open, DetachedMount.of. */
    SWAP_OPEN,
    /** ImageSwap.attachBeneath: place.cachedStatus().device(). */
    SWAP_LOOK,
    /** ImageSwap.attachBeneath: Mounts.attachBeneath. */
    SWAP_ATTACH,
    /** ImageSwap.detachOld: target.status(). */
    OLD_LOOK,
    /** ImageSwap.detachOld: target.detach(). */
    OLD_DETACH,
    /** ImageSwap.replace: Mounts.attach, after EINVAL. */
    SWAP_ATTACH_ON_TOP,
    /** KernelMounter.isMountedByUs. */
    UNMOUNT_LOOK,
    /** MountPoint.unmount. */
    UNMOUNT,
    /** Flock.close, and MountActor.onMountEnded, onRecheckEnded, onUnmountEnded. */
    UNLOCK
  }

  enum Operation {
    MOUNT,
    REFRESH,
    UNMOUNT
  }

  /** Mistakes that the search has to find. */
  enum Defect {
    /** The lock is not taken. */
    NO_LOCK,
    /** What is mounted is not looked up under the lock. */
    NO_LOOK_UNDER_LOCK,
    /** A second mount of the image is not detached. */
    NO_HEALING,
    /** The old image is detached before the new one is attached. */
    SWAP_IN_WRONG_ORDER,
    /** A swap that was interrupted is begun again, and not completed. */
    SWAP_FORGETS,
    /** A swap that was interrupted is completed only if no newer image has come since. */
    SWAP_COMPLETES_NEWEST,
    /** An access during an unmount is ignored. */
    LOST_ACCESS,
    /** A killed process keeps its lock. */
    LOCK_OUTLIVES_PROCESS
  }

  /**
   * A process.
   *
   * @param mounted what MountActor believes: ImageState.Mounted, or not
   * @param waiter whether an access waits in MountActor.waiters
   * @param opened the content that it has opened
   * @param old the content that it swaps
   * @param beneath whether the new image was attached beneath
   * @param found whether the operation has found or made a mount
   * @param owed whether an access came after which nothing was mounted yet; nothing depends on it
   */
  record Worker(
      At at,
      Operation operation,
      boolean mounted,
      boolean waiter,
      int opened,
      int old,
      boolean beneath,
      boolean found,
      boolean owed) {
    /** All of it; the default of a record takes most of the time of the search. */
    @SuppressWarnings("EnumOrdinal")
    int code() {
      int flags = (mounted ? 1 : 0) + (waiter ? 2 : 0) + (beneath ? 4 : 0);
      int more = (found ? 1 : 0) + (owed ? 2 : 0);
      return (more << 17)
          + (at.ordinal() << 12)
          + (operation.ordinal() << 9)
          + ((opened + 1) << 6)
          + ((old + 1) << 3)
          + flags;
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Worker process && process.code() == code();
    }

    @Override
    public int hashCode() {
      return code();
    }

    static final Worker NEW =
        new Worker(At.IDLE, Operation.MOUNT, false, false, -1, -1, false, false, false);

    Worker at(At next) {
      return new Worker(next, operation, mounted, waiter, opened, old, beneath, found, owed);
    }

    Worker start(Operation what) {
      return new Worker(At.LOCK, what, mounted, waiter, -1, -1, false, false, owed);
    }

    Worker opens(int content, At next) {
      return new Worker(next, operation, mounted, waiter, content, old, beneath, found, owed);
    }

    Worker swaps(int content, At next) {
      return new Worker(next, operation, mounted, waiter, opened, content, beneath, true, owed);
    }

    Worker beneath(boolean is, At next) {
      return new Worker(next, operation, mounted, waiter, opened, old, is, found, owed);
    }

    Worker finds(boolean mount, At next) {
      return new Worker(next, operation, mounted, waiter, opened, old, beneath, mount, owed);
    }

    Worker believes(boolean isMounted) {
      return new Worker(
          At.IDLE, operation, isMounted, false, -1, -1, false, false, owed && !isMounted);
    }

    Worker waits() {
      return new Worker(at, operation, mounted, true, opened, old, beneath, found, true);
    }

    Worker ignores() {
      return new Worker(at, operation, mounted, waiter, opened, old, beneath, found, true);
    }
  }

  /**
   * Everything.
   *
   * @param file the content of the image file
   * @param mounts on the mount point, the top one last
   * @param lock which process has the lock; -1 for none
   * @param processes two daemons, and a command line
   * @param byHand the content that mount(8) has opened; -1 if it does not run
   * @param left how often each interference may still happen
   */
  record State(
      int file,
      List<Integer> mounts,
      int lock,
      List<Worker> processes,
      int byHand,
      Left left,
      boolean foreign) {
    /** The processes. */
    private long code() {
      long code = 0;
      for (Worker process : processes) {
        code = (code << 21) + process.code();
      }
      return code;
    }

    /** All but the processes. */
    private long rest() {
      long rest = foreign ? 1 : 0;
      for (int mount : mounts) {
        rest = rest * 4 + mount + 1;
      }
      return (((rest * 4 + lock + 1) * 4 + byHand + 1) * 4 + file) * 4096 + left.code();
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof State state && state.code() == code() && state.rest() == rest();
    }

    @Override
    public int hashCode() {
      return Long.hashCode(code() * 31 + rest());
    }

    /** The two daemons are alike: one of the two states that differ in their order. */
    State canonical() {
      Worker first = processes.get(0);
      Worker second = processes.get(1);
      if (first.code() <= second.code()) {
        return this;
      }
      int holder = lock == 0 ? 1 : lock == 1 ? 0 : lock;
      return lock(holder).with(0, second).with(1, first);
    }

    State with(int process, Worker now) {
      List<Worker> all = new ArrayList<>(processes);
      all.set(process, now);
      return new State(file, mounts, lock, List.copyOf(all), byHand, left, foreign);
    }

    State mounts(List<Integer> now) {
      return new State(file, List.copyOf(now), lock, processes, byHand, left, foreign);
    }

    State lock(int now) {
      return new State(file, mounts, now, processes, byHand, left, foreign);
    }

    State push(int content) {
      List<Integer> now = new ArrayList<>(mounts);
      now.add(content);
      return mounts(now);
    }

    State pop() {
      return mounts.isEmpty() ? this : mounts(mounts.subList(0, mounts.size() - 1));
    }

    int top() {
      return mounts.isEmpty() ? -1 : mounts.get(mounts.size() - 1);
    }

    boolean isQuiet() {
      return processes.stream().allMatch(process -> process.at() == At.IDLE);
    }
  }

  /** How often the image may be replaced, mount(8) and umount(8) run, a process be killed. */
  record Left(int replacements, int mounts, int unmounts, int kills, int commands) {
    int code() {
      return (((replacements * 4 + mounts) * 4 + unmounts) * 4 + kills) * 4 + commands;
    }
  }

  /** What is wrong, and how it came to that. */
  static final class Violation extends Exception {
    private static final long serialVersionUID = 1L;

    Violation(String what) {
      super(what);
    }
  }

  private static final int DAEMONS = 2;
  private static final int COMMAND = 2;

  private final Set<Defect> defects;
  private final Map<State, State> cameFrom = new HashMap<>();
  private final Set<State> settled = new HashSet<>();
  private int longest;
  private int unmounts;

  LifeModel(Defect... defects) {
    this.defects = EnumSet.noneOf(Defect.class);
    Collections.addAll(this.defects, defects);
  }

  int states() {
    return cameFrom.size();
  }

  /** The most steps from any state to rest. */
  int longestSettling() {
    return longest;
  }

  /** Explores all states that can be reached. */
  void explore(Left left) throws Violation {
    unmounts = left.unmounts();
    State start = new State(0, List.of(), -1, Collections.nCopies(3, Worker.NEW), -1, left, false);
    Deque<State> todo = new ArrayDeque<>(List.of(start));
    cameFrom.put(start, start);
    while (!todo.isEmpty()) {
      State state = todo.poll();
      try {
        checkAlways(state);
        settle(state);
      } catch (Violation e) {
        throw new Violation(e.getMessage() + "\n" + path(state));
      }
      for (State successor : successors(state)) {
        State next = successor.canonical();
        if (cameFrom.putIfAbsent(next, state) == null) {
          todo.add(next);
        }
      }
    }
  }

  private String path(State to) {
    List<String> states = new ArrayList<>();
    State at = to;
    while (true) {
      states.add(at.toString());
      State before = cameFrom.get(at);
      if (before == null || before.equals(at)) {
        break;
      }
      at = before;
    }
    Collections.reverse(states);
    return String.join("\n", states);
  }

  // ---- What has to be true

  private void checkAlways(State state) throws Violation {
    for (Worker process : state.processes()) {
      if (process.at() == At.SWAP_ATTACH_ON_TOP && state.left().unmounts() == unmounts) {
        throw new Violation("a swap shows the original directory: " + state);
      }
    }
    if (!state.foreign() && state.mounts().size() > 1) {
      // Only a swap has two: the old one on top of the new one.
      int beneath = state.mounts().get(state.mounts().size() - 2);
      if (state.mounts().size() > 2 || state.top() >= beneath) {
        throw new Violation("stacked: " + state.mounts());
      }
    }
  }

  /** Every state leads to rest, and rest is what was promised. */
  private void settle(State from) throws Violation {
    List<State> way = new ArrayList<>();
    State state = from;
    while (!state.isQuiet()) {
      if (!settled.add(state.canonical())) {
        return;
      }
      way.add(state);
      if (way.size() > 200) {
        throw new Violation("an operation does not end: " + state);
      }
      state = stepOfAny(state);
    }
    longest = Math.max(longest, way.size());
    if (!settled.add(state.canonical())) {
      return;
    }
    for (Worker process : state.processes()) {
      if (process.waiter() || process.owed()) {
        throw new Violation("an access is lost: " + state);
      }
    }
    State rest = state;
    for (int daemon = 0; daemon < DAEMONS; daemon++) {
      rest = run(rest, daemon, Operation.REFRESH);
    }
    require(rest, rest.mounts().isEmpty() || rest.top() == rest.file(), "an old image stays");
    require(rest, isSingle(rest), "mounted twice after a check");
    rest = run(rest, 0, Operation.MOUNT);
    require(rest, rest.top() == rest.file() && isSingle(rest), "an access does not mount it");
    rest = run(rest, 1, Operation.MOUNT);
    require(rest, rest.top() == rest.file() && isSingle(rest), "two daemons mount it twice");
  }

  private static void require(State state, boolean holds, String what) throws Violation {
    if (!holds) {
      throw new Violation(what + ": " + state);
    }
  }

  /**
   * Mounted once. If mount(8) has mounted the new image on top of the old one, the old one stays
   * hidden: it can't be detached alone.
   */
  private static boolean isSingle(State state) {
    List<Integer> mounts = state.mounts();
    boolean hidden = state.foreign() && mounts.size() > 1 && new HashSet<>(mounts).size() > 1;
    return mounts.size() <= 1 || (hidden && mounts.get(mounts.size() - 2) < state.top());
  }

  private State run(State state, int process, Operation operation) throws Violation {
    State now = state.with(process, state.processes().get(process).start(operation));
    for (int i = 0; !now.isQuiet(); i++) {
      if (i > 200) {
        throw new Violation("an operation does not end: " + now);
      }
      now = stepOfAny(now);
    }
    return now;
  }

  private State stepOfAny(State state) throws Violation {
    for (int process = 0; process < state.processes().size(); process++) {
      List<State> next = steps(state, process);
      if (!next.isEmpty()) {
        return next.get(0);
      }
    }
    throw new Violation("deadlock: " + state);
  }

  // ---- What can happen

  private List<State> successors(State state) {
    List<State> next = new ArrayList<>();
    for (int process = 0; process < state.processes().size(); process++) {
      next.addAll(steps(state, process));
    }
    for (int daemon = 0; daemon < DAEMONS; daemon++) {
      messages(state, daemon, next);
    }
    interfere(state, next);
    return next;
  }

  /** An access, a scan, and the idle timer. */
  private void messages(State state, int daemon, List<State> next) {
    Worker process = state.processes().get(daemon);
    if (process.at() == At.IDLE) {
      next.add(state.with(daemon, process.waits().start(Operation.MOUNT)));
      next.add(state.with(daemon, process.start(Operation.REFRESH)));
      if (process.mounted()) {
        next.add(state.with(daemon, process.start(Operation.UNMOUNT)));
      }
    } else {
      boolean ignores =
          defects.contains(Defect.LOST_ACCESS) && process.operation() == Operation.UNMOUNT;
      next.add(state.with(daemon, ignores ? process.ignores() : process.waits()));
    }
  }

  private void interfere(State s, List<State> next) {
    Left left = s.left();
    if (left.replacements() > 0) {
      next.add(
          new State(
              s.file() + 1,
              s.mounts(),
              s.lock(),
              s.processes(),
              s.byHand(),
              new Left(
                  left.replacements() - 1,
                  left.mounts(),
                  left.unmounts(),
                  left.kills(),
                  left.commands()),
              s.foreign()));
    }
    if (left.mounts() > 0 && s.byHand() < 0) {
      next.add(
          new State(
              s.file(),
              s.mounts(),
              s.lock(),
              s.processes(),
              s.file(),
              new Left(
                  left.replacements(),
                  left.mounts() - 1,
                  left.unmounts(),
                  left.kills(),
                  left.commands()),
              s.foreign()));
    }
    if (s.byHand() >= 0) {
      State pushed = s.push(s.byHand());
      next.add(new State(s.file(), pushed.mounts(), s.lock(), s.processes(), -1, left, true));
    }
    if (left.unmounts() > 0 && !s.mounts().isEmpty()) {
      next.add(
          new State(
              s.file(),
              s.pop().mounts(),
              s.lock(),
              s.processes(),
              s.byHand(),
              new Left(
                  left.replacements(),
                  left.mounts(),
                  left.unmounts() - 1,
                  left.kills(),
                  left.commands()),
              s.foreign()));
    }
    for (int process = 0; left.kills() > 0 && process < s.processes().size(); process++) {
      if (s.processes().get(process).at() != At.IDLE) {
        boolean releases = s.lock() == process && !defects.contains(Defect.LOCK_OUTLIVES_PROCESS);
        State killed = s.with(process, Worker.NEW);
        next.add(
            new State(
                s.file(),
                s.mounts(),
                releases ? -1 : s.lock(),
                killed.processes(),
                s.byHand(),
                new Left(
                    left.replacements(),
                    left.mounts(),
                    left.unmounts(),
                    left.kills() - 1,
                    left.commands()),
                s.foreign()));
      }
    }
    if (left.commands() > 0 && s.processes().get(COMMAND).at() == At.IDLE) {
      for (Operation operation : List.of(Operation.MOUNT, Operation.UNMOUNT)) {
        State started = s.with(COMMAND, Worker.NEW.start(operation));
        next.add(
            new State(
                s.file(),
                s.mounts(),
                s.lock(),
                started.processes(),
                s.byHand(),
                new Left(
                    left.replacements(),
                    left.mounts(),
                    left.unmounts(),
                    left.kills(),
                    left.commands() - 1),
                s.foreign()));
      }
    }
  }

  /** The next step of one process; two where a system call can have two results. */
  private List<State> steps(State s, int number) {
    Worker p = s.processes().get(number);
    return switch (p.at()) {
      case IDLE -> List.of();
      case LOCK -> lock(s, number, p);
      case LOOK -> List.of(s.with(number, look(s, p)));
      case OPEN -> List.of(s.with(number, p.opens(s.file(), At.LOOK_AGAIN)));
      case LOOK_AGAIN ->
          List.of(
              s.with(
                  number,
                  s.mounts().isEmpty() || defects.contains(Defect.NO_LOOK_UNDER_LOCK)
                      ? p.at(At.ATTACH)
                      : p.finds(true, At.UNLOCK)));
      case ATTACH -> List.of(s.push(p.opened()).with(number, p.finds(true, At.HEAL_LOOK)));
      case HEAL_LOOK -> List.of(s.with(number, p.at(isTwice(s) ? At.HEAL_DETACH : At.UNLOCK)));
      case HEAL_DETACH -> List.of(s.pop().with(number, p.at(At.HEAL_LOOK)));
      case SWAP_TABLE -> List.of(s.with(number, table(s, p)));
      case SWAP_OPEN ->
          List.of(
              s.with(
                  number,
                  p.opens(
                      s.file(),
                      defects.contains(Defect.SWAP_IN_WRONG_ORDER) ? At.OLD_LOOK : At.SWAP_LOOK)));
      case SWAP_LOOK ->
          List.of(s.with(number, p.at(s.top() == p.old() ? At.SWAP_ATTACH : At.UNLOCK)));
      case SWAP_ATTACH -> List.of(attachBeneath(s, number, p));
      case OLD_LOOK ->
          List.of(s.with(number, s.top() == p.old() ? p.at(At.OLD_DETACH) : p.at(afterOld(p))));
      case OLD_DETACH -> List.of(s.pop().with(number, p.at(afterOld(p))));
      case SWAP_ATTACH_ON_TOP -> List.of(s.push(p.opened()).with(number, p.at(At.UNLOCK)));
      case UNMOUNT_LOOK ->
          List.of(
              s.with(number, s.mounts().isEmpty() ? p.finds(false, At.UNLOCK) : p.at(At.UNMOUNT)));
      // EBUSY, if a process uses it.
      case UNMOUNT ->
          List.of(
              s.pop().with(number, p.finds(false, At.UNLOCK)),
              s.with(number, p.finds(true, At.UNLOCK)));
      case UNLOCK -> List.of(end(s, number, p));
    };
  }

  private List<State> lock(State s, int number, Worker p) {
    boolean blind =
        defects.contains(Defect.NO_LOOK_UNDER_LOCK)
            && p.operation() == Operation.MOUNT
            && !p.mounted();
    At next = p.operation() == Operation.UNMOUNT ? At.UNMOUNT_LOOK : blind ? At.OPEN : At.LOOK;
    if (defects.contains(Defect.NO_LOCK)) {
      return List.of(s.with(number, p.at(next)));
    }
    return s.lock() < 0 ? List.of(s.lock(number).with(number, p.at(next))) : List.of();
  }

  private static Worker look(State s, Worker p) {
    if (s.mounts().isEmpty()) {
      return p.finds(false, p.operation() == Operation.MOUNT ? At.OPEN : At.UNLOCK);
    }
    return s.top() == s.file() ? p.finds(true, At.HEAL_LOOK) : p.swaps(s.top(), At.SWAP_TABLE);
  }

  /** The mount beneath the top one is of the image as it is now. */
  private boolean isTwice(State s) {
    int size = s.mounts().size();
    return !defects.contains(Defect.NO_HEALING) && size > 1 && s.mounts().get(size - 2) == s.file();
  }

  private Worker table(State s, Worker p) {
    int beneath = s.mounts().size() < 2 ? -1 : s.mounts().get(s.mounts().size() - 2);
    boolean completes =
        beneath >= 0
            && beneath != p.old()
            && !defects.contains(Defect.SWAP_FORGETS)
            && (beneath == s.file() || !defects.contains(Defect.SWAP_COMPLETES_NEWEST));
    return completes ? p.at(At.OLD_LOOK) : p.at(At.SWAP_OPEN);
  }

  private static State attachBeneath(State s, int number, Worker p) {
    if (s.mounts().isEmpty()) {
      // The descriptor is of a mount that is detached by now: EINVAL.
      return s.with(number, p.beneath(false, At.OLD_LOOK));
    }
    List<Integer> now = new ArrayList<>(s.mounts());
    now.add(now.size() - 1, p.opened());
    return s.mounts(now).with(number, p.beneath(true, At.OLD_LOOK));
  }

  private static At afterOld(Worker p) {
    if (p.opened() < 0) {
      // KernelMounter.bringUpToDate: what was beneath is looked at.
      return At.LOOK;
    }
    return p.beneath() ? At.UNLOCK : At.SWAP_ATTACH_ON_TOP;
  }

  /** The lock is released; a daemon believes what it found, and mounts for an access that waits. */
  private static State end(State s, int number, Worker p) {
    State released = s.lock() == number ? s.lock(-1) : s;
    if (number == COMMAND) {
      return released.with(number, Worker.NEW);
    }
    Worker rests = p.believes(p.found());
    return released.with(
        number, p.waiter() && !p.found() ? rests.start(Operation.MOUNT).waits() : rests);
  }
}
