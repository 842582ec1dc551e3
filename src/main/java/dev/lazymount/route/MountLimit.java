package dev.lazymount.route;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.Receive;
import akka.actor.typed.javadsl.TimerScheduler;
import dev.lazymount.mount.MountEnv;
import dev.lazymount.mount.MountResult;
import dev.lazymount.mount.UnmountMode;
import dev.lazymount.status.MountState;
import dev.lazymount.status.MountStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Keeps the number of mounted images at mount.max: when one more was mounted, those go that were
 * not used for longest.
 *
 * <p>Who uses what is known from two sides. The trace tells accesses, but the resolved program none
 * of an image that is mounted. The kernel knows of all: unmounting with MNT_EXPIRE marks a mount
 * first, any use takes the mark away, and only what is still marked is unmounted the next time. So
 * the images are asked in the order of their last known use, the oldest first; what turns out to
 * have been used goes to the end of that order; and the next ones to go are marked ahead, so that
 * by then the kernel has watched them for a while. That is the page cache's second chance.
 *
 * <p>A mount is never refused. While more than mount.max are in use, they stay mounted, which is
 * said once, and tried again at the next mount and once in a while.
 */
final class MountLimit extends AbstractBehavior<Object> {
  private enum Timer {
    TRY_AGAIN,
    NO_ANSWER
  }

  /** What an image that was asked to go has answered; any other Settled is news of a mount. */
  private record Answer(MountResult settled) {}

  private static final String WHY = "mount.max is reached, and it was not used for longest";

  /** Once in a while, as what is in use now need not be for long. */
  private static final Duration TRY_AGAIN = Duration.ofSeconds(10);

  /** What a MountActor itself answers late with has so long to come here. */
  private static final Duration SPARE_TIME = Duration.ofSeconds(10);

  /** How many are marked before any of them is asked again, beyond those that have to go. */
  private static final int SPARE = 16;

  /** How many are marked ahead. */
  private static final int AHEAD = 32;

  private final MountEnv env;
  private final int max;
  private final ActorRef<Router.Command> router;
  private final TimerScheduler<Object> timers;
  private final ActorRef<MountResult> answers;

  /** When the kernel said that an image was in use; it says so only when asked. */
  private final Map<String, Instant> used = new HashMap<>();

  private final Deque<String> first = new ArrayDeque<>();
  private final Deque<String> second = new ArrayDeque<>();

  /** Whom we wait for; null for nobody. */
  private String asked;

  private boolean news;
  private int ahead;
  private boolean said;

  /**
   * Starts the limit, if there is one.
   *
   * @param context the Router's
   * @param env says how many may be mounted
   * @return who has to be told of mounts
   */
  static Optional<ActorRef<MountResult>> spawn(
      ActorContext<Router.Command> context, RouterEnv env) {
    if (env.max() == 0) {
      return Optional.empty();
    }
    Behavior<Object> limit =
        Behaviors.setup(
            self ->
                Behaviors.withTimers(
                    timers ->
                        new MountLimit(self, env.mounts(), env.max(), context.getSelf(), timers)));
    return Optional.of(context.spawn(limit, "limit").narrow());
  }

  private MountLimit(
      ActorContext<Object> context,
      MountEnv env,
      int max,
      ActorRef<Router.Command> router,
      TimerScheduler<Object> timers) {
    super(context);
    this.env = env;
    this.max = max;
    this.router = router;
    this.timers = timers;
    this.answers = context.messageAdapter(MountResult.class, Answer::new);
  }

  @Override
  public Receive<Object> createReceive() {
    return newReceiveBuilder()
        .onMessage(MountResult.class, news -> look())
        .onMessageEquals(Timer.TRY_AGAIN, this::look)
        .onMessage(Answer.class, this::onAnswer)
        .onMessageEquals(Timer.NO_ANSWER, this::onNoAnswer)
        .build();
  }

  private Behavior<Object> look() {
    news = asked != null;
    if (asked == null && excess() > 0 && !env.status().observes()) {
      begin();
    }
    return this;
  }

  private void begin() {
    List<MountStatus> mounted = mounted();
    Set<String> names = new HashSet<>();
    mounted.forEach(line -> names.add(line.name()));
    used.keySet().retainAll(names);
    news = false;
    first.clear();
    second.clear();
    ahead = 0;
    mounted.stream()
        .sorted(Comparator.comparing(this::lastUse))
        .map(MountStatus::name)
        .forEach(first::add);
    next();
  }

  private void next() {
    int excess = excess();
    String name = excess > 0 ? nextToGo(excess) : nextToMark();
    asked = name;
    if (name != null) {
      // An image's actor may have ended before it could hear of it, or hang.
      timers.startSingleTimer(Timer.NO_ANSWER, env.times().get().timeout().plus(SPARE_TIME));
      UnmountMode manner = excess > 0 ? UnmountMode.IF_IDLE : UnmountMode.MARK;
      router.tell(new Router.Unmount(name, manner, WHY, answers));
    } else if (excess > 0 && news) {
      // What was mounted in the meantime may be idle.
      begin();
    } else if (excess > 0) {
      if (!said) {
        env.log()
            .warn(
                "{} images are mounted and mount.max is {}: all are in use, and stay until they are"
                    + " not",
                max + excess,
                max);
      }
      said = true;
      timers.startSingleTimer(Timer.TRY_AGAIN, TRY_AGAIN);
    } else {
      said = false;
    }
  }

  private String nextToGo(int excess) {
    boolean enough = first.isEmpty() || second.size() >= excess + SPARE;
    return enough ? second.poll() : first.poll();
  }

  private String nextToMark() {
    return ahead++ < AHEAD ? first.poll() : null;
  }

  private Behavior<Object> onAnswer(Answer answer) {
    String name = answer.settled().name();
    boolean expected = name.equals(asked);
    switch (answer.settled().outcome()) {
      case MARKED -> second.add(name);
      case BUSY -> used.put(name, Instant.now());
      case DONE, ALREADY -> used.remove(name);
      case FAILED -> env.log().debug("{} stays mounted: {}", name, answer.settled().reason());
    }
    if (expected) {
      timers.cancel(Timer.NO_ANSWER);
      next();
    }
    return this;
  }

  private Behavior<Object> onNoAnswer() {
    env.log().debug("{} stays mounted: no answer", asked);
    next();
    return this;
  }

  private Instant lastUse(MountStatus line) {
    Instant known = line.lastAccess() == null ? line.since() : line.lastAccess();
    Instant told = used.getOrDefault(line.name(), known);
    return told.isAfter(known) ? told : known;
  }

  private int excess() {
    return env.status().mounts().count().get(MountState.MOUNTED) - max;
  }

  private List<MountStatus> mounted() {
    return env.status().mounts().all().stream()
        .filter(line -> line.state() == MountState.MOUNTED)
        .toList();
  }
}
