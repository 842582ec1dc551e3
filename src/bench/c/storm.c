// storm.c: opens a file under each of many names, as fast as it can, and waits for the mounts.
//
//   storm PROCESSES    reads FILE<TAB>DIR lines from standard input; as many processes open a share
//                      of the FILEs each, once; prints the nanoseconds from their start until every
//                      DIR is the root of a mount (STATX_ATTR_MOUNT_ROOT)
//
// It looks at one directory after the other, a millisecond apart while one is not mounted, so that
// looking costs next to nothing. Gives up after two minutes.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MOST 100000
#define MOUNT_ROOT 0x2000
#define PATIENCE 120000000000LL

static char *files[MOST];
static char *dirs[MOST];

static void fail(const char *what, const char *of) {
  fprintf(stderr, "storm: %s %s: %s\n", what, of, strerror(errno));
  exit(1);
}

static long long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int is_mounted(const char *dir) {
  struct statx status;
  if (statx(AT_FDCWD, dir, AT_STATX_DONT_SYNC, 0, &status) != 0) fail("statx", dir);
  return (status.stx_attributes & MOUNT_ROOT) != 0;
}

static void touch(int count, int first, int step) {
  for (int i = first; i < count; i += step) {
    int fd = open(files[i], O_RDONLY | O_CLOEXEC);
    if (fd < 0) fail("open", files[i]);
    close(fd);
  }
  _exit(0);
}

int main(int argc, char **argv) {
  int processes = argc == 2 ? atoi(argv[1]) : 0;
  if (processes < 1) {
    fprintf(stderr, "usage: storm PROCESSES\n");
    return 2;
  }
  char line[8192];
  int count = 0;
  while (count < MOST && fgets(line, sizeof line, stdin)) {
    line[strcspn(line, "\n")] = 0;
    char *dir = strchr(line, '\t');
    if (!dir) fail("no tab in", line);
    *dir++ = 0;
    files[count] = strdup(line);
    dirs[count++] = strdup(dir);
  }
  long long start = now();
  for (int i = 0; i < processes; i++) {
    pid_t child = fork();
    if (child < 0) fail("fork", "");
    if (child == 0) touch(count, i, processes);
  }
  for (int i = 0; i < count; i++) {
    while (!is_mounted(dirs[i])) {
      if (now() - start > PATIENCE) fail("not mounted after two minutes:", dirs[i]);
      usleep(1000);
    }
  }
  long long end = now();
  int status;
  while (wait(&status) > 0) {
    if (status != 0) return 1;
  }
  printf("%lld\n", end - start);
  return 0;
}
