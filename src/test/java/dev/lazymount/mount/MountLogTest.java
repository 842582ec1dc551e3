package dev.lazymount.mount;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import akka.actor.typed.ActorRef;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.lazymount.linux.Errno;
import dev.lazymount.status.Access;
import dev.lazymount.status.MountState;
import dev.lazymount.status.MountWarning;
import dev.lazymount.support.ScriptedMounter;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** The log lines of an image: one per event, with the text of its status row. */
class MountLogTest extends MountFixture {
  private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
  private final Logger log = (Logger) LoggerFactory.getLogger("mounts of a test");

  @BeforeEach
  void listen() {
    log.setAdditive(false);
    lines.start();
    log.addAppender(lines);
  }

  @AfterEach
  void silence() {
    log.detachAppender(lines);
  }

  private ActorRef<MountActor.Command> logged(String name) {
    MountEnv logging =
        new MountEnv(
            env.mounter(),
            env.executor(),
            env.status(),
            log,
            env.root(),
            env.images(),
            env.timeout(),
            env.retry(),
            env.retryMax(),
            env.idle(),
            env.circuit(),
            env.nanoTime());
    return actor(logging, name);
  }

  private List<String> logged() {
    return lines.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
  }

  @Test
  void mountLogsOneLineWithDurationAndProcess() {
    ActorRef<MountActor.Command> gcc = logged("gcc");
    Access access = new Access("/root/gcc/x", 4711, "e\nvil", "openat", env.nanoTime().getAsLong());
    mounter.then(
        "gcc",
        () -> {
          pass(Duration.ofMillis(25));
          return new Mounter.Mounted("/dev/loop3", false, null);
        });
    for (int i = 0; i < 10; i++) {
      gcc.tell(new MountActor.Accessed(access, List.of()));
    }
    mounting.runAll();
    gcc.tell(new MountActor.Accessed(access, List.of()));
    assertEquals(
        List.of(
            "gcc: mounted from /dev/loop3 in 25.0 ms,"
                + " 25.0 ms after the access by e?vil[4711] (openat)"),
        logged());
    assertEquals("e?vil[4711] (openat)", line("gcc").trigger());
  }

  @Test
  void newerDirectoryLogsOneWarning() {
    ActorRef<MountActor.Command> gcc = logged("gcc");
    Mounter.Mounted older =
        new Mounter.Mounted("/dev/loop3", false, null)
            .warn(MountWarning.NEWER_DIRECTORY, "the directory is newer than its image");
    mounter.look(
        "gcc",
        new Mounter.Mounted("/dev/loop3", true, null)
            .warn(MountWarning.NEWER_DIRECTORY, "the directory is newer than its image"));
    mounter.then("gcc", () -> older);
    for (int i = 0; i < 3; i++) {
      accessAndMount(gcc);
      pass(STALE);
    }
    assertEquals(2, logged().size(), logged().toString());
    assertEquals("gcc: the directory is newer than its image", logged().get(1));
    assertEquals(MountState.MOUNTED, line("gcc").state());
    assertEquals("the directory is newer than its image", line("gcc").reason());
    assertEquals(MountWarning.NEWER_DIRECTORY, line("gcc").warning());
  }

  @Test
  void failureLogsOneLinePerBackOff() {
    ActorRef<MountActor.Command> gcc = logged("gcc");
    for (int i = 0; i < 2; i++) {
      mounter.then("gcc", ScriptedMounter.failing(Failures.errno("statx", Errno.EIO)));
    }
    for (int i = 0; i < 100; i++) {
      accessAndMount(gcc);
    }
    assertEquals(List.of("gcc: not mounted: " + line("gcc").reason()), logged());
    pass(RETRY.multipliedBy(2));
    for (int i = 0; i < 100; i++) {
      accessAndMount(gcc);
    }
    assertEquals(2, logged().size(), logged().toString());
  }

  @Test
  void badImageLogsOneLine() {
    ActorRef<MountActor.Command> gcc = logged("gcc");
    Mounter.Generation content = new Mounter.Generation(1, 2, 3, 4);
    mounter.generation("gcc", content);
    mounter.then("gcc", ScriptedMounter.failing(Failures.badImage(content)));
    for (int i = 0; i < 20; i++) {
      accessAndMount(gcc);
      pass(STALE);
    }
    assertEquals(List.of("gcc: quarantined: " + line("gcc").reason()), logged());
    assertEquals(1, status.counters().quarantines.sum());
    assertEquals(1, status.counters().failures.sum());
  }

  @Test
  void mountForTheWarmListLogsOneLine() {
    ActorRef<MountActor.Command> gcc = logged("gcc");
    gcc.tell(new MountActor.Accessed(Access.ahead(0), List.of()));
    mounting.runAll();
    assertEquals(1, logged().size());
    assertTrue(logged().get(0).endsWith(" ms, for the warm list"), logged().toString());
  }
}
