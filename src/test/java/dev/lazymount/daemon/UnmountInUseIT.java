package dev.lazymount.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.kernel.Await;
import dev.lazymount.kernel.ChildProcess;
import dev.lazymount.kernel.DaemonProcess;
import dev.lazymount.kernel.Kernel;
import dev.lazymount.kernel.Namespace;
import dev.lazymount.kernel.Site;
import dev.lazymount.linux.MountInfo;
import dev.lazymount.linux.ProcessMounts;
import dev.lazymount.status.StatusReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code lazymount unmount} of an image that a process in another mount namespace uses. */
class UnmountInUseIT {
  private Site site;

  @BeforeEach
  void open() throws IOException {
    site = Site.createShared();
    site.compiler("gcc");
  }

  @AfterEach
  void nothingLeaks() {
    site.close();
  }

  private Optional<DaemonProcess> mount(boolean daemon) throws IOException {
    if (!daemon) {
      site.commandLine("mount", "gcc").orFail();
      return Optional.empty();
    }
    DaemonProcess process = site.start();
    process.mount("gcc");
    return Optional.of(process);
  }

  /** A process that has a file of the image open. */
  private Process reader(Namespace namespace) throws IOException {
    Path output = site.scratch().resolve("reader.log");
    String file = site.root("gcc/version").toString();
    Process reader =
        namespace.start(output, "sh", "-c", "exec 9<" + file + "; echo open; exec sleep 600");
    Await.until("the file is open", () -> Files.readString(output).contains("open"));
    return reader;
  }

  private String device() {
    return Kernel.mountsBelow(site.root("gcc")).stream()
        .map(mount -> MountInfo.deviceName(mount.device()))
        .findFirst()
        .orElseThrow();
  }

  private static void end(Process reader) throws InterruptedException {
    reader.destroyForcibly().waitFor();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void sandboxThatUsesTheImageKeepsItAndIsNamed(boolean daemon) throws Exception {
    try (Namespace sandbox = Namespace.make(site, Namespace.Propagation.SLAVE)) {
      mount(daemon);
      Process reader = reader(sandbox);
      try {
        ChildProcess.Result refused = site.commandLine("unmount", "gcc");
        assertEquals(1, refused.status(), refused.out());
        String user = "gcc: it is in use: used by sleep[" + reader.pid() + "]";
        assertTrue(refused.out().contains(user), refused.out());
        assertEquals(1, site.mountsOn("gcc"));
      } finally {
        end(reader);
      }
    }
  }

  @Test
  void chrootedProcessWhoseDirectoryIsInTheImageIsNamed() throws Exception {
    try (Namespace sandbox = Namespace.make(site, Namespace.Propagation.SLAVE)) {
      mount(false);
      String jail = Files.createDirectory(site.scratch().resolve("jail")).toString();
      Path output = site.scratch().resolve("chroot.log");
      String enter =
          "mount --rbind / %s && exec chroot %s sh -c 'cd %s; exec sleep 600'"
              .formatted(jail, jail, site.root("gcc"));
      Process inside = sandbox.start(output, "sh", "-c", enter);
      try {
        Await.until(
            "it sleeps", () -> ProcessMounts.name(inside.pid()).equals(Optional.of("sleep")));
        ChildProcess.Result refused = site.commandLine("unmount", "gcc");
        String user = "gcc: it is in use: used by sleep[" + inside.pid() + "]";
        assertTrue(refused.out().contains(user), refused.out());
      } finally {
        end(inside);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void privateNamespaceKeepsTheImageWhichLingersAtOnce(boolean daemon) throws Exception {
    Optional<DaemonProcess> process = mount(daemon);
    String device = device();
    try (Namespace apart = Namespace.make(site, Namespace.Propagation.PRIVATE)) {
      Process reader = reader(apart);
      try {
        ChildProcess.Result said = site.commandLine("unmount", "gcc");
        assertEquals(0, said.status(), said.out());
        String still = "unmounted, but " + device + " is still in use: used by sleep[";
        assertTrue(said.out().contains("gcc: " + still + reader.pid() + "]"), said.out());
        if (process.isPresent()) {
          assertEquals(
              List.of(device),
              process.get().status().lingering().stream()
                  .map(StatusReport.Lingering::device)
                  .toList());
          String reason = process.get().line("gcc").orElseThrow().reason();
          assertEquals(
              "requested by root (lazymount unmount); "
                  + device
                  + " is still in use in another mount namespace",
              reason);
        }
      } finally {
        end(reader);
      }
    }
    if (process.isPresent()) {
      process.get().await("it lingers no more", () -> process.get().status().lingering().isEmpty());
    }
  }
}
