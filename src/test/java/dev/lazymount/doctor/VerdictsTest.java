package dev.lazymount.doctor;

import static dev.lazymount.support.TestSettings.settings;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.config.Problem;
import dev.lazymount.config.Settings;
import dev.lazymount.doctor.DirectoryChecks.Attributes;
import dev.lazymount.doctor.Finding.Level;
import dev.lazymount.linux.Propagation;
import dev.lazymount.status.ProgramName;
import dev.lazymount.trace.TraceTrial;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What each check concludes from captured inputs. */
final class VerdictsTest {
  private static void assertFinding(Level level, String finding, String fix, Finding actual) {
    assertEquals(level, actual.level(), actual.toString());
    assertTrue(actual.finding().contains(finding), actual.toString());
    assertTrue(actual.fix().contains(fix), actual.toString());
    assertEquals(level == Level.OK, actual.fix().isEmpty(), actual.toString());
  }

  @Nested
  final class Machine {
    @Test
    void onlyRootMayTraceAndMount() {
      assertFinding(Level.OK, "root", "", MachineChecks.user(true));
      assertFinding(Level.FAIL, "not running as root", "as root", MachineChecks.user(false));
    }

    @Test
    void javaMustBe17() {
      assertFinding(Level.OK, "Java 17", "", MachineChecks.java(17));
      assertFinding(Level.FAIL, "Java 11", "Java 17 or newer", MachineChecks.java(11));
    }

    @ParameterizedTest
    @CsvSource({
      "6.8.0-45-generic, OK",
      "6.5.0, OK",
      "6.1.0-28-amd64, WARN",
      "5.8.0, WARN",
      "5.4.0-196-generic, FAIL"
    })
    void kernelsAreJudgedByTheirRelease(String release, Level level) {
      Finding finding = MachineChecks.kernel(release);
      assertFinding(level, "Linux " + release, level == Level.OK ? "" : "boot Linux", finding);
    }

    @Test
    void lockdownMustNotBeConfidentiality() {
      assertFinding(Level.OK, "none", "", MachineChecks.lockdown(Optional.empty()));
      assertFinding(
          Level.OK,
          "[integrity]",
          "",
          MachineChecks.lockdown(Optional.of("none [integrity] confidentiality")));
      assertFinding(
          Level.FAIL,
          "nothing can be traced",
          "lockdown=integrity",
          MachineChecks.lockdown(Optional.of("none integrity [confidentiality]")));
    }

    @ParameterizedTest
    @CsvSource({"HOOKED, FAIL", "RESOLVED, FAIL", "AUTO, WARN", "PATH, OK"})
    void missingBtfMattersToTheResolvedProgram(Settings.Program program, Level level) {
      String fix = level == Level.OK ? "" : "CONFIG_DEBUG_INFO_BTF";
      assertFinding(level, "missing", fix, MachineChecks.btf(program, false));
      assertFinding(Level.OK, "readable", "", MachineChecks.btf(program, true));
    }
  }

  /** Programs at kernel functions. */
  @Nested
  final class Hooks {
    private static final Optional<String> NONE = Optional.empty();
    private static final Optional<String> EPERM =
        Optional.of("this kernel refuses fentry programs (EPERM)");
    private static final Optional<String> NO_KPROBES = Optional.of("this kernel has no kprobes");
    private static final Optional<String> FTRACE =
        Optional.of("kernel.ftrace_enabled is 0, so programs at functions do not run");

    private static Finding auto(Optional<String> noFentry, Optional<String> noKprobe) {
      return MachineChecks.hooks(Settings.Program.AUTO, noFentry, noKprobe);
    }

    @Test
    void eitherProbeIsEnough() {
      assertFinding(Level.OK, "permits fentry", "", auto(NONE, NONE));
      assertFinding(Level.OK, "permits fentry", "", auto(NONE, NO_KPROBES));
      assertFinding(Level.OK, "uses a kprobe: this kernel refuses", "", auto(EPERM, NONE));
    }

    @Test
    void kernelWithoutThemIsNoProblemOfAuto() {
      assertFinding(Level.OK, "(EPERM), this kernel has no", "", auto(EPERM, NO_KPROBES));
    }

