// A C library for FailingCalls: the functions that dev.lazymount.linux.LibC binds, numbered from 1 on,
// of which the n-th can fail without being made, or be the last one of the process.
//
// LD_PRELOAD puts it before the system's C library. Only calls of the thread that armed it are numbered,
// and of those not the ones by which the JVM loads classes. Those of java.nio are.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MOST 4096

enum mode { COUNT, FAIL_ONCE, FAIL_FROM, KILL_AFTER };

static __thread int armed;
static __thread int numbered;
static enum mode mode;
static long target;
static int error;
static long count;
static char names[MOST][24];

static long (*real)(long, ...);

static void find_real(void) {
  real = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
  if (!real) {
    abort();
  }
}

// Child processes need no such library.
__attribute__((constructor)) static void start(void) { unsetenv("LD_PRELOAD"); }

// From now on calls are numbered from 1.
void failing_arm(int new_mode, long new_target, int new_error) {
  mode = (enum mode)new_mode;
  target = new_target;
  error = new_error;
  count = 0;
  armed = 1;
}

// Ends the numbering; returns how many calls there were.
long failing_disarm(void) {
  armed = 0;
  return count;
}

// The name of call number n of the last numbering.
const char *failing_name(long n) { return n >= 1 && n <= count && n < MOST ? names[n] : ""; }

int failing_fork(void) { return fork(); }

void failing_exit(int status) { _exit(status); }

// Waits for a child; its status as of wait(2), or -1 if it had to be killed at the time-out.
int failing_wait(int pid, int millis) {
  struct timespec pause = {0, 500000};
  int status = 0;
  for (int i = 0; i < millis * 2; i++) {
    if (waitpid(pid, &status, WNOHANG) == pid) {
      return status;
    }
    nanosleep(&pause, NULL);
  }
  kill(pid, SIGKILL);
  waitpid(pid, &status, 0);
  return -1;
}

// Whether code at this address is part of the JVM, apart from java.nio.
static int is_jvm(void *address) {
  Dl_info info;
  if (!dladdr(address, &info) || !info.dli_fname) {
    return 0;
  }
  const char *slash = strrchr(info.dli_fname, '/');
  const char *file = slash ? slash + 1 : info.dli_fname;
  return !strcmp(file, "libjvm.so") || !strcmp(file, "libjava.so") || !strcmp(file, "libzip.so") ||
         !strcmp(file, "libjimage.so") || !strncmp(file, "libc.so", 7);
}

// Numbers a call from this address; whether it fails without being made.
static int begin(const char *name, void *caller) {
  if (!real) {
    find_real();
  }
  if (!armed || is_jvm(caller)) {
    numbered = 0;
    return 0;
  }
  numbered = 1;
  count++;
  if (count < MOST) {
    snprintf(names[count], sizeof names[count], "%s", name);
  }
  return (mode == FAIL_ONCE && count == target) || (mode == FAIL_FROM && count >= target);
}

static long end(long result) {
  if (armed && numbered && mode == KILL_AFTER && count == target) {
    kill(getpid(), SIGKILL);
    for (;;) {
      pause();
    }
  }
  return result;
}

static long refuse(void) {
  errno = error;
  return -1;
}

#define CALL(name, ...) return begin(name, __builtin_return_address(0)) ? refuse() : end(real(__VA_ARGS__))

int openat(int fd, const char *path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  int file_mode = va_arg(more, int);
  va_end(more);
  CALL("openat", SYS_openat, fd, path, flags, file_mode);
}

int open64(const char *path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  int file_mode = va_arg(more, int);
  va_end(more);
  CALL("open", SYS_openat, AT_FDCWD, path, flags, file_mode);
}

// The kernel releases the descriptor even if close(2) fails.
int close(int fd) {
  int fails = begin("close", __builtin_return_address(0));
  long result = end(real(SYS_close, fd));
  return fails ? refuse() : result;
}

int flock(int fd, int operation) { CALL("flock", SYS_flock, fd, operation); }

int ioctl(int fd, unsigned long request, ...) {
  va_list more;
  va_start(more, request);
  void *argument = va_arg(more, void *);
  va_end(more);
  CALL(request == 0x4C82   ? "LOOP_CTL_GET_FREE"
       : request == 0x4C0A ? "LOOP_CONFIGURE"
       : request == 0x4C05 ? "LOOP_GET_STATUS64"
                           : "ioctl",
       SYS_ioctl, fd, request, argument);
}

int statx(int fd, const char *path, int flags, unsigned mask, void *result) {
  CALL("statx", SYS_statx, fd, path, flags, mask, result);
}

long getdents64(int fd, void *entries, size_t size) {
  CALL("getdents64", SYS_getdents64, fd, entries, size);
}

ssize_t readlinkat(int fd, const char *path, char *text, size_t size) {
  CALL("readlinkat", SYS_readlinkat, fd, path, text, size);
}

int symlinkat(const char *text, int fd, const char *path) {
  CALL("symlinkat", SYS_symlinkat, text, fd, path);
}

int unlinkat(int fd, const char *path, int flags) {
  CALL("unlinkat", SYS_unlinkat, fd, path, flags);
}

ssize_t pread(int fd, void *buffer, size_t size, off_t offset) {
  CALL("pread", SYS_pread64, fd, buffer, size, offset);
}

ssize_t read(int fd, void *buffer, size_t size) { CALL("read", SYS_read, fd, buffer, size); }

int umount2(const char *path, int flags) { CALL("umount2", SYS_umount2, path, flags); }

long syscall(long number, ...) {
  va_list more;
  va_start(more, number);
  long a = va_arg(more, long), b = va_arg(more, long), c = va_arg(more, long);
  long d = va_arg(more, long), e = va_arg(more, long);
  va_end(more);
  CALL(number == 428   ? "open_tree"
       : number == 429 ? "move_mount"
       : number == 430 ? "fsopen"
       : number == 431 ? "fsconfig"
       : number == 432 ? "fsmount"
       : number == 437 ? "openat2"
       : number == 457 ? "statmount"
                       : "syscall",
       number, a, b, c, d, e);
}
