package dev.lazymount.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.status.StatusReport;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/**
 * Clients that hang, hurry, babble or vanish; those that ask properly are answered all the same.
 */
final class ControlCrowdTest extends ControlServerFixture {
  @Test
  void aClientThatIsGoneBeforeItsAnswerHurtsNobody() throws IOException {
    start();
    for (int i = 0; i < 3 * CLIENTS; i++) {
      SocketChannel client = connect();
      send(client, QUESTION);
      client.close();
    }
    assertEquals(REPORT, ControlClient.status(runDir));
  }

  @Test
  void silentClientsAreClosedAndOthersAnswered() throws IOException {
    start();
    List<SocketChannel> silent = new ArrayList<>();
    for (int i = 0; i < 2 * CLIENTS; i++) {
      silent.add(connect());
    }
    assertEquals(REPORT, ControlClient.status(runDir));
    for (SocketChannel client : silent.subList(0, CLIENTS)) {
      assertThrows(IOException.class, () -> answer(client), "it was closed without an answer");
    }
  }

  @Test
  void clientsThatDoNotReadTheirAnswerAreClosedAndOthersAnswered() throws IOException {
    StatusReport huge = report("x".repeat(4_000_000));
    start(() -> huge, ENDLESS);
    List<SocketChannel> deaf = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      SocketChannel client = connect();
      send(client, QUESTION);
      deaf.add(client);
    }
    assertEquals(huge, ControlClient.status(runDir));
    // More than is kept for them all, so that some were closed for it; others are still let read.
    int cutOff = 0;
    for (SocketChannel client : deaf) {
      if (readAll(client).length < 4_000_000) {
        cutOff++;
      }
    }
    assertTrue(cutOff >= 10 - ControlServer.UNREAD / 4_000_000, cutOff + " cut off");
    assertTrue(cutOff < 10, "an honest one is not sacrificed to the last deaf ones");
  }

  @Test
  void aThousandIdleConnectionsKeepNobodyWaiting() throws IOException {
    start(() -> REPORT, ENDLESS);
    List<SocketChannel> idle = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      idle.add(connect());
    }
    assertEquals(REPORT, ControlClient.status(runDir));
    assertThrows(IOException.class, () -> answer(idle.get(0)), "the oldest went first");
    SocketChannel newest = idle.get(999);
    send(newest, QUESTION);
    assertEquals(REPORT, answer(newest).status(), "the newest was kept");
  }

  @Test
  void commandsThatHangDoNotKeepTheStatusWaiting() throws IOException {
    start(() -> REPORT, ENDLESS);
    for (int i = 0; i < 3 * CLIENTS; i++) {
      send(connect(), "{\"command\":\"hang\"}\n");
    }
    assertEquals(REPORT, ControlClient.status(runDir));
  }

  @Test
  void tenThousandMalformedRequestsHurtNobody() throws IOException {
    start();
    Random random = new Random(5);
    for (int i = 0; i < 10_000; i++) {
      byte[] garbage = new byte[random.nextInt(300)];
      random.nextBytes(garbage);
      try (SocketChannel client =
          SocketChannel.open(UnixDomainSocketAddress.of(ControlServer.socket(runDir)))) {
        Channels.newOutputStream(client).write(garbage);
        if (i % 3 == 0) {
          client.shutdownOutput();
          assertTrue(answer(client).error().length() > 10);
        }
      }
    }
    assertEquals(REPORT, ControlClient.status(runDir));
  }

  @Test
  void aHastyCrowdIsAnsweredToTheLast() throws Exception {
    start();
    ExecutorService crowd = Executors.newFixedThreadPool(2 * CLIENTS);
    open.add(crowd::shutdownNow);
    List<Future<StatusReport>> answers = new ArrayList<>();
    for (int i = 0; i < 2000; i++) {
      answers.add(crowd.submit(() -> ControlClient.status(runDir)));
    }
    for (Future<StatusReport> answer : answers) {
      assertEquals(REPORT, answer.get());
    }
  }

  @Test
  void aStatusThatCrashesIsNoAnswerAndTheNextIsFine() throws IOException {
    List<RuntimeException> faults = new ArrayList<>(Collections.nCopies(3 * CLIENTS, null));
    faults.replaceAll(none -> new IllegalStateException("a fault"));
    start(
        () -> {
          synchronized (faults) {
            if (!faults.isEmpty()) {
              throw faults.remove(0);
            }
          }
          return REPORT;
        });
    for (int i = 0; i < 3 * CLIENTS; i++) {
      assertThrows(IOException.class, () -> ControlClient.status(runDir));
    }
    assertEquals(REPORT, ControlClient.status(runDir));
  }

  @Test
  void commandsWithoutProgressAreGivenUpAndOthersAnswered() throws IOException {
    start();
    List<SocketChannel> hanging = new ArrayList<>();
    for (int i = 0; i < 2 * CLIENTS; i++) {
      SocketChannel client = connect();
      send(client, "{\"command\":\"hang\"}\n");
      hanging.add(client);
    }
    assertEquals(REPORT, ControlClient.status(runDir));
    for (SocketChannel client : hanging) {
      assertTrue(answer(client).more(), "the one step, and nothing after it");
    }
  }
}
