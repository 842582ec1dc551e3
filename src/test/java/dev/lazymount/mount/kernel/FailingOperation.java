package dev.lazymount.mount.kernel;

import dev.lazymount.catalog.Catalog;
import dev.lazymount.catalog.CatalogScan;
import dev.lazymount.config.Settings;
import dev.lazymount.config.SettingsLoader;
import dev.lazymount.kernel.ChildProcess;
import dev.lazymount.kernel.Kernel;
import dev.lazymount.kernel.Site;
import dev.lazymount.linux.Fd;
import dev.lazymount.linux.MountInfo;
import dev.lazymount.linux.Mounts;
import dev.lazymount.linux.SyscallException;
import dev.lazymount.mount.MountFailure;
import dev.lazymount.mount.Mounter;
import dev.lazymount.status.DaemonStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What {@link FailingCalls} interrupts, on a site of one image. */
abstract class FailingOperation {
  static final String OLD = "old image\n";

  /** The operations. */
  enum Kind {
    MOUNT,
    MOUNT_NESTED,
    MOUNT_EROFS,
    ADOPT,
    SWAP,
    SWAP_EROFS,
    SWAP_AFTER_KILL,
    DETACH_SECOND,
    UNMOUNT_MOVED,
    EXPIRE,
    UNMOUNT,
    LOOK,
    RECONCILE,
    SCAN
  }

  final Site site;
  final String name;
  KernelMounter mounter;
  private final Path oldImage;
  private final Path newImage;

  private FailingOperation(Site site, String name, boolean erofs) throws IOException {
    this.site = site;
    this.name = name;
    this.oldImage = image(erofs, OLD);
    this.newImage = image(erofs, Site.IMAGE);
    site.original(name);
    restart();
  }

  static FailingOperation of(Kind kind, Site site) throws IOException {
    return switch (kind) {
      case MOUNT -> new Mount(site, "gcc", false);
      case MOUNT_NESTED -> new Mount(site, "arm64/gcc", false);
      case MOUNT_EROFS -> new Mount(site, "gcc", true);
      case ADOPT -> new Adopt(site);
      case SWAP -> new Swap(site, false);
      case SWAP_EROFS -> new Swap(site, true);
      case SWAP_AFTER_KILL -> new SwapAfterKill(site);
      case DETACH_SECOND -> new DetachSecond(site);
      case UNMOUNT_MOVED -> new UnmountMoved(site);
      case EXPIRE -> new Expire(site);
      case UNMOUNT -> new Unmount(site);
      case LOOK -> new Look(site);
      case RECONCILE -> new Reconciles(site);
      case SCAN -> new Scan(site);
    };
  }

  private Path image(boolean erofs, String version) throws IOException {
    if (!erofs) {
      return site.imageOf(Map.of("version", version));
    }
    Path image = site.scratch().resolve("erofs-" + version.strip().replace(' ', '-'));
    Path tree = Files.createDirectory(Path.of(image + ".d"));
    Files.writeString(tree.resolve("version"), version);
    ChildProcess.run("mkfs.erofs", "-E", "legacy-compress", image.toString(), tree.toString())
        .orFail();
    return image;
  }

  /** A daemon that has just been started. */
  final void restart() throws SyscallException {
    KernelMounter.clean(site.lockDir());
    Settings all = SettingsLoader.load(Optional.empty(), List.of());
    mounter =
        new KernelMounter(
            site.root(), site.images(), site.lockDir(), all.imageSuffixes(), all.mount());
  }

  final Mounter.Request request() {
    return new Mounter.Request(name, name + ".img", List.of());
  }

  final void place(boolean newer) throws IOException {
    site.place(newer ? newImage : oldImage, name);
  }

  final void place() throws IOException {
    place(true);
  }

  /** The start: nothing is mounted, and the image is there. */
  void prepare() throws Exception {
    place();
  }

  /** The operation, whose native calls are numbered. */
  abstract void act() throws Exception;

  /** The version files that may be read after it failed. */
  abstract Set<String> readable();

  /** How many mounts there may be on the mount point after it failed. */
  int most() {
    return 1;
  }

  /** What is wrong after an operation that did not fail; empty if nothing is. */
  abstract String wrong() throws Exception;

  /** The next attempt. */
  void again() throws Exception {
    act();
  }

  /** Whether an operation that failed with this kind may have changed anything. */
  boolean mayHaveChanged(MountFailure.Kind kind) {
    return kind == MountFailure.Kind.UNCLEAR;
  }

  final String state() throws IOException {
    return site.mountsOn(name) + " mounts, " + site.versionHere(name).strip();
  }

