package dev.lazymount.catalog;

import dev.lazymount.linux.Directory;
import dev.lazymount.linux.Errno;
import dev.lazymount.linux.Fd;
import dev.lazymount.linux.FileType;
import dev.lazymount.linux.MountInfo;
import dev.lazymount.linux.SyscallException;
import java.io.IOException;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * One walk through those directories of the root in which a symlink matters: the root, and every
 * directory on the way to an image's name. For one use by one thread.
 */
final class LinkWalk {
  /**
   * The symlinks of the root.
   *
   * @param inside those that lead to another place in the root: from path to target, both relative
   *     to the root
   * @param out those that lead out of it: from path to the absolute path of the target, shortened
   *     and printable
   */
  record Links(Map<String, String> inside, Map<String, String> out) {}

  /** File systems of images: read-only, so that nothing in one changes while it is mounted. */
  private static final Set<String> IMAGES = Set.of("squashfs", "erofs");

  private final String root;
  private final Catalog previous;
  private final ScanLimits limits;
  private final ScanErrors problems;
  private final Set<String> ancestors = new HashSet<>();
  private final Map<String, String> inside = new TreeMap<>();
  private final Map<String, String> out = new TreeMap<>();

  private boolean anyNames;

  /** Entries of the directories that are being read. */
  private int held;

  /** Directories on the way to a name that an image is mounted on. */
  private Set<String> mounted = Set.of();

  /** The root with its own symlinks followed, as targets may spell it; the root if unknown. */
  private String realRoot;

  /**
   * A walk.
   *
   * @param root as configured, normalised
   * @param previous whose links are kept where a directory can't be read
   */
  LinkWalk(String root, Catalog previous, ScanLimits limits, ScanErrors problems) {
    this.root = root;
    this.realRoot = root;
    this.previous = previous;
    this.limits = limits;
    this.problems = problems;
  }

  /**
   * Walks through all of it.
   *
   * @param names of all images
   */
  Links walk(Collection<String> names) {
    anyNames = !names.isEmpty();
    for (String name : names) {
      for (int at = name.indexOf('/'); at >= 0; at = name.indexOf('/', at + 1)) {
        ancestors.add(name.substring(0, at));
      }
    }
    try (Fd directory = Fd.openDirectory(root)) {
      realRoot = directory.path();
      mounted = mounted();
      read(directory, "");
    } catch (SyscallException e) {
      inside.clear();
      inside.putAll(previous.links());
      out.clear();
      out.putAll(previous.linksOut());
      problems.add(root, e.getMessage() + "; keeping the symlinks known in it: " + size());
    }
    return new Links(inside, out);
  }

  /** From the mount table: to open a mounted directory would be a use of it. */
  private Set<String> mounted() {
    if (ancestors.isEmpty()) {
      return Set.of();
    }
    Set<String> found = Set.of();
    Map<String, String> outer = new HashMap<>();
    ancestors.forEach(name -> outer.put(realRoot + "/" + name, name));
    try {
      found =
          MountInfo.read().stream()
              .filter(mount -> IMAGES.contains(mount.fsType()))
              .filter(mount -> outer.containsKey(mount.target()))
              .map(mount -> outer.get(mount.target()))
              .collect(Collectors.toSet());
    } catch (IOException e) {
      problems.add(root, "can't read the mount table: " + e.getMessage());
    }
    return found;
  }

  /**
   * A mounted directory whose links are known keeps them: a use at every scan would keep it from
   * ever being idle. So it does when its own image is gone while nested ones are still there.
   */
  private boolean isKept(String path) {
    return mounted.contains(path)
        && (previous.get(path).isPresent() || !previous.descendants(path).isEmpty());
  }