    @Test
    void disabledFtraceIsAWarning() {
      Finding finding = auto(FTRACE, FTRACE);
      assertFinding(Level.WARN, "ftrace_enabled is 0", "sysctl kernel.ftrace_enabled=1", finding);
    }

    @Test
    void hookedNeedsThem() {
      assertFinding(
          Level.FAIL,
          "no kprobes",
          "trace.program = auto",
          MachineChecks.hooks(Settings.Program.HOOKED, EPERM, NO_KPROBES));
    }
  }

  @Nested
  final class Trace {
    private static final Path BPFTRACE = Path.of("/usr/bin/bpftrace");

    @Test
    void tracefsNeedsSystemCallTracepoints() {
      assertFinding(Level.OK, "tracepoints", "", TraceChecks.tracefs(true, true));
      assertFinding(
          Level.FAIL, "no system call", "FTRACE_SYSCALLS", TraceChecks.tracefs(true, false));
      assertFinding(Level.FAIL, "not mounted", "mount -t", TraceChecks.tracefs(false, false));
    }

    @ParameterizedTest
    @CsvSource({
      "bpftrace v0.17.0, OK, version v0.17.0",
      "bpftrace v0.20.2, OK, version v0.20.2",
      "bpftrace v0.23.2-dirty, OK, version v0.23.2-dirty",
      "bpftrace v0.14.0, FAIL, not supported",
      "error while loading shared libraries, WARN, does not print its version"
    })
    void bpftraceIsJudgedByItsVersion(String output, Level level, String finding) {
      assertFinding(level, finding, "", TraceChecks.bpftrace(BPFTRACE, Optional.of(output)));
    }

    @Test
    void bpftraceThatFailsIsAWarning() {
      assertFinding(
          Level.WARN,
          "does not print its version",
          "--version",
          TraceChecks.bpftrace(BPFTRACE, Optional.empty()));
    }

    @Test
    void missingToolsAreNamed() {
      assertFinding(
          Level.FAIL,
          "no executable file /opt/bpftrace",
          "install bpftrace",
          TraceChecks.bpftraceMissing("/opt/bpftrace"));
      assertFinding(Level.WARN, "not found", "util-linux", TraceChecks.setpriv(false));
      assertFinding(Level.OK, "found", "", TraceChecks.setpriv(true));
    }

    @Test
    void tracedAccessNamesTheProgram() {
      assertFinding(
          Level.OK,
          "by the resolved program, 310.0 ms",
          "",
          TraceChecks.traced(new TraceTrial.Result.Seen(ProgramName.RESOLVED, 310)));
      assertFinding(
          Level.WARN,
          "no BTF",
          "trace.program = path",
          TraceChecks.traced(
              new TraceTrial.Result.SeenByFallback(ProgramName.PATH, 310, "no BTF")));
      assertFinding(
          Level.OK,
          "resolved and not hooked: no kprobes",
          "",
          TraceChecks.traced(
              new TraceTrial.Result.SeenByFallback(
                  ProgramName.RESOLVED, 310, "resolved and not hooked: no kprobes")));
      assertFinding(
          Level.FAIL,
          "bpftrace ended",
          "lazymount trace",
          TraceChecks.traced(new TraceTrial.Result.NotSeen("bpftrace ended")));
    }
  }

  @Nested
  final class Mount {
    @Test
    void loopDevicesAndSquashfsAreNeeded() {
      assertFinding(Level.OK, "exists", "", MountChecks.loopDevices(true));
      assertFinding(Level.FAIL, "no /dev/loop", "modprobe loop", MountChecks.loopDevices(false));
      assertFinding(
          Level.OK, "squashfs and erofs", "", MountChecks.squashfs(Set.of("erofs", "squashfs")));
      assertFinding(
          Level.FAIL, "squashfs", "modprobe squashfs", MountChecks.squashfs(Set.of("erofs")));
    }

    @Test
    void failedMountSuspectsTheOptionsFirst() {
      assertFinding(
          Level.FAIL,
          "EINVAL",
          "mount.options=[]",
          MountChecks.mountFailed("EINVAL", List.of("x")));
      assertFinding(Level.FAIL, "EPERM", "container", MountChecks.mountFailed("EPERM", List.of()));
    }

