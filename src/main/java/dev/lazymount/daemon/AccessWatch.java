package dev.lazymount.daemon;

import akka.actor.typed.ActorSystem;
import akka.actor.typed.Behavior;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.Receive;
import com.typesafe.config.Config;
import dev.lazymount.catalog.Catalog;
import dev.lazymount.catalog.CatalogActor;
import dev.lazymount.catalog.ImageFile;
import dev.lazymount.catalog.RootPath;
import dev.lazymount.config.Settings;
import dev.lazymount.route.Router;
import dev.lazymount.status.Access;
import dev.lazymount.status.DaemonStatus;
import dev.lazymount.systemd.LogQueue;
import dev.lazymount.systemd.ServiceManager;
import dev.lazymount.trace.TraceReport;
import dev.lazymount.trace.TraceSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Reports accesses and mounts nothing, for {@code lazymount trace}: a smaller composition of the
 * daemon's actors, a trace and a catalog of its own, which may run beside a daemon.
 */
public final class AccessWatch extends AbstractBehavior<AccessWatch.Command> {
  interface Command {}

  private record Batch(List<Access> accesses) implements Command {}

  private record NewCatalog(Catalog catalog) implements Command {}

  private record Trace(TraceReport report) implements Command {}

  /**
   * An access below the root.
   *
   * @param access the access
   * @param below the components of its path below the root, as many as the trace reports
   * @param image the innermost image that serves it; empty if there is none
   */
  public record Sight(Access access, List<String> below, Optional<ImageFile> image) {}

  /**
   * Receives what is seen, on the thread of an actor.
   *
   * @param sights receives each access, and returns whether it wants more
   * @param news receives the state of the trace, a line each time it changes
   */
  public record Listener(Predicate<Sight> sights, Consumer<String> news) {}

  /** How many accesses are kept until the first scan has ended. */
  private static final int EARLY = 4096;

  private final String root;
  private final Listener listener;
  private final TraceLifecycle<Command> trace;
  private final List<Access> early = new ArrayList<>();
  private Optional<Catalog> catalog = Optional.empty();
  private boolean tracing;
  private boolean listening = true;

  /**
   * Watches until the process ends or the listener wants no more.
   *
   * @param settings the settings
   * @param actors Akka's settings
   * @param listener receives accesses and news
   */
  public static void run(Settings settings, Config actors, Listener listener) {
    DaemonStatus status = new DaemonStatus();
    ActorSystem<Command> system =
        ActorSystem.create(
            Behaviors.setup(
                context -> {
                  Assembly parts =
                      new Assembly(
                          settings, status, ServiceManager.from(Map.of()), context.getSystem());
                  return new AccessWatch(context, parts, settings, status, listener);
                }),
            "watch",
            actors);
    // bpftrace must not outlive this process, and ends with its actor.
    Runtime.getRuntime().addShutdownHook(new Thread(() -> end(system), "end"));
    system.getWhenTerminated().toCompletableFuture().join();
  }

  private static void end(ActorSystem<Command> system) {
    system.terminate();
    system.getWhenTerminated().toCompletableFuture().join();
    LogQueue.flush();
  }

  private AccessWatch(
      ActorContext<Command> context,
      Assembly parts,
      Settings settings,
      DaemonStatus status,
      Listener listener) {
    super(context);
    this.root = settings.root().toString();
    this.listener = listener;
    context
        .spawn(CatalogActor.create(parts.catalog(Assembly.scanner(settings))), "catalog")
        .tell(new CatalogActor.Subscribe(context.messageAdapter(Catalog.class, NewCatalog::new)));
    trace =
        new TraceLifecycle<>(
            context,
            parts.trace(Assembly.TracePart.real(settings, status)),
            status,
            context.messageAdapter(TraceReport.class, Trace::new),
            context.messageAdapter(
                Router.Accesses.class,
                batch -> {
                  batch.answerTo().tell(TraceSource.Ack.ACK);
                  return new Batch(batch.accesses());
                }));
    trace.start();
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(Batch.class, this::onBatch)
        .onMessage(NewCatalog.class, this::onNewCatalog)
        .onMessage(Trace.class, this::onTrace)
        .build();
  }

  private Behavior<Command> onBatch(Batch batch) {
    if (catalog.isPresent()) {
      batch.accesses().forEach(this::report);
    } else if (early.size() < EARLY) {
      early.addAll(batch.accesses());
    }
    return next();
  }

  private Behavior<Command> onNewCatalog(NewCatalog message) {
    catalog = Optional.of(message.catalog());
    early.forEach(this::report);
    early.clear();
    trace.scanned();
    return next();
  }

  private Behavior<Command> next() {
    return listening ? this : Behaviors.stopped();
  }

  private Behavior<Command> onTrace(Trace message) {
    trace.reported(message.report());
    if (message.report() instanceof TraceReport.Started started) {
      listener.news().accept("the " + started.program() + " program is starting");
      Optional.ofNullable(started.note()).ifPresent(listener.news());
    } else if (message.report() instanceof TraceReport.CanaryBack && !tracing) {
      tracing = true;
      listener.news().accept("accesses under " + root + " are traced");
    } else if (message.report() instanceof TraceReport.CanaryBlocked blocked) {
      listener.news().accept(blocked.reason());
    } else if (message.report() instanceof TraceReport.Failed failed) {
      tracing = false;
      listener.news().accept(failed.reason() + "; restarting after a back-off");
    }
    return this;
  }

  private void report(Access access) {
    Optional<List<String>> below = RootPath.below(root, access.path());
    if (listening && below.isPresent() && below.get().size() > 1) {
      List<ImageFile> images = catalog.orElse(Catalog.empty()).resolve(below.get()).used();
      Optional<ImageFile> innermost =
          images.isEmpty() ? Optional.empty() : Optional.of(images.get(images.size() - 1));
      listening = listener.sights().test(new Sight(access, below.get(), innermost));
    }
  }
}
