// floor.c: the floor under every mounter, the fewest direct system calls that mount an image.
//
//   floor mount          mounts each IMAGE<TAB>DIR read from standard input with LOOP_CTL_GET_FREE,
//                        LOOP_CONFIGURE and mount(2), and prints the nanoseconds that took
//   floor exec           does the same by running `mount -t squashfs -o loop,ro IMAGE DIR`: from
//                        before the fork to the end of the child
//   floor unmount        unmounts each DIR read from standard input; waits a second for one in use
//   floor forget FIRST   removes the free loop devices from number FIRST on (LOOP_CTL_REMOVE)
//
// No options are read, nothing is verified, and a race for a device is run again: this is what the
// kernel asks for, and whatever a daemon takes on top is the daemon's.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// tcc has no __int128 and old headers no LOOP_CONFIGURE: both are spelled out here.
struct config {
  unsigned int fd;
  unsigned int block_size;
  struct loop_info64 info;
  unsigned long long reserved[8];
};
#define CONFIGURE 0x4C0A

static void fail(const char *what, const char *of) {
  fprintf(stderr, "floor: %s %s: %s\n", what, of, strerror(errno));
  exit(1);
}

static long long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void mount_directly(const char *image, const char *dir) {
  int file = open(image, O_RDONLY | O_CLOEXEC);
  if (file < 0) fail("open", image);
  int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
  if (control < 0) fail("open", "/dev/loop-control");
  char path[32];
  int device;
  for (;;) {
    int number = ioctl(control, LOOP_CTL_GET_FREE);
    if (number < 0) fail("LOOP_CTL_GET_FREE", "");
    snprintf(path, sizeof path, "/dev/loop%d", number);
    device = open(path, O_RDONLY | O_CLOEXEC);
    if (device < 0) fail("open", path);
    struct config config;
    memset(&config, 0, sizeof config);
    config.fd = file;
    config.info.lo_flags = LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR;
    if (ioctl(device, CONFIGURE, &config) == 0) break;
    if (errno != EBUSY) fail("LOOP_CONFIGURE", path);
    close(device);
  }
  if (mount(path, dir, "squashfs", MS_RDONLY | MS_NOSUID | MS_NODEV, NULL) != 0) fail("mount", dir);
  close(device);
  close(control);
  close(file);
}

static void mount_by_exec(const char *image, const char *dir) {
  pid_t child = vfork();
  if (child < 0) fail("vfork", "");
  if (child == 0) {
    execlp("mount", "mount", "-t", "squashfs", "-o", "loop,ro", image, dir, (char *)NULL);
    _exit(127);
  }
  int status;
  if (waitpid(child, &status, 0) < 0) fail("waitpid", "");
  if (status != 0) {
    fprintf(stderr, "floor: mount(8) %s: status %d\n", dir, status);
    exit(1);
  }
}

static int unmount(void) {
  char line[4096];
  int result = 0;
  while (fgets(line, sizeof line, stdin)) {
    line[strcspn(line, "\n")] = 0;
    // A daemon that has mounted it this moment may still have its own descriptor of it open.
    int failed = umount2(line, UMOUNT_NOFOLLOW);
    for (int i = 0; failed && errno == EBUSY && i < 1000; i++) {
      nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
      failed = umount2(line, UMOUNT_NOFOLLOW);
    }
    if (failed) {
      fprintf(stderr, "floor: umount2 %s: %s\n", line, strerror(errno));
      result = 1;
    }
  }
  return result;
}

// Each removal waits for a grace period of the kernel, some 40 ms; these waits can overlap.
#define REMOVERS 64

static int forget(int first) {
  int numbers[65536];
  int count = 0;
  DIR *dev = opendir("/dev");
  if (!dev) fail("open", "/dev");
  char end;
  for (struct dirent *entry; (entry = readdir(dev)) && count < 65536;) {
    int number;
    if (sscanf(entry->d_name, "loop%d%c", &number, &end) == 1 && number >= first) {
      numbers[count++] = number;
    }
  }
  int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
  if (control < 0) fail("open", "/dev/loop-control");
  for (int remover = 0; remover < REMOVERS && remover < count; remover++) {
    pid_t child = fork();
    if (child < 0) fail("fork", "");
    if (child == 0) {
      for (int i = remover; i < count; i += REMOVERS) {
        ioctl(control, LOOP_CTL_REMOVE, numbers[i]);  // EBUSY: it is in use
      }
      _exit(0);
    }
  }
  while (wait(NULL) > 0) {
  }
  return 0;
}

int main(int argc, char **argv) {
  const char *verb = argc > 1 ? argv[1] : "";
  if (strcmp(verb, "unmount") == 0) return unmount();
  if (strcmp(verb, "forget") == 0 && argc == 3) return forget(atoi(argv[2]));
  int by_exec = strcmp(verb, "exec") == 0;
  if (!by_exec && strcmp(verb, "mount") != 0) {
    fprintf(stderr, "usage: floor mount | exec | unmount | forget FIRST\n");
    return 2;
  }
  char line[8192];
  while (fgets(line, sizeof line, stdin)) {
    line[strcspn(line, "\n")] = 0;
    char *dir = strchr(line, '\t');
    if (!dir) fail("no tab in", line);
    *dir++ = 0;
    long long start = now();
    (by_exec ? mount_by_exec : mount_directly)(line, dir);
    printf("%lld\n", now() - start);
  }
  return 0;
}