  private void read(Fd directory, String prefix) throws SyscallException {
    Directory.Listing listing = Directory.list(directory, limits.entries() - held);
    List<Directory.Entry> entries = listing.entries();
    if (!listing.complete()) {
      problems.refuse(
          root + "/" + prefix,
          "read in part only, it has too many entries: more than " + entries.size());
    }
    if (prefix.isEmpty() && entries.isEmpty() && anyNames) {
      // No error to the kernel, but it is what a root looks like before it is mounted.
      problems.add(root, "the directory is empty; its file system may not be mounted");
    }
    held += entries.size();
    entries.sort(Comparator.comparing(Directory.Entry::name));
    for (Directory.Entry entry : entries) {
      String path = prefix + entry.name();
      if (entry.type() == FileType.SYMLINK || entry.type() == FileType.UNKNOWN) {
        readLink(directory, entry.name(), prefix);
      }
      if (ancestors.contains(path) && entry.type() != FileType.SYMLINK) {
        if (isKept(path)) {
          keep(path);
        } else {
          descend(directory, entry.name(), path);
        }
      }
    }
    held -= entries.size();
  }

  private void descend(Fd parent, String name, String path) {
    try (Fd directory = parent.openSubdirectory(name)) {
      read(directory, path + "/");
    } catch (SyscallException e) {
      if (!CatalogScan.isNoDirectory(e)) {
        int before = size();
        keep(path);
        problems.add(
            path + "/",
            e.getMessage() + "; keeping the symlinks known in it: " + (size() - before));
      }
    }
  }

  /** Keeps what is known below this path. */
  private void keep(String path) {
    Catalog.inside(previous.links(), path).forEach(this::addInside);
    Catalog.inside(previous.linksOut(), path).forEach(this::addOut);
  }

  private void readLink(Fd directory, String name, String prefix) {
    String path = prefix + name;
    try {
      String target = directory.readLink(name);
      add(path, target.startsWith("/") ? target : realRoot + "/" + prefix + target);
    } catch (SyscallException e) {
      // ENOENT: removed since the directory was read; EINVAL: no symlink. After any other error,
      // what was known stays known.
      if (!e.is(Errno.ENOENT, Errno.EINVAL)) {
        problems.add(path, e.getMessage());
        Optional.ofNullable(previous.links().get(path)).ifPresent(known -> addInside(path, known));
        Optional.ofNullable(previous.linksOut().get(path)).ifPresent(known -> addOut(path, known));
      }
    }
  }

  /** A symlink to an absolute path, which need not be normalised. */
  private void add(String path, String target) {
    if (target.length() > RootPath.MAX_CHARS) {
      problems.refuse(path, "the target of the symlink is refused: too long");
      return;
    }
    RootPath.below(root, target, RootPath.ALL)
        .or(() -> RootPath.below(realRoot, target, RootPath.ALL))
        .map(RootPath::join)
        .ifPresentOrElse(
            inRoot -> addInside(path, inRoot),
            () -> addOut(path, ScanErrors.printable(normalised(target))));
  }

  private static String normalised(String absolute) {
    return "/" + RootPath.join(RootPath.below("/", absolute, RootPath.ALL).orElseThrow());
  }

  private void addInside(String path, String target) {
    ImageFile.refusal(path)
        .or(() -> refusal(target))
        .ifPresentOrElse(
            why -> problems.refuse(path, why),
            () -> {
              if (hasRoom(path)) {
                inside.put(path, target);
              }
            });
  }

  /** Only for a name that an image could have; no other one is asked for. */
  private void addOut(String path, String target) {
    if (ImageFile.refusal(path).isEmpty() && hasRoom(path)) {
      out.put(path, target);
    }
  }

  private boolean hasRoom(String path) {
    boolean room = size() < limits.links();
    if (!room) {
      problems.refuse(path, "left out, there are more than " + limits.links() + " symlinks");
    }
    return room;
  }

  private int size() {
    return inside.size() + out.size();
  }

  /** A target is held to the rules of a name; empty is the root. */
  private static Optional<String> refusal(String target) {
    return target.isEmpty()
        ? Optional.empty()
        : ImageFile.refusal(target).map(why -> "the target of the symlink is refused: " + why);
  }
}
