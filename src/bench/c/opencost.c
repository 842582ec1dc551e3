// opencost.c: what a system call costs now, such as an open.
//
//   opencost CPU COUNT CALL[=FILE]...   pinned to this CPU, makes each call (call.h) COUNT times and
//                                       prints the nanoseconds of one, a line for each; before that a
//                                       tenth of it is done for warming up
//
// The calls are timed by CLOCK_MONOTONIC in slices of SLICE, some 20 to 200 µs each, and what is printed
// is the median slice: whatever else the machine does meanwhile, such as another process having this CPU
// for a while, makes some slices longer and not the number.
#define _GNU_SOURCE
#include "call.h"
#include <sched.h>
#include <time.h>

#define SLICE 100

static long long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static long long slice(const struct call *call) {
  long long start = now();
  for (int i = 0; i < SLICE; i++) make(call);
  return now() - start;
}

static int by_size(const void *a, const void *b) {
  long long x = *(const long long *)a;
  long long y = *(const long long *)b;
  return (x > y) - (x < y);
}

static double median(const struct call *call, int slices) {
  long long *took = calloc(slices, sizeof *took);
  if (!took) fail("calloc", "");
  for (int i = 0; i < slices / 10; i++) slice(call);
  for (int i = 0; i < slices; i++) took[i] = slice(call);
  qsort(took, slices, sizeof *took, by_size);
  double result = (double)took[slices / 2] / SLICE;
  free(took);
  return result;
}

int main(int argc, char **argv) {
  int slices = argc > 3 ? atoi(argv[2]) / SLICE : 0;
  if (slices < 1) {
    fprintf(stderr, "usage: opencost CPU COUNT CALL[=FILE]...  (COUNT at least %d)\n", SLICE);
    return 2;
  }
  cpu_set_t cpu;
  CPU_ZERO(&cpu);
  CPU_SET(atoi(argv[1]), &cpu);
  if (sched_setaffinity(0, sizeof cpu, &cpu) != 0) fail("sched_setaffinity", argv[1]);
  for (int i = 3; i < argc; i++) {
    struct call call = call_of(argv[i]);
    printf("%.1f\n", median(&call, slices));
  }
  return 0;
}
