// opencost.c: what an open and close of a file costs now.
//
//   opencost CPU COUNT FILE...   pinned to this CPU, opens and closes FILE COUNT times and prints the
//                                nanoseconds of one, for each FILE in turn; before that a tenth of
//                                it is done for warming up
//
// The opens are timed by CLOCK_MONOTONIC in slices of SLICE, some 200 µs each, and what is printed is
// the median slice: whatever else the machine does meanwhile, such as another process having this CPU
// for a while, makes some slices longer and not the number.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SLICE 100

static void fail(const char *what, const char *of) {
  fprintf(stderr, "opencost: %s %s: %s\n", what, of, strerror(errno));
  exit(1);
}

static long long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static long long slice(const char *file) {
  long long start = now();
  for (int i = 0; i < SLICE; i++) {
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0) fail("open", file);
    close(fd);
  }
  return now() - start;
}

static int by_size(const void *a, const void *b) {
  long long x = *(const long long *)a;
  long long y = *(const long long *)b;
  return (x > y) - (x < y);
}

static double median(const char *file, int slices) {
  long long *took = calloc(slices, sizeof *took);
  if (!took) fail("calloc", "");
  for (int i = 0; i < slices / 10; i++) slice(file);
  for (int i = 0; i < slices; i++) took[i] = slice(file);
  qsort(took, slices, sizeof *took, by_size);
  double result = (double)took[slices / 2] / SLICE;
  free(took);
  return result;
}

int main(int argc, char **argv) {
  int slices = argc > 3 ? atoi(argv[2]) / SLICE : 0;
  if (slices < 1) {
    fprintf(stderr, "usage: opencost CPU COUNT FILE...  (COUNT at least %d)\n", SLICE);
    return 2;
  }
  cpu_set_t cpu;
  CPU_ZERO(&cpu);
  CPU_SET(atoi(argv[1]), &cpu);
  if (sched_setaffinity(0, sizeof cpu, &cpu) != 0) fail("sched_setaffinity", argv[1]);
  for (int i = 3; i < argc; i++) printf("%.1f\n", median(argv[i], slices));
  return 0;
}