  final String unless(String expected) throws IOException {
    String state = state();
    return state.equals(expected) ? "" : "expected " + expected + ", found " + state;
  }

  /** Back to nothing mounted. */
  void reset() throws Exception {
    List<MountInfo> mounts = new ArrayList<>(Kernel.mountsBelow(site.root()));
    Collections.reverse(mounts);
    for (MountInfo mount : mounts) {
      Mounts.detach(mount.target());
    }
  }

  private static class Mount extends FailingOperation {
    Mount(Site site, String name, boolean erofs) throws IOException {
      super(site, name, erofs);
    }

    @Override
    void act() throws Exception {
      mounter.mount(request());
    }

    @Override
    Set<String> readable() {
      return Set.of(Site.ORIGINAL, Site.IMAGE);
    }

    @Override
    String wrong() throws Exception {
      return unless("1 mounts, image");
    }
  }

  /** Everything that starts with a mounted image. */
  private abstract static class OfMounted extends FailingOperation {
    OfMounted(Site site, boolean erofs) throws IOException {
      super(site, "gcc", erofs);
    }

    @Override
    void prepare() throws Exception {
      place();
      mounter.mount(request());
    }

    @Override
    Set<String> readable() {
      return Set.of(Site.IMAGE);
    }

    @Override
    String wrong() throws Exception {
      return unless("1 mounts, image");
    }
  }

  private static final class Adopt extends OfMounted {
    Adopt(Site site) throws IOException {
      super(site, false);
    }

    @Override
    void prepare() throws Exception {
      super.prepare();
      restart();
    }

    @Override
    void act() throws Exception {
      Mounter.Mounted mounted = mounter.mount(request());
      if (!mounted.adopted()) {
        throw new AssertionError("it was not adopted");
      }
    }
  }

  private static class Swap extends OfMounted {
    Swap(Site site, boolean erofs) throws IOException {
      super(site, erofs);
    }

    @Override
    void prepare() throws Exception {
      place(false);
      mounter.mount(request());
      place(true);
    }

    @Override
    void act() throws Exception {
      Mounter.Mounted now = mounter.mount(request());
      if (!now.isCurrent()) {
        throw new MountFailure(MountFailure.Kind.UNCLEAR, "with a warning: " + now.detail());
      }
    }

    @Override
    Set<String> readable() {
      return Set.of(OLD, Site.IMAGE);
    }

    /** The old image may be left on top of the new one; the next attempt detaches it. */
    @Override
    int most() {
      return 2;
    }
  }

  /** A swap was killed between its two steps, and then the image was replaced once more. */
  private static final class SwapAfterKill extends Swap {
    private static final String BETWEEN = "image of the killed swap\n";

    private final ImageDirectory images = new ImageDirectory(site.images().toString(), false);
    private final Path between;

    SwapAfterKill(Site site) throws IOException {
      super(site, false);
      between = site.imageOf(Map.of("version", BETWEEN));
    }

    @Override
    void prepare() throws Exception {
      place(false);
      mounter.mount(request());
      site.place(between, name);
      try (ImageDirectory.Image image = images.open(request().file());
          DetachedMount beneath = DetachedMount.byLoopDevice(image, List.of());
          Fd place = new MountPoint(site.root().toString(), name).open()) {
        Mounts.attachBeneath(beneath.fd(), place);
      }
      place(true);
    }

    @Override
    Set<String> readable() {
      return Set.of(OLD, BETWEEN, Site.IMAGE);
    }
  }

  private static final class DetachSecond extends OfMounted {
    private final ImageDirectory images = new ImageDirectory(site.images().toString(), false);

    DetachSecond(Site site) throws IOException {
      super(site, false);
    }

    @Override
    void prepare() throws Exception {
      super.prepare();
      try (ImageDirectory.Image image = images.open(request().file());
          DetachedMount second = DetachedMount.byLoopDevice(image, List.of());
          Fd place = new MountPoint(site.root().toString(), name).open()) {
        Mounts.attach(second.fd(), place);
      }
    }

    @Override
    void act() throws Exception {
      mounter.mount(request());
    }

    @Override
    int most() {
      return 2;
    }
  }

  /** The directory above the mount point was renamed, and made again. */
  private static final class UnmountMoved extends FailingOperation {
    private final Path sdk = site.root("sdk");
    private final Path moved = site.root("moved");

    UnmountMoved(Site site) throws IOException {
      super(site, "sdk/gcc", false);
    }

