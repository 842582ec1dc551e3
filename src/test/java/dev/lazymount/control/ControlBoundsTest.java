package dev.lazymount.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.kernel.Await;
import dev.lazymount.status.StatusReport;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that are slow, wrong, many or gone; others are served within the stated bounds. */
final class ControlBoundsTest extends ControlServerFixture {
  private static final String HANG = "{\"command\":\"hang\"}\n";

  @Test
  void clientGoneBeforeItsAnswerIsHarmless() throws IOException {
    start();
    for (int i = 0; i < 100; i++) {
      SocketChannel client = connect();
      send(client, STATUS);
      client.close();
    }
    assertEquals(REPORT, ControlClient.status(runDir));
  }

  @Test
  void silentClientIsClosedAtItsDeadline() throws IOException {
    start();
    SocketChannel silent = connect();
    assertThrows(IOException.class, () -> answer(silent), "closed without an answer");
  }

  /** Bytes that arrive do not extend the deadline of a request. */
  @Test
  void drippingClientIsClosedAtItsDeadline() throws IOException {
    start();
    awaitClosed(connect());
  }

  @Test
  void statusIsAnsweredBesideIdleClients() throws IOException {
    start(() -> REPORT, ENDLESS);
    for (int i = 1; i < ControlServer.THREADS; i++) {
      connect();
    }
    assertEquals(REPORT, ControlClient.status(runDir));
  }

  @Test
  void tooManyClientsAreRefusedAtOnce() throws IOException {
    start(() -> REPORT, ENDLESS);
    int most = ControlServer.THREADS + ControlServer.WAITING;
    for (int i = 0; i < most; i++) {
      connect();
    }
    assertEquals(
        "more than " + most + " clients are connected; try again", answer(connect()).error());
  }

  @Test
  void idleClientsDelayOthersByOneDeadline() throws IOException {
    start();
    for (int i = 0; i < ControlServer.THREADS; i++) {
      connect();
    }
    SocketChannel waiting = connect();
    send(waiting, STATUS);
    assertEquals(REPORT, answer(waiting).status());
  }

  @Test
  void clientThatDoesNotReadIsClosed() throws IOException {
    StatusReport huge = report("x".repeat(4_000_000));
    start(() -> huge);
    SocketChannel deaf = connect();
    send(deaf, STATUS);
    awaitClosed(deaf);
    assertTrue(readAll(deaf).length < 4_000_000, "the answer was cut off");
    assertEquals(List.of(), log(), "no internal error");
  }

  /** Sends byte after byte; a write fails with EPIPE once the server has closed its end. */
  private static void awaitClosed(SocketChannel client) {
    Await.until(
        "it is closed",
        () -> {
          try {
            send(client, " ");
            return false;
          } catch (IOException closed) {
            return true;
          }
        });
  }

  @Test
  void longAnswerArrivesWhole() throws IOException {
    StatusReport huge = report("x".repeat(4_000_000));
    start(() -> huge);
    assertEquals(huge, ControlClient.status(runDir));
  }

  @Test
  void statusIsAnsweredWhileCommandsRun() throws IOException {
    start(() -> REPORT, ENDLESS);
    for (int i = 0; i < ControlServer.COMMANDS; i++) {
      hang();
    }
    assertEquals(REPORT, ControlClient.status(runDir));
    assertEquals(
        ControlServer.COMMANDS + " commands are running; try again when one ends",
        ask(HANG).error());
  }

  @Test
  void commandWithoutStepsIsInterruptedAndFreesItsPlace() throws IOException {
    start();
    List<SocketChannel> hanging = new ArrayList<>();
    for (int i = 0; i < ControlServer.COMMANDS; i++) {
      hanging.add(hang());
    }
    for (SocketChannel client : hanging) {
      assertEquals(0, readAll(client).length, "one step, and then the end");
    }
    assertFalse(ask("{\"command\":\"count\",\"arguments\":[\"0\"]}\n").more());
  }

  /** Runs a command that reports one step and then hangs. */
  private SocketChannel hang() throws IOException {
    SocketChannel client = connect();
    send(client, HANG);
    assertTrue(line(client).more());
    return client;
  }

  @Test
  void malformedRequestsAreHarmless() throws IOException {
    start();
    Random random = new Random(5);
    for (int i = 0; i < 2_000; i++) {
      byte[] garbage = new byte[random.nextInt(300)];
      random.nextBytes(garbage);
      try (SocketChannel client = connect()) {
        send(client, garbage);
        if (i % 3 == 0) {
          client.shutdownOutput();
          readAll(client);
        }
      }
    }
    assertEquals(REPORT, ControlClient.status(runDir));
  }

  @Test
  void manyClientsAreAllAnswered() throws Exception {
    start();
    ExecutorService crowd = Executors.newFixedThreadPool(ControlServer.THREADS);
    open.add(crowd::shutdownNow);
    List<Future<StatusReport>> answers = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      answers.add(crowd.submit(() -> ControlClient.status(runDir)));
    }
    for (Future<StatusReport> answer : answers) {
      assertEquals(REPORT, answer.get());
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void internalErrorEndsOneClientOnly(boolean overflow) throws IOException {
    AtomicBoolean broken = new AtomicBoolean(true);
    start(
        () -> {
          if (broken.get() && overflow) {
            throw new StackOverflowError();
          }
          if (broken.get()) {
            throw new IllegalStateException("a bug");
          }
          return REPORT;
        });
    for (int i = 0; i < 2 * ControlServer.THREADS; i++) {
      assertEquals("internal error; see the log of the daemon", ask(STATUS).error());
    }
    assertEquals("control: internal error handling request status", log().get(0));
    broken.set(false);
    assertEquals(REPORT, ControlClient.status(runDir));
  }

  @Test
  void internalErrorOfACommandFreesItsPlace() throws IOException {
    start();
    for (int i = 0; i < 2 * ControlServer.COMMANDS; i++) {
      assertEquals(
          "internal error; see the log of the daemon", ask("{\"command\":\"crash\"}\n").error());
    }
  }
}