    @Test
    void namespaceMustBeThatOfProcess1() {
      assertFinding(Level.OK, "process 1", "", MountChecks.namespace("mnt:[1]", "mnt:[1]"));
      assertFinding(
          Level.WARN, "invisible", "PrivateMounts=", MountChecks.namespace("mnt:[2]", "mnt:[1]"));
    }

    @Test
    void unreadableNamespaceDoesNotAdviseRootToBeRoot() {
      assertFinding(Level.WARN, "EACCES", "as root", MountChecks.namespaceUnknown("EACCES", false));
      Finding root = MountChecks.namespaceUnknown("EACCES", true);
      assertFinding(Level.WARN, "EACCES", "CAP_SYS_PTRACE", root);
      assertFalse(root.fix().contains("as root"), root.fix());
    }

    @Test
    void propagationMustBeShared() {
      Path root = Path.of("/opt/ce");
      assertFinding(
          Level.OK,
          "mount / is shared",
          "",
          MountChecks.propagation(root, Optional.of(new Propagation("/", true, false))));
      assertFinding(
          Level.WARN,
          "mount / is private",
          "mount --make-shared /",
          MountChecks.propagation(root, Optional.of(new Propagation("/", false, false))));
      assertFinding(
          Level.WARN,
          "is a slave and not shared",
          "mount --make-shared /opt",
          MountChecks.propagation(root, Optional.of(new Propagation("/opt", false, true))));
      assertFinding(
          Level.WARN,
          "not in the mount table",
          "findmnt",
          MountChecks.propagation(root, Optional.empty()));
    }
  }

  @Nested
  final class Directories {
    private static final Path RUN = Path.of("/run/lazymount");

    private Finding own(boolean directory, int uid, String mode, String type) {
      return DirectoryChecks.own(
          "run-dir",
          RUN,
          new Attributes(
              directory,
              uid == 0 ? "root" : "ci",
              uid,
              PosixFilePermissions.fromString(mode),
              type));
    }

    @Test
    void ownDirectoryMustBelongToRootAlone() {
      assertFinding(Level.OK, "rwx------ root", "", own(true, 0, "rwx------", "tmpfs"));
      assertFinding(Level.FAIL, "not a directory", "remove", own(false, 0, "rwx------", "tmpfs"));
      assertFinding(Level.FAIL, "not owned", "chown", own(true, 1000, "rwx------", "tmpfs"));
      assertFinding(Level.FAIL, "writable", "chmod 0700", own(true, 0, "rwxrwx---", "tmpfs"));
      assertFinding(Level.FAIL, "writable", "chmod 0700", own(true, 0, "rwx----w-", "tmpfs"));
    }

    @Test
    void ownDirectoryShouldBeLocal() {
      assertFinding(Level.WARN, "on nfs4", "local disk", own(true, 0, "rwx------", "nfs4"));
    }

    @Test
    void problemsOfADirectoryAreListed() {
      Problem missing =
          new Problem("lazymount.root", "\"/x\"", "", "does not exist", "create or mount it");
      assertFinding(
          Level.FAIL,
          "lazymount.root = \"/x\" does not exist",
          "create or mount it",
          DirectoryChecks.wrong("root", List.of(missing)));
    }

    @Test
    void scanIsJudgedByImagesAndErrors() {
      Settings settings = settings("");
      assertFinding(
          Level.OK,
          "2000 images, scanned in 12.0 ms",
          "",
          DirectoryChecks.scanned(settings, 2000, List.of(), List.of(), 12));
      assertFinding(
          Level.WARN,
          "0 images",
          "end with .img or .sqfs",
          DirectoryChecks.scanned(settings, 0, List.of(), List.of(), 12));
      assertFinding(
          Level.WARN,
          "a.img: EACCES",
          "correct that entry",
          DirectoryChecks.scanned(settings, 7, List.of("a.img: EACCES"), List.of("b"), 12));
      assertFinding(
          Level.WARN,
          "; 4 names lead out of root by symlinks, and can't be served: a, b, c and others",
          "a symlink inside root",
          DirectoryChecks.scanned(settings, 7, List.of(), List.of("a", "b", "c", "d"), 12));
      assertFinding(
          Level.WARN,
          "; 1 name leads out of root by a symlink, and can't be served: a",
          "a symlink inside root",
          DirectoryChecks.scanned(settings, 7, List.of(), List.of("a"), 12));
    }
  }
}
