package dev.lazymount.control;

import com.google.gson.JsonParseException;
import com.google.gson.JsonPrimitive;
import dev.lazymount.control.ControlProtocol.Request;
import dev.lazymount.control.ControlProtocol.Response;
import dev.lazymount.status.StatusReport;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Understands a question and has it answered. Status has a thread of its own, because it comes from
 * memory and must come at once; commands may take their time, on eight others. Thread-safe.
 */
final class ControlWork implements AutoCloseable {
  private static final int COMMANDS = 8;
  private static final String STATUS = "status";

  private static final Logger LOG = LoggerFactory.getLogger(ControlWork.class);

  private final Supplier<StatusReport> status;
  private final Map<String, ControlCommand> commands;
  private final ThreadPoolExecutor quick = pool(1);
  private final ThreadPoolExecutor slow = pool(COMMANDS);

  ControlWork(Supplier<StatusReport> status, Map<String, ControlCommand> commands) {
    this.status = status;
    this.commands = Map.copyOf(commands);
  }

  /**
   * Has a question answered, on another thread.
   *
   * @return false if nothing is answered any more
   */
  boolean ask(ControlConnection client, String line) {
    // Threads are few, and the queue has no more entries than the server has clients.
    try {
      quick.execute(() -> guarded(client, () -> understand(client, line)));
      return true;
    } catch (RejectedExecutionException closed) {
      return false;
    }
  }

  @Override
  public void close() {
    quick.shutdownNow();
    slow.shutdownNow();
  }

  private void understand(ControlConnection client, String line) {
    Request request;
    try {
      request = ControlProtocol.Json.GSON.fromJson(line, Request.class);
    } catch (JsonParseException | StackOverflowError e) {
      client.answer(Response.error("not a request: one line of JSON is expected"));
      return;
    }
    String name = request == null || request.command() == null ? "" : request.command();
    ControlCommand command = commands.get(name);
    if (name.equals(STATUS)) {
      client.answer(status(StatusRendering.of(request.givenArguments())));
    } else if (command == null) {
      client.answer(unknown());
    } else {
      slow.execute(() -> guarded(client, () -> run(command, request, client)));
    }
  }

  private Response status(Optional<StatusRendering> rendering) {
    StatusReport report = status.get();
    return rendering
        .map(how -> Response.result(new JsonPrimitive(how.of(report)), false))
        .orElseGet(() -> Response.status(report));
  }

  private Response unknown() {
    TreeSet<String> known = new TreeSet<>(commands.keySet());
    known.add(STATUS);
    return Response.error("unknown command; there is: " + String.join(", ", known));
  }

  private static void run(ControlCommand command, Request request, ControlConnection client)
      throws IOException, InterruptedException {
    if (!client.workedForBy(Thread.currentThread())) {
      return;
    }
    try {
      Object answer =
          command.answer(
              request.givenArguments(),
              step ->
                  tell(client, Response.result(ControlProtocol.Json.GSON.toJsonTree(step), true)));
      client.answer(Response.result(ControlProtocol.Json.GSON.toJsonTree(answer), false));
    } catch (ControlRefusal e) {
      client.answer(Response.error(e.getMessage()));
    } finally {
      client.release();
    }
  }

  private static void tell(ControlConnection client, Response step) throws IOException {
    try {
      client.step(step);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("the client was given up", e);
    }
  }

  private interface Work {
    void run() throws IOException, InterruptedException;
  }

  /** A fault of ours, or a client that is gone, must not cost a thread. */
  private static void guarded(ControlConnection client, Work work) {
    try {
      work.run();
    } catch (IOException e) {
      LOG.debug("control: {}", e.getMessage());
      client.close();
    } catch (InterruptedException e) {
      LOG.debug("control: a command took too long without a step");
      client.close();
    } catch (RejectedExecutionException closed) {
      client.close();
    } catch (RuntimeException e) {
      LOG.error("control: a fault of ours, please report it; the question stays unanswered", e);
      client.close();
    }
  }

  private static ThreadPoolExecutor pool(int threads) {
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            threads,
            threads,
            10,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            run -> {
              Thread thread = new Thread(run, "control-worker");
              thread.setDaemon(true);
              return thread;
            });
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }
}
