package dev.lazymount.kernel;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Map;

/** Files with the name of an image that must not be mounted. */
public enum BadImages {
  /** An empty file. */
  EMPTY("is empty") {
    @Override
    public void make(Site site, String name) throws IOException {
      site.place(new byte[0], name);
    }
  },
  /** A text. */
  TEXT("is neither squashfs") {
    @Override
    public void make(Site site, String name) throws IOException {
      site.place("This is not the image you are looking for. ".repeat(99).getBytes(UTF_8), name);
    }
  },
  /** Truncated in its superblock. */
  CUT_OFF_EARLY("is truncated") {
    @Override
    public void make(Site site, String name) throws IOException {
      site.place(Arrays.copyOf(good(site), 50), name);
    }
  },
  /** The first half, as an interrupted copy leaves it. */
  CUT_OFF("is truncated") {
    @Override
    public void make(Site site, String name) throws IOException {
      byte[] good = good(site);
      site.place(Arrays.copyOf(good, good.length / 2), name);
    }
  },
  /** A valid superblock, and noise behind it: only the kernel notices. */
  CORRUPT("fsconfig create: EINVAL") {
    @Override
    public void make(Site site, String name) throws IOException {
      byte[] bytes = good(site);
      Arrays.fill(bytes, 96, bytes.length, (byte) 0xA5);
      site.place(bytes, name);
    }
  },
  /** Zeroes, as after a crash of the machine that wrote it. */
  ZEROES("is neither squashfs") {
    @Override
    public void make(Site site, String name) throws IOException {
      site.place(new byte[64 * 1024], name);
    }
  },
  /** A named pipe, whose open would block. */
  FIFO("is a fifo") {
    @Override
    public void make(Site site, String name) {
      ChildProcess.run("mkfifo", site.image(name).toString()).orFail();
    }
  },
  /** A directory. */
  DIRECTORY("is a directory") {
    @Override
    public void make(Site site, String name) throws IOException {
      Files.createDirectory(site.image(name));
    }
  },
  /** A character device. */
  DEVICE("is a character device") {
    @Override
    public void make(Site site, String name) {
      ChildProcess.run("mknod", site.image(name).toString(), "c", "1", "5").orFail();
    }
  },
  /** A device without a driver, whose open fails with ENXIO. */
  NO_DRIVER("is a character device") {
    @Override
    public void make(Site site, String name) {
      ChildProcess.run("mknod", site.image(name).toString(), "c", "511", "255").orFail();
    }
  },
  /** A symlink to a good image outside the image directory. */
  SYMLINK_OUTSIDE("is a symlink") {
    @Override
    public void make(Site site, String name) throws IOException {
      Path outside = Files.write(site.scratch().resolve("outside.img"), good(site));
      Files.createSymbolicLink(site.image(name), outside);
    }
  },
  /** A symlink to a good image in the image directory. */
  SYMLINK_INSIDE("is a symlink") {
    @Override
    public void make(Site site, String name) throws IOException {
      Path inside = Files.write(site.images().resolve(name + "-target"), good(site));
      Files.createSymbolicLink(site.image(name), inside.getFileName());
    }
  },
  /** An image of an empty directory. */
  EMPTY_ROOT("is an empty file system") {
    @Override
    public void make(Site site, String name) throws IOException {
      site.image(name, Map.of());
    }
  };

  private static final java.nio.charset.Charset UTF_8 = StandardCharsets.UTF_8;

  private final String reason;

  BadImages(String reason) {
    this.reason = reason;
  }

  /** Creates it as the image file of a name. */
  public abstract void make(Site site, String name) throws IOException;

  /** A part of the reason that the status must have. */
  public String reason() {
    return reason;
  }

  /** A good image of several pages, with a version file and 100 kB of noise. */
  private static byte[] good(Site site) throws IOException {
    Path directory = Files.createTempDirectory(site.scratch(), "good-");
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.writeString(directory.resolve("version"), Site.IMAGE);
    byte[] noise = new byte[100_000];
    new java.util.Random(1).nextBytes(noise);
    Files.write(directory.resolve("cc1"), noise);
    return Files.readAllBytes(site.imageOf(directory));
  }
}
