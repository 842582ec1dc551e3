package dev.lazymount.mount.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lazymount.kernel.ChildProcess;
import dev.lazymount.kernel.Site;
import dev.lazymount.linux.Fd;
import dev.lazymount.mount.MountFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A directory that was changed a short time ago, without an open that a trace could see. */
class QuietRuleIT extends KernelMounterFixture {
  private static final Duration QUIET = Duration.ofMinutes(5);

  /** The time of creation of gcc, which the tests use. */
  private Instant birth;

  private void makeGcc() throws Exception {
    site.original("gcc");
    run("cd $1; touch file old; mkdir sub empty; chmod 777 .");
    try (Fd directory = Fd.openPath(site.root("gcc").toString())) {
      birth = Instant.EPOCH.plusNanos(directory.birthNanos().orElseThrow());
    }
    site.image("gcc", Map.of("version", "image"));
    Files.setPosixFilePermissions(site.folder(), PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private QuietRule rule(Instant since, Instant now) {
    return new QuietRule(since, () -> Optional.of(QUIET), Clock.fixed(now, ZoneOffset.UTC));
  }

  private Instant changed() throws IOException {
    return Files.getLastModifiedTime(site.root("gcc")).toInstant();
  }

  private void run(String script) {
    ChildProcess.run("sh", "-ec", script, "sh", site.root("gcc").toString()).orFail();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "echo x >$1/../staged; mv $1/../staged $1/staged",
        "mv $1/file $1/../outside",
        "cd $1 && mv file old",
        "mkdir $1/new",
        "rmdir $1/empty",
        "ln -s x $1/link",
        "ln $1/file $1/hard",
        "rm $1/file",
        "cd $1/sub && rm ../file",
        "mknod $1/fifo p",
        "setpriv --reuid=65534 --clear-groups rm -f $1/file"
      })
  void changedEntryHoldsTheImage(String change) throws Exception {
    makeGcc();
    Instant before = changed();
    mounter = mounter(rule(before.plusNanos(1), Instant.now()));
    assertFalse(mounter.mount(request("gcc")).adopted(), "before the change");
    mounter.unmount(request("gcc"));

    run(change);
    assertTrue(changed().isAfter(before));

    MountFailure failure = refused(request("gcc"));
    assertEquals(MountFailure.Kind.WRITTEN, failure.kind());
    assertEquals(Optional.of(changed().plus(QUIET)), failure.until());
    assertTrue(
        failure.getMessage().matches("written to at [\\d:]{8}; not mounted until [\\d:]{8}"),
        failure.getMessage());
    assertEquals(Site.ORIGINAL, site.versionHere("gcc"));
  }

  @Test
  void quietDirectoryIsMounted() throws Exception {
    makeGcc();
    run("mkdir $1/new");

    mounter = mounter(rule(birth.plusNanos(1), changed().plus(QUIET)));

    assertFalse(mounter.mount(request("gcc")).adopted());
  }

  @Test
  void directoryMadeSinceTheStartIsMountedAtOnce() throws Exception {
    Instant start = Instant.now().minusSeconds(1);
    makeGcc();
    run("mkdir $1/new");

    mounter = mounter(rule(start, Instant.now()));

    assertFalse(mounter.mount(request("gcc")).adopted());
  }

  @Test
  void directoryMadeSinceTheStartAndChangedMuchLaterIsHeld() throws Exception {
    Instant start = Instant.now().minusSeconds(1);
    makeGcc();
    Instant later = birth.plus(QUIET).plusSeconds(1);
    Files.setLastModifiedTime(site.root("gcc"), FileTime.from(later));

    mounter = mounter(rule(start, later));

    assertEquals(MountFailure.Kind.WRITTEN, refused(request("gcc")).kind());
  }

  @Test
  void changeBeforeTheStartDoesNotCount() throws Exception {
    makeGcc();
    run("mkdir $1/new");

    mounter = mounter(rule(changed().plusNanos(1), Instant.now()));

    assertFalse(mounter.mount(request("gcc")).adopted());
  }

  /** Otherwise touch(1) could keep an image unmounted for ever. */
  @Test
  void timeInTheFarFutureDoesNotCount() throws Exception {
    makeGcc();
    Instant now = Instant.now();
    Files.setLastModifiedTime(site.root("gcc"), FileTime.from(now.plus(QUIET).plusSeconds(1)));

    mounter = mounter(rule(birth.plusNanos(1), now));

    assertFalse(mounter.mount(request("gcc")).adopted());
  }

  @Test
  void changeElsewhereDoesNotCount() throws Exception {
    makeGcc();
    mounter = mounter(rule(changed().plusNanos(1), Instant.now()));

    run("mkdir $1/../clang $1/sub/new");

    assertFalse(mounter.mount(request("gcc")).adopted(), "below, only the trace sees it");
  }

  /** Such as NFS, which keeps no time of creation. */
  @Test
  void withoutATimeOfCreationTheDirectoryAroundItDecides() throws Exception {
    makeGcc();
    Path around = site.root();
    run("mkdir $1/new");
    Instant start = changed().minusMillis(1);
    Files.setLastModifiedTime(around, FileTime.from(start));
    assertTrue(rule(start, changed()).isNewWithoutBirth(new MountPoint(around + "", "gcc")));
    Files.setLastModifiedTime(around, FileTime.from(start.minusNanos(1)));
    assertFalse(rule(start, changed()).isNewWithoutBirth(new MountPoint(around + "", "gcc")));
  }
}
