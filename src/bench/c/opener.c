// opener.c: a process that opens files, as a compiler's users do, and sees when a mount appears.
//
//   opener access MIN MAX       for each FILE<TAB>DIR read from standard input: opens FILE and prints
//                               the nanoseconds from before the open until DIR is the root of a mount.
//                               Between two of them it sleeps MIN to MAX microseconds, by chance.
//   opener burst FILE COUNT     opens FILE COUNT times and prints the nanoseconds
//   opener flood PREFIX COUNT   opens PREFIX0/tool, PREFIX1/tool and so on, and prints the nanoseconds
//   opener fresh SOCKET SETTLE FILE DIR COMMAND...
//                               starts COMMAND with NOTIFY_SOCKET, waits for its READY=1, sleeps SETTLE
//                               milliseconds, does `access`, ends COMMAND, and prints the nanoseconds
//                               from exec to READY and from the open to the mount
//
// How a mount is seen without disturbing the process that makes it: the kernel wakes everyone who polls
// /proc/self/mountinfo when the namespace's mounts change. Nothing is read from that file, nothing
// spins, and statx(2), which opens nothing and so is not traced, says whether DIR is a mount's root
// (STATX_ATTR_MOUNT_ROOT), in constant time. The number ends when this process is running again, so
// that it holds one wake-up, some 10 to 50 µs. Should the wake-up be missed, a look
// each millisecond bounds the error. What is not mounted after half a second is opened again each half
// second, as a compiler would be whose event got lost; it is the first open that counts.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE 20000000000LL  // ns
#define AGAIN 500000000LL       // ns
#define SQUASHFS 0x73717368

static void fail(const char *what, const char *of) {
  fprintf(stderr, "opener: %s %s: %s\n", what, of, strerror(errno));
  exit(1);
}

static long long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void nap(long long nanos) {
  struct timespec t = {nanos / 1000000000, nanos % 1000000000};
  nanosleep(&t, NULL);
}

static int is_mount_root(const char *dir) {
  struct statx s;
  if (statx(AT_FDCWD, dir, AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC, 0, &s) != 0) fail("statx", dir);
  return (s.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

// From before the open to the mount, ns.
static long long access_and_wait(int mountinfo, const char *file, const char *dir) {
  if (is_mount_root(dir)) {
    fprintf(stderr, "opener: %s is mounted before it was used\n", dir);
    exit(1);
  }
  struct pollfd changes = {mountinfo, POLLPRI, 0};
  poll(&changes, 1, 0);  // takes note of what changed before
  long long start = now();
  int fd = open(file, O_RDONLY | O_CLOEXEC);
  if (fd < 0) fail("open", file);
  long long again = start + AGAIN;
  while (!is_mount_root(dir)) {
    if (now() > again) {
      close(fd);
      fd = open(file, O_RDONLY | O_CLOEXEC);
      again += AGAIN;
    }
    if (now() - start > PATIENCE) {
      fprintf(stderr, "opener: %s is not mounted %lld s after it was used\n", dir, PATIENCE / 1000000000);
      exit(1);
    }
    poll(&changes, 1, 1);
  }
  long long took = now() - start;
  close(fd);
  struct statfs s;
  if (statfs(dir, &s) != 0 || s.f_type != SQUASHFS) {
    fprintf(stderr, "opener: what is mounted on %s is no squashfs\n", dir);
    exit(1);
  }
  return took;
}

static int watch_mounts(void) {
  int fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
  if (fd < 0) fail("open", "/proc/self/mountinfo");
  return fd;
}

static int access_all(long min, long max) {
  int mountinfo = watch_mounts();
  char line[8192];
  while (fgets(line, sizeof line, stdin)) {
    line[strcspn(line, "\n")] = 0;
    char *dir = strchr(line, '\t');
    if (!dir) fail("no tab in", line);
    *dir++ = 0;
    nap((min + rand() % (max - min + 1)) * 1000LL);
    printf("%lld\n", access_and_wait(mountinfo, line, dir));
  }
  return 0;
}

static int burst(const char *file, long count) {
  long long start = now();
  for (long i = 0; i < count; i++) {
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0) fail("open", file);
    close(fd);
  }
  printf("%lld\n", now() - start);
  return 0;
}

static int flood(const char *prefix, long count) {
  char file[4096];
  long long start = now();
  for (long i = 0; i < count; i++) {
    snprintf(file, sizeof file, "%s%ld/tool", prefix, i);
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0) fail("open", file);
    close(fd);
  }
  printf("%lld\n", now() - start);
  return 0;
}

static void end(pid_t child) {
  kill(child, SIGTERM);
  for (int i = 0; i < 500; i++) {
    if (waitpid(child, NULL, WNOHANG) == child) return;
    nap(10000000);
  }
  fprintf(stderr, "opener: the daemon does not end\n");
  kill(child, SIGKILL);
  waitpid(child, NULL, 0);
}

static int fresh(const char *socket_path, long settle, const char *file, const char *dir, char **command) {
  int manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  struct sockaddr_un address = {AF_UNIX, ""};
  snprintf(address.sun_path, sizeof address.sun_path, "%s", socket_path);
  if (bind(manager, (struct sockaddr *)&address, sizeof address) != 0) fail("bind", socket_path);
  setenv("NOTIFY_SOCKET", socket_path, 1);
  long long start = now();
  pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    dup2(2, 1);  // our output is a number
    execv(command[0], command);
    _exit(127);
  }
  long long ready = 0;
  struct pollfd told = {manager, POLLIN, 0};
  while (!ready) {
    char message[4096];
    ssize_t n = -1;
    if (poll(&told, 1, 100) > 0) n = recv(manager, message, sizeof message - 1, 0);
    if (n > 0) {
      message[n] = 0;
      if (strncmp(message, "READY=1", 7) == 0) ready = now();
    } else if (waitpid(child, NULL, WNOHANG) == child) {
      fprintf(stderr, "opener: the daemon ended before it was ready\n");
      return 1;
    }
    if (now() - start > 3 * PATIENCE) {
      fprintf(stderr, "opener: the daemon does not get ready\n");
      end(child);
      return 1;
    }
  }
  nap(settle * 1000000LL);
  int mountinfo = watch_mounts();
  long long took = access_and_wait(mountinfo, file, dir);
  end(child);
  printf("%lld\t%lld\n", ready - start, took);
  return 0;
}

int main(int argc, char **argv) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  const char *verb = argc > 1 ? argv[1] : "";
  if (strcmp(verb, "access") == 0 && argc == 4) return access_all(atol(argv[2]), atol(argv[3]));
  if (strcmp(verb, "burst") == 0 && argc == 4) return burst(argv[2], atol(argv[3]));
  if (strcmp(verb, "flood") == 0 && argc == 4) return flood(argv[2], atol(argv[3]));
  if (strcmp(verb, "fresh") == 0 && argc > 6) return fresh(argv[2], atol(argv[3]), argv[4], argv[5], argv + 6);
  fprintf(stderr, "usage: opener access MIN MAX | burst FILE COUNT | flood PREFIX COUNT | fresh SOCKET SETTLE FILE DIR COMMAND...\n");
  return 2;
}
