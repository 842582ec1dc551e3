package dev.lazymount.route;

import dev.lazymount.catalog.ImageFile;
import dev.lazymount.mount.MountEnv;
import dev.lazymount.state.MountState;
import dev.lazymount.state.MountStatus;
import java.time.Instant;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/** In observe mode: the lines of images that would be mounted. Used by the Router alone. */
final class Observed {
  private final MountEnv env;
  private final Set<String> names = new HashSet<>();

  Observed(MountEnv env) {
    this.env = env;
  }

  /** Somebody used it. */
  void add(ImageFile image) {
    Instant now = Instant.now();
    Optional<MountStatus> line = env.status().mounts().get(image.name());
    if (line.filter(known -> known.state() == MountState.MOUNTED).isPresent()) {
      env.status().mounts().put(line.get().accessed(now));
      return;
    }
    names.add(image.name());
    env.status()
        .mounts()
        .put(
            MountStatus.unknown(
                    image.name(),
                    env.images() + "/" + image.file(),
                    env.root() + "/" + image.name())
                .accessed(now)
                .unmounted(MountState.UNMOUNTED, now, "mode is observe: it would be mounted"));
  }

  /** Takes away the lines of all others. */
  void keepOnly(Predicate<String> there) {
    names.removeIf(
        name -> {
          boolean gone = !there.test(name);
          if (gone) {
            env.status().mounts().remove(name);
          }
          return gone;
        });
  }
}
