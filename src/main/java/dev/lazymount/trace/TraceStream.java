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
import java.io.InputStream;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.function.Consumer;

/**
 * The two streams of one bpftrace process: bytes to accesses, and bytes to lines of complaint. They
 * end with the process, whose output ends then, and not with the actor: an actor ends after its
 * children, and a stream that waits in a read would never end before the process is killed.
 *
 * <p>The bytes flow through parser and {@link Deduplicator} to the receiver, a batch for each read;
 * while it does not answer nothing more is read, the pipe fills, and bpftrace counts what it loses.
 */
final class TraceStream {
  /**
   * Is told what is no access; called on the threads of the streams.
   *
   * @param tick a window has ended in which something was told, or a few in which nothing was
   * @param canary a canary with this token came back
   * @param complaint a line of standard error
   */
  record Listener(Runnable tick, Consumer<String> canary, Consumer<String> complaint) {}

  /** A pipe holds as much. */
  private static final int CHUNK = 64 * 1024;

  private final TraceEnv env;
  private final Materializer materializer;
  private final ActorRef<TraceSource.Ack> nobody;
  private final Listener listener;

  /**
   * Streams of one actor.
   *
   * @param context the actor's
   * @param env settings and counters
   * @param listener is told what is no access
   */
  TraceStream(ActorContext<?> context, TraceEnv env, Listener listener) {
    this.env = env;
    this.materializer = Materializer.matFromSystem(context.getSystem());
    this.nobody = context.getSystem().ignoreRef();
    this.listener = listener;
  }

  /** Runs the stream of accesses to their receiver. */
  <T> void accesses(
      InputStream output,
      String mark,
      ActorRef<T> receiver,
      BiFunction<List<Access>, ActorRef<TraceSource.Ack>, T> message) {
    TraceParser parser = new TraceParser(mark, env.canaryPrefix());
    Deduplicator deduplicator = new Deduplicator(env.settings().maxKeys(), env.settings().window());
    read(output)
        .map(
            bytes -> {
              long now = System.nanoTime();
              TraceBatch batch = parser.feed(bytes.toArrayUnsafe(), now);
              account(batch);
              return deduplicator.fresh(batch, now);
            })
        .filter(accesses -> !accesses.isEmpty())
        .runWith(
            ActorSink.<List<Access>, T, TraceSource.Ack>actorRefWithBackpressure(
                    receiver,
                    (answerTo, accesses) -> message.apply(accesses, answerTo),
                    answerTo -> message.apply(List.of(), answerTo),
                    TraceSource.Ack.ACK,
                    message.apply(List.of(), nobody),
                    thrown -> message.apply(List.of(), nobody))
                .withAttributes(Attributes.inputBuffer(1, 1)),
            materializer);
  }

  /** Runs the stream of complaints; completes when there are no more. */
  CompletionStage<Done> complaints(InputStream errors) {
    LineSplitter splitter = new LineSplitter();
    return read(errors)
        .mapConcat(bytes -> splitter.feed(bytes.toArrayUnsafe()))
        .runWith(Sink.foreach(listener.complaint()::accept), materializer);
  }

  private Source<ByteString, CompletionStage<IOResult>> read(InputStream from) {
    // One chunk in flight: latency and memory both want the smallest buffer.
    return StreamConverters.fromInputStream(() -> from, CHUNK)
        .withAttributes(
            ActorAttributes.dispatcher(env.dispatcher()).and(Attributes.inputBuffer(1, 1)));
  }

  private void account(TraceBatch batch) {
    env.counters().seen.add(batch.accesses().size());
    env.counters().lost.add(batch.lost());
    env.counters().unparsed.add(batch.unparsed());
    batch.canaries().forEach(listener.canary());
    if (batch.newWindow()) {
      listener.tick().run();
    }
  }
}