    @Override
    void prepare() throws Exception {
      place();
      mounter.mount(request());
      Files.move(sdk, moved);
      Files.createDirectories(site.root(name));
      Files.writeString(site.root(name).resolve("version"), Site.ORIGINAL);
    }

    @Override
    void act() throws Exception {
      mounter.mount(request());
    }

    @Override
    Set<String> readable() {
      return Set.of(Site.ORIGINAL, Site.IMAGE);
    }

    @Override
    String wrong() throws Exception {
      return unless("1 mounts, image");
    }

    @Override
    void reset() throws Exception {
      super.reset();
      Files.delete(site.root(name).resolve("version"));
      Files.delete(site.root(name));
      Files.delete(sdk);
      Files.move(moved, sdk);
    }
  }

  private static final class Expire extends OfMounted {
    Expire(Site site) throws IOException {
      super(site, false);
    }

    @Override
    void act() throws Exception {
      mounter.expire(request(), false);
      mounter.expire(request(), true);
    }

    @Override
    void again() throws Exception {
      // What a failed attempt has marked is unmounted by the first call, and another one is marked.
      for (int i = 0; i < 3 && site.mountsOn(name) > 0; i++) {
        mounter.expire(request(), i > 0);
      }
    }

    @Override
    Set<String> readable() {
      return Set.of(Site.ORIGINAL, Site.IMAGE);
    }

    @Override
    String wrong() throws Exception {
      String state = state();
      return Set.of("0 mounts, original", "1 mounts, image").contains(state) ? "" : state;
    }
  }

  private static final class Unmount extends OfMounted {
    Unmount(Site site) throws IOException {
      super(site, false);
    }

    @Override
    void act() throws Exception {
      mounter.unmount(request());
    }

    @Override
    Set<String> readable() {
      return Set.of(Site.ORIGINAL, Site.IMAGE);
    }

    @Override
    String wrong() throws Exception {
      String state = state();
      return Set.of("0 mounts, original", "1 mounts, image").contains(state) ? "" : state;
    }
  }

  private static final class Look extends OfMounted {
    Look(Site site) throws IOException {
      super(site, false);
    }

    @Override
    void act() throws Exception {
      if (mounter.look(request()).isEmpty()) {
        throw new AssertionError("it is mounted");
      }
    }
  }

  private static final class Reconciles extends OfMounted {
    private final Reconcile reconcile =
        new Reconcile(new DaemonStatus(), SettingsLoader.load(Optional.empty(), site.settings()));

    Reconciles(Site site) throws IOException {
      super(site, false);
    }

    @Override
    void act() throws Exception {
      if (reconcile.mounted().size() != 1) {
        throw new AssertionError("mounted: " + reconcile.mounted());
      }
      if (!reconcile.suspects().contains(name)) {
        throw new AssertionError("a mount without a row is a suspect");
      }
    }
  }

  private static final class Scan extends FailingOperation {
    private static final Set<String> NAMES = Set.of("gcc", "arm64/gcc", "libs/boost/1_84_0");
    private static final Map<String, String> LINKS =
        Map.of("latest", "gcc", "arm64/l", "arm64/gcc");

    private Catalog previous = Catalog.empty();

    Scan(Site site) throws IOException {
      super(site, "gcc", false);
      for (String image : NAMES) {
        site.place(site.imageOf(Map.of("version", image)), image);
      }
      site.original("arm64/gcc");
      Files.createSymbolicLink(site.root("latest"), Path.of("gcc"));
      Files.createSymbolicLink(site.root("arm64/l"), Path.of("gcc"));
      previous = scan().catalog();
    }

    private CatalogScan.Scan scan() throws SyscallException {
      return CatalogScan.scan(
          site.images().toString(), site.root().toString(), List.of(".img"), previous);
    }

    @Override
    void act() throws Exception {
      CatalogScan.Scan scan = scan();
      Set<String> names = new HashSet<>(scan.catalog().names());
      Set<String> lost = new HashSet<>(NAMES);
      lost.removeAll(names);
      boolean same = lost.isEmpty() && scan.catalog().links().equals(LINKS);
      if (!same && scan.problems().isEmpty()) {
        throw new Vanished("images " + lost + ", links " + scan.catalog().links());
      }
    }

    @Override
    Set<String> readable() {
      return Set.of(Site.ORIGINAL);
    }

    @Override
    String wrong() {
      return "";
    }
  }

  /** An entry is missing without a report, as after ENOENT it has to be. */
  static final class Vanished extends Exception {
    private static final long serialVersionUID = 1L;

    Vanished(String what) {
      super(what);
    }
  }
}
