package dev.lazymount.trace;

import akka.Done;
import akka.actor.typed.ActorRef;
import akka.actor.typed.javadsl.ActorContext;
import akka.stream.ActorAttributes;
import akka.stream.Attributes;
import akka.stream.IOResult;
import akka.stream.Materializer;
import akka.stream.javadsl.Sink;
import akka.stream.javadsl.Source;
import akka.stream.javadsl.StreamConverters;
import akka.stream.typed.javadsl.ActorSink;
import akka.util.ByteString;
import dev.lazymount.status.Access;
import dev.lazymount.status.ImageUse;
import java.io.InputStream;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The two streams of one bpftrace process: standard output to accesses, and standard error to
 * lines. They end with the process and not with the actor: an actor ends after its children, and a
 * stream that waits in a read would not end before the process is killed.
 *
 * <p>The bytes flow through parser and {@link Deduplicator} to the receiver, one batch per read.
 * Until the receiver confirms it nothing more is read, the pipe fills, and bpftrace counts the
 * events that it loses.
 */
final class TraceStream {
  /**
   * Receives everything but accesses, on the threads of the streams.
   *
   * @param tick the program has printed a tick: it is attached
   * @param canary a canary with this token returned
   * @param error a line of standard error
   */
  record Listener(Runnable tick, Consumer<String> canary, Consumer<String> error) {}

  /** What one read has for the receiver. */
  private record News(List<Access> accesses, List<ImageUse> uses) {}

  private static final Logger LOG = LoggerFactory.getLogger(TraceSource.class);

  /** The size of a pipe. */
  private static final int CHUNK = 64 * 1024;

  private final TraceEnv env;
  private final Materializer materializer;
  private final ActorRef<TraceSource.Ack> ignored;
  private final Set<TraceBatch.Unparsed> logged;
  private final Listener listener;

  /**
   * Streams of one actor.
   *
   * @param context the actor's
   * @param env settings and counters
   * @param logged the kinds of unparsed lines that were logged before; thread-safe
   * @param listener receives everything but accesses
   */
  TraceStream(
      ActorContext<?> context, TraceEnv env, Set<TraceBatch.Unparsed> logged, Listener listener) {
    this.env = env;
    this.materializer = Materializer.matFromSystem(context.getSystem());
    this.ignored = context.getSystem().ignoreRef();
    this.logged = logged;
    this.listener = listener;
  }

  /** Runs the stream of accesses to their receiver. */
  <T> void accesses(
      InputStream output, String mark, ActorRef<T> receiver, TraceSource.Message<T> message) {
    TraceParser parser = new TraceParser(mark, env.canaryPrefix());
    Deduplicator deduplicator = new Deduplicator(env.settings().maxKeys(), env.settings().window());
    read(output)
        .map(
            bytes -> {
              long now = System.nanoTime();
              TraceBatch batch = parser.feed(bytes.toArrayUnsafe(), now);
              account(batch);
              return new News(deduplicator.fresh(batch, now), batch.uses());
            })
        .filter(news -> !news.accesses().isEmpty() || !news.uses().isEmpty())
        .runWith(
            ActorSink.<News, T, TraceSource.Ack>actorRefWithBackpressure(
                    receiver,
                    (answerTo, news) -> message.of(news.accesses(), news.uses(), answerTo),
                    answerTo -> message.of(List.of(), List.of(), answerTo),
                    TraceSource.Ack.ACK,
                    message.of(List.of(), List.of(), ignored),
                    thrown -> message.of(List.of(), List.of(), ignored))
                .withAttributes(Attributes.inputBuffer(1, 1)),
            materializer);
  }

  /** Runs the stream of standard error; completes with its end. */
  CompletionStage<Done> errors(InputStream errors) {
    LineSplitter splitter = new LineSplitter();
    return read(errors)
        .mapConcat(bytes -> splitter.feed(bytes.toArrayUnsafe()))
        .runWith(Sink.foreach(listener.error()::accept), materializer);
  }

  private Source<ByteString, CompletionStage<IOResult>> read(InputStream from) {
    // One chunk in flight: the smallest buffer is best for both latency and memory.
    return StreamConverters.fromInputStream(() -> from, CHUNK)
        .withAttributes(
            ActorAttributes.dispatcher(env.dispatcher()).and(Attributes.inputBuffer(1, 1)));
  }

  private void account(TraceBatch batch) {
    env.counters().seen.add(batch.accesses().size());
    env.counters().lost.add(batch.lost());
    env.counters().unparsed.add(batch.unparsed());
    batch.samples().stream().filter(sample -> logged.add(sample.kind())).forEach(TraceStream::log);
    batch.canaries().forEach(listener.canary());
    if (batch.newWindow()) {
      listener.tick().run();
    }
  }

  private static void log(TraceBatch.Sample sample) {
    LOG.warn(
        "trace: ignored {} from bpftrace: \"{}\"; further ones of this kind are only counted",
        sample.kind(),
        sample.line());
  }
}
