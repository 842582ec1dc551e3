// instructions.c: how many instructions a system call takes, in a machine that counts them.
//
//   instructions ROUNDS CALL[=FILE]...   makes each call (call.h) ROUNDS times and prints, a line for
//                                        each, the median and the least number of instructions
//
// Under qemu's -icount shift=0 the time stamp counter counts the instructions of user space and kernel
// alike, so that a call that does the same takes the same number each time. What else the machine does
// meanwhile, such as a timer, makes a few rounds longer and not the median. On any other machine the
// numbers are cycles, and mean little.
#define _GNU_SOURCE
#include "call.h"

static unsigned long long counter(void) {
  unsigned low, high;
  __asm__ volatile("rdtsc" : "=a"(low), "=d"(high)::"memory");
  return (unsigned long long)high << 32 | low;
}

static int by_size(const void *a, const void *b) {
  unsigned long long x = *(const unsigned long long *)a;
  unsigned long long y = *(const unsigned long long *)b;
  return (x > y) - (x < y);
}

static void measure(const struct call *call, int rounds) {
  unsigned long long *took = calloc(rounds, sizeof *took);
  if (!took) fail("calloc", "");
  for (int i = 0; i < rounds / 4; i++) make(call);
  for (int i = 0; i < rounds; i++) {
    unsigned long long start = counter();
    make(call);
    took[i] = counter() - start;
  }
  qsort(took, rounds, sizeof *took, by_size);
  printf("%llu %llu\n", took[rounds / 2], took[0]);
  free(took);
}

int main(int argc, char **argv) {
  int rounds = argc > 2 ? atoi(argv[1]) : 0;
  if (rounds < 1) {
    fprintf(stderr, "usage: instructions ROUNDS CALL[=FILE]...\n");
    return 2;
  }
  for (int i = 2; i < argc; i++) {
    struct call call = call_of(argv[i]);
    measure(&call, rounds);
  }
  return 0;
}
