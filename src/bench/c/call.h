// call.h: the system calls whose cost opencost.c and instructions.c measure.
//
// On the command line a call is CALL[=FILE]: getppid; read (one byte of FILE); stat; missing (an open of
// FILE, which must fail with ENOENT); open (open and close of FILE).
#ifndef CALL_H
#define CALL_H
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum kind { GETPPID, READ, STAT, MISSING, OPEN, KINDS };

struct call {
  enum kind kind;
  const char *file;
  int fd; // of READ
};

static const char *const kinds[] = {"getppid", "read", "stat", "missing", "open"};

static void fail(const char *what, const char *of) {
  fprintf(stderr, "%s %s: %s\n", what, of, strerror(errno));
  exit(1);
}

// The call that a word of the command line names. Exits with 2 if it names none.
static struct call call_of(char *word) {
  struct call call = {.kind = GETPPID, .file = "", .fd = -1};
  char *file = strchr(word, '=');
  if (file) {
    *file = 0;
    call.file = file + 1;
  }
  while (call.kind < KINDS && strcmp(word, kinds[call.kind]) != 0) call.kind++;
  if (call.kind == KINDS || (call.kind != GETPPID && !file)) {
    fprintf(stderr, "no such call, or no file: %s\n", word);
    exit(2);
  }
  if (call.kind == READ && (call.fd = open(call.file, O_RDONLY | O_CLOEXEC)) < 0) fail("open", call.file);
  return call;
}

// Makes it once, without the C library, which may do more. Exits with 1 if it ends as it should not.
static inline void make(const struct call *call) {
  struct stat status;
  char byte;
  long result;
  switch (call->kind) {
    case READ: result = syscall(SYS_pread64, call->fd, &byte, 1, 0); break;
    case STAT: result = syscall(SYS_newfstatat, AT_FDCWD, call->file, &status, 0); break;
    case MISSING:
      result = syscall(SYS_openat, AT_FDCWD, call->file, O_RDONLY | O_CLOEXEC);
      if (result != -1 || errno != ENOENT) fail("no ENOENT for", call->file);
      return;
    case OPEN:
      result = syscall(SYS_openat, AT_FDCWD, call->file, O_RDONLY | O_CLOEXEC);
      if (result >= 0) result = syscall(SYS_close, result);
      break;
    default: result = syscall(SYS_getppid);
  }
  if (result < 0) fail(kinds[call->kind], call->file);
}
#endif
