package dev.lazymount.bench;

import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.Behavior;
import akka.actor.typed.DispatcherSelector;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.stream.Materializer;
import akka.stream.javadsl.Framing;
import akka.stream.javadsl.StreamConverters;
import akka.util.ByteString;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.lazymount.catalog.Catalog;
import dev.lazymount.catalog.CatalogActor;
import dev.lazymount.catalog.ImageFile;
import dev.lazymount.config.Settings;
import dev.lazymount.linux.ProcessMounts;
import dev.lazymount.mount.MountEnv;
import dev.lazymount.mount.Mounter;
import dev.lazymount.mount.StorageCircuit;
import dev.lazymount.route.RouteSettings;
import dev.lazymount.route.Router;
import dev.lazymount.route.RouterEnv;
import dev.lazymount.status.DaemonStatus;
import dev.lazymount.status.ProgramName;
import dev.lazymount.status.TraceStatus;
import dev.lazymount.support.NoProcess;
import dev.lazymount.trace.TraceEnv;
import dev.lazymount.trace.TraceSource;
import dev.lazymount.trace.program.Canary;
import dev.lazymount.trace.program.TraceProgram;
import java.io.FileInputStream;
import java.io.FileNotFoundException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import org.slf4j.helpers.NOPLogger;

/**
 * One JVM of {@link Pipeline}: {@code PipelineRun KIND FILE WARM RUNS} prints, for each run but the
 * first WARM, the nanoseconds that the lines of the file took.
 */
final class PipelineRun {
  static final String OURS = "lazymount";
  static final String NAIVE = "one message per line";
  static final String ROOT = "/opt/compiler-explorer";
  static final String CANARY = ROOT + "/" + Canary.PREFIX;
  static final String MARK = "0123456789abcdef";
  static final String TOKEN = "fedcba987654321";

  /** Paths that the de-duplication remembers. The settings allow no such value. */
  private static final int NO_DEDUPLICATION = 0;

  private static final String DISPATCHERS = "lazymount-dispatchers.";
  private static final Duration LONG = Duration.ofHours(1);

  private PipelineRun() {}

  /** Runs one kind. */
  public static void main(String[] args) throws InterruptedException {
    Path file = Path.of(args[1]);
    int warm = Integer.parseInt(args[2]);
    int runs = Integer.parseInt(args[3]);
    for (int run = 0; run < warm + runs; run++) {
      long nanos = args[0].equals(OURS) ? ours(file) : naive(file);
      if (run >= warm) {
        System.out.println(nanos);
      }
    }
  }

  /** From the first byte read to the mount of the image that the last line leads to. */
  private static long ours(Path file) throws InterruptedException {
    DaemonStatus status = new DaemonStatus();
    status.trace(TraceStatus.notStarted(ProgramName.RESOLVED));
    CountDownLatch end = new CountDownLatch(1);
    Recording recording = new Recording(file);
    ActorSystem<?> system = ActorSystem.create(daemon(status, recording, end), "ours", config());
    end.await();
    long nanos = System.nanoTime() - recording.startNanos;
    terminate(system);
    return nanos;
  }

  private static Behavior<ActorRef<Catalog>> daemon(
      DaemonStatus status, Recording recording, CountDownLatch end) {
    return Behaviors.setup(
        context -> {
          Catalog catalog = catalog();
          ActorRef<CatalogActor.Command> scanner =
              context.spawn(scanner(context.getSelf()), "catalog");
          ActorRef<Router.Command> router =
              context.spawn(Router.create(router(context, status, end), scanner), "router");
          return Behaviors.receiveMessage(
              subscriber -> {
                subscriber.tell(catalog);
                // What the router gets from now on it gets after the catalog.
                context.spawn(
                    TraceSource.create(
                        trace(context, status, recording),
                        context.getSystem().ignoreRef(),
                        router,
                        Router.Accesses::new),
                    "trace");
                return Behaviors.same();
              });
        });
  }

  private static Behavior<CatalogActor.Command> scanner(ActorRef<ActorRef<Catalog>> subscribers) {
    return Behaviors.receiveMessage(
        message -> {
          if (message instanceof CatalogActor.Subscribe subscribe) {
            subscribers.tell(subscribe.subscriber());
          }
          return Behaviors.same();
        });
  }

  private static Catalog catalog() {
    return Catalog.of(
        Pipeline.names().stream().map(name -> new ImageFile(name, name + ".img")).toList(),
        Map.of());
  }

