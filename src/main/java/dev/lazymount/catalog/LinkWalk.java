package dev.lazymount.catalog;

import dev.lazymount.linux.Directory;
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
 * One walk through those directories of the root that can hold a symlink of use: the root, and
 * every directory on the way to an image's name. Used once by one thread.
 */
final class LinkWalk {
  /** What is mounted from an image: nothing in it changes while it is. */
  private static final Set<String> IMAGES = Set.of("squashfs", "erofs");

  private final String root;
  private final Catalog previous;
  private final ScanLimits limits;
  private final ScanErrors problems;
  private final Trail trail;
  private final Set<String> ancestors = new HashSet<>();
  private final Map<String, String> links = new TreeMap<>();

  /** Entries of the directories that are being read. */
  private int held;

  /** Directories with images inside that an image is mounted on. */
  private Set<String> mounted = Set.of();

  /** The root as the kernel sees it, for targets that spell it so; the root itself if unknown. */
  private String realRoot;

  /**
   * A walk that has not begun.
   *
   * @param root as configured, normalised
   * @param previous whose links are kept where a directory can't be read
   * @param trail is told what it reads
   */
  LinkWalk(String root, Catalog previous, ScanLimits limits, ScanErrors problems, Trail trail) {
    this.root = root;
    this.realRoot = root;
    this.previous = previous;
    this.limits = limits;
    this.problems = problems;
    this.trail = trail;
  }

  /**
   * Walks through all of it.
   *
   * @param names of all images
   * @return from path to target, both relative to the root
   */
  Map<String, String> walk(Collection<String> names) {
    for (String name : names) {
      for (int at = name.indexOf('/'); at >= 0; at = name.indexOf('/', at + 1)) {
        ancestors.add(name.substring(0, at));
      }
    }
    try (Fd directory = Fd.openDirectory(root)) {
      realRoot = directory.path();
      trail.base(realRoot);
      mounted = mountedOf(names);
      read(directory, "");
    } catch (SyscallException e) {
      links.putAll(previous.links());
      problems.add(root, e.getMessage() + "; the links known in it are kept: " + links.size());
    }
    return links;
  }

  /** Asks the mount table, as a look at a mount is a use of it. */
  private Set<String> mountedOf(Collection<String> names) {
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
    if (!found.isEmpty() || names.stream().anyMatch(ancestors::contains)) {
      // What is mounted, or may be soon, is not the directories' to tell.
      trail.lose();
    }
    return found;
  }

  /**
   * What was walked through before and is mounted now keeps its links: with a use at every scan it
   * would never be idle. That is so also when its own image is gone and those inside are not.
   */
  private boolean isKept(String path) {
    return mounted.contains(path)
        && (previous.get(path).isPresent() || !previous.descendants(path).isEmpty());
  }

  private void read(Fd directory, String prefix) throws SyscallException {
    Directory.Listing listing = Directory.list(directory, limits.entries() - held);
    trail.read(prefix, listing);
    List<Directory.Entry> entries = listing.entries();
    if (!listing.complete()) {
      problems.refuse(
          root + "/" + prefix, "read in part, as it has too many entries: " + entries.size());
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
          Catalog.inside(previous.links(), path).forEach(this::add);
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
      // Gone, or no directory: nothing can be linked in there.
      if (Trail.isNone(e)) {
        trail.noDirectory(path);
      } else {
        Map<String, String> kept = Catalog.inside(previous.links(), path);
        kept.forEach(this::add);
        problems.add(
            path + "/", e.getMessage() + "; the links known in it are kept: " + kept.size());
      }
    }
  }

  private void readLink(Fd directory, String name, String prefix) {
    String path = prefix + name;
    try {
      String target = directory.readLink(name);
      trail.link(path, Optional.of(target));
      String where = target.startsWith("/") ? target : realRoot + "/" + prefix + target;
      LinkPath.below(root, where)
          .or(() -> LinkPath.below(realRoot, where))
          .ifPresent(components -> add(path, LinkPath.join(components)));
    } catch (SyscallException e) {
      // Gone, or no link (EINVAL). After anything else, what was known stays known.
      if (Trail.isNoLink(e)) {
        trail.link(path, Optional.empty());
      } else {
        problems.add(path, e.getMessage());
        String known = previous.links().get(path);
        if (known != null) {
          add(path, known);
        }
      }
    }
  }

  private void add(String path, String target) {
    if (links.size() >= limits.links()) {
      problems.refuse(path, "left out, there are more than " + limits.links() + " links");
    } else {
      ImageFile.refusal(path)
          .or(() -> refusal(target))
          .ifPresentOrElse(why -> problems.refuse(path, why), () -> links.put(path, target));
    }
  }

  /** A target is held to what a name is; empty is the root. */
  private static Optional<String> refusal(String target) {
    return target.isEmpty()
        ? Optional.empty()
        : ImageFile.refusal(target).map(why -> "a symlink's target is refused: " + why);
  }
}