  private static RouterEnv router(
      ActorContext<?> context, DaemonStatus status, CountDownLatch end) {
    MountEnv mounts =
        new MountEnv(
            new NoMounter(end),
            dispatcher(context, "mount"),
            status,
            NOPLogger.NOP_LOGGER,
            ROOT,
            "/efs/squash-images",
            LONG,
            LONG,
            LONG,
            Optional.empty(),
            new StorageCircuit(4, open -> {}),
            System::nanoTime);
    return new RouterEnv(
        ROOT,
        mounts,
        List::of,
        List::of,
        Map.of(),
        ProcessMounts::sight,
        () -> new RouteSettings(0, Optional.empty()),
        Runnable::run);
  }

  private static TraceEnv trace(ActorContext<?> context, DaemonStatus status, Recording recording) {
    Settings.Trace settings =
        new Settings.Trace(
            Settings.Program.RESOLVED,
            "none",
            Duration.ofSeconds(1),
            LONG,
            LONG,
            LONG,
            LONG,
            List.of(),
            0,
            NO_DEDUPLICATION,
            64);
    return new TraceEnv(
        settings,
        () -> new TraceProgram(ProgramName.RESOLVED, "", MARK, 64, new FirstLine(), null),
        program -> recording,
        CANARY,
        dispatcher(context, "canary"),
        DISPATCHERS + "trace",
        LONG,
        status.counters());
  }

  private static Executor dispatcher(ActorContext<?> context, String name) {
    return context
        .getSystem()
        .dispatchers()
        .lookup(DispatcherSelector.fromConfig(DISPATCHERS + name));
  }

  private static Config config() {
    return ConfigFactory.parseResources("actors.conf").withFallback(ConfigFactory.load());
  }

  private static void terminate(ActorSystem<?> system) {
    system.terminate();
    system.getWhenTerminated().toCompletableFuture().join();
  }

  /** What anybody would write first. */
  private static long naive(Path file) throws InterruptedException {
    CountDownLatch end = new CountDownLatch(1);
    ActorSystem<String> system = ActorSystem.create(naiveRouter(end), "naive", config());
    long start = System.nanoTime();
    StreamConverters.fromInputStream(() -> new FileInputStream(file.toFile()))
        .via(Framing.delimiter(ByteString.fromString("\n"), 1024))
        .map(ByteString::utf8String)
        .runForeach(system::tell, Materializer.matFromSystem(system));
    end.await();
    long nanos = System.nanoTime() - start;
    terminate(system);
    return nanos;
  }

  private static Behavior<String> naiveRouter(CountDownLatch end) {
    return Behaviors.setup(
        context -> {
          Map<String, ActorRef<String>> images = new HashMap<>();
          for (String name : Pipeline.names()) {
            String actor = name.replace('/', '_');
            images.put(name, context.spawn(Behaviors.receiveMessage(m -> Behaviors.same()), actor));
          }
          return Behaviors.receiveMessage(
              line -> {
                String path = line.split("\t", -1)[0].split(" ", 4)[3];
                String[] below = path.substring(ROOT.length() + 1).split("/", -1);
                StringBuilder name = new StringBuilder();
                for (int i = 0; i < below.length && i < 3; i++) {
                  name.append(i == 0 ? "" : "/").append(below[i]);
                  ActorRef<String> image = images.get(name.toString());
                  if (image != null) {
                    image.tell(path);
                  }
                }
                if (below[0].equals(Pipeline.LAST)) {
                  end.countDown();
                }
                return Behaviors.same();
              });
        });
  }

  /** In place of bpftrace: a file, and no end after it. */
  private static final class Recording extends NoProcess {
    private final Path file;
    private volatile long startNanos;

    private Recording(Path file) {
      this.file = file;
    }

    @Override
    public InputStream output() {
      startNanos = System.nanoTime();
      try {
        return new FileInputStream(file.toFile());
      } catch (FileNotFoundException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** Is in the file already. */
  private static final class FirstLine implements Canary {
    @Override
    public String token() {
      return TOKEN;
    }

    @Override
    public void send(String token) {
      // It comes back by itself.
    }
  }

  /** Mounts at once, and nothing. */
  private record NoMounter(CountDownLatch end) implements Mounter {
    @Override
    public Mounted mount(Request request) {
      if (request.name().equals(Pipeline.LAST)) {
        end.countDown();
      }
      return new Mounted("/dev/loop0", false, null);
    }

    @Override
    public Optional<Mounted> look(Request request) {
      return Optional.empty();
    }

    @Override
    public Optional<Mounted> refresh(Request request) {
      return Optional.empty();
    }

    @Override
    public Optional<Generation> generation(Request request) {
      return Optional.empty();
    }

    @Override
    public Expiry unmount(Request request) {
      return Expiry.NOT_MOUNTED;
    }

    @Override
    public Expiry expire(Request request, boolean marked) {
      return Expiry.BUSY;
    }
  }
}
