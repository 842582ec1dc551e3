// opener.c: opens a file in one way, or opens many as fast as it can.
//
//   opener WAY FILE [MORE]          once; see `ways` below
//   opener names FOLDER NAMES N     opens FOLDER/n0/x, FOLDER/n1/x, ... in turn, N opens in all
//   opener unique FOLDER            opens FOLDER/u0/x, FOLDER/u1/x, ... that do not exist, without end
//   opener existing FOLDER NAMES    the same, and between them FOLDER/n0/x to FOLDER/n(NAMES-1)/x in turn
//   opener mimic FOLDER PID         as a canary would, by any name the threads of PID have, without end
//
// Raw system calls, so that each is the one it says and no library chooses another. A WAY runs on one
// CPU, so that what was opened first is reported first. Exit 0: opened; 1: refused; 2: this kernel
// doesn't have it.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/openat2.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void fail(const char *what, const char *of) {
  fprintf(stderr, "opener: %s %s: %s\n", what, of, strerror(errno));
  exit(1);
}

static void need(long result, const char *what, const char *of) {
  if (result < 0) fail(what, of);
}

static int openat_raw(int at, const char *path, int flags) { return syscall(SYS_openat, at, path, flags, 0); }


static int by_open(char *file, char *more) {
#ifdef SYS_open
  return syscall(SYS_open, file, O_RDONLY, 0);
#else
  return openat_raw(AT_FDCWD, file, O_RDONLY);  // there is no other one on this architecture
#endif
}

static int by_openat(char *file, char *more) { return openat_raw(AT_FDCWD, file, O_RDONLY); }

static int by_openat2(char *file, char *more) {
  struct open_how how = {.flags = O_RDONLY};
  return syscall(SYS_openat2, AT_FDCWD, file, &how, sizeof how);
}

static int by_o_path(char *file, char *more) { return openat_raw(AT_FDCWD, file, O_PATH); }

static int by_write(char *file, char *more) { return openat_raw(AT_FDCWD, file, O_WRONLY); }

static int by_read_write2(char *file, char *more) {
  struct open_how how = {.flags = O_RDWR};
  return syscall(SYS_openat2, AT_FDCWD, file, &how, sizeof how);
}

static int by_read_creat(char *file, char *more) {
  return syscall(SYS_openat, AT_FDCWD, file, O_CREAT | O_RDONLY, 0600);
}

static int by_creat_call(char *file, char *more) {
#ifdef SYS_creat
  return syscall(SYS_creat, file, 0600);
#else
  return by_write(file, more);  // there is no such call on this architecture
#endif
}

static int by_tmpfile(char *file, char *more) {
  return syscall(SYS_openat, AT_FDCWD, file, O_TMPFILE | O_RDWR, 0600);
}

// These open nothing.
static int by_rename(char *file, char *more) { return rename(file, more); }
static int by_mkdir(char *file, char *more) { return mkdir(file, 0755); }
static int by_link(char *file, char *more) { return link(file, more); }
static int by_symlink(char *file, char *more) { return symlink("x", file); }
static int by_unlink(char *file, char *more) { return unlink(file); }

static int by_creat(char *file, char *more) { return syscall(SYS_openat, AT_FDCWD, file, O_CREAT | O_WRONLY, 0600); }

// MORE is the directory, FILE is relative to it.
static int by_directory(char *file, char *more) {
  int at = openat_raw(AT_FDCWD, more, O_RDONLY | O_DIRECTORY);
  need(at, "open", more);
  return openat_raw(at, file, O_RDONLY);
}

static int by_chdir(char *file, char *more) {
  need(chdir(more), "chdir", more);
  return openat_raw(AT_FDCWD, file, O_RDONLY);
}

// The path lies in a page of a file (MORE) that was not read yet, as do the constants of a program
// that was just started.
static int by_untouched_path(char *file, char *more) {
  int fd = syscall(SYS_openat, AT_FDCWD, more, O_RDWR | O_CREAT | O_TRUNC, 0600);
  need(fd, "open", more);
  need(write(fd, file, strlen(file) + 1), "write", more);
  char *path = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
  if (path == MAP_FAILED) fail("mmap", more);
  return openat_raw(AT_FDCWD, path, O_RDONLY);
}

// The path ends where its page does, and the page behind it is missing.
static int by_page_end(char *file, char *more) {
  long page = sysconf(_SC_PAGESIZE);
  char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) fail("mmap", "pages");
  need(munmap(pages + page, page), "munmap", "page");
  char *path = pages + page - strlen(file) - 1;
  strcpy(path, file);
  return openat_raw(AT_FDCWD, path, O_RDONLY);
}

static int by_opendir(char *file, char *more) {
  DIR *directory = opendir(file);
  if (!directory) fail("opendir", file);
  while (readdir(directory)) {
  }
  return 0;
}

static int by_exec(char *file, char *more) {
  char *const argv[] = {file, NULL};
  char *const envp[] = {NULL};
  return syscall(SYS_execve, file, argv, envp);
}

static int by_chdir_exec(char *file, char *more) {
  need(chdir(more), "chdir", more);
  return by_exec(file, NULL);
}

static int by_execveat(char *file, char *more) {
  char *const argv[] = {file, NULL};
  char *const envp[] = {NULL};
  return syscall(SYS_execveat, AT_FDCWD, file, argv, envp, 0);
}

// The handle is had without an open; the descriptor is one of the mount (MORE) it lies in.
static int by_handle(char *file, char *more) {
  struct {
    struct file_handle handle;
    unsigned char bytes[128];
  } h;
  h.handle.handle_bytes = sizeof h.bytes;
  int mount_id;
  need(name_to_handle_at(AT_FDCWD, file, &h.handle, &mount_id, 0), "name_to_handle_at", file);
  int mount = openat_raw(AT_FDCWD, more, O_RDONLY | O_DIRECTORY);
  need(mount, "open", more);
  return open_by_handle_at(mount, &h.handle, O_RDONLY);
}

// A descriptor whose open is not reported (the name is ignored), then mapped into memory.
static int by_mmap(char *file, char *more) {
  prctl(PR_SET_NAME, "updatedb");
  int fd = openat_raw(AT_FDCWD, file, O_RDONLY);
  need(fd, "open", file);
  prctl(PR_SET_NAME, "opener");
  volatile char *bytes = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
  if (bytes == MAP_FAILED) fail("mmap", file);
  return bytes[0] != 0 ? 0 : -1;
}

// IORING_OP_OPENAT, submitted and waited for by io_uring_enter(2); nothing else asks for the file.
static int by_io_uring(char *file, char *more) {
  struct io_uring_params p = {0};
  int ring = syscall(SYS_io_uring_setup, 4, &p);
  if (ring < 0 && (errno == ENOSYS || errno == EPERM)) exit(2);
  need(ring, "io_uring_setup", "");
  size_t size = p.sq_off.array + p.sq_entries * sizeof(uint32_t);
  size_t cq_size = p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe);
  if (cq_size > size) size = cq_size;
  char *queues = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING);
  struct io_uring_sqe *sqes =
      mmap(NULL, p.sq_entries * sizeof *sqes, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQES);
  if (queues == MAP_FAILED || sqes == MAP_FAILED) fail("mmap", "io_uring");
  memset(sqes, 0, sizeof *sqes);
  sqes->opcode = IORING_OP_OPENAT;
  sqes->fd = AT_FDCWD;
  sqes->addr = (uintptr_t)file;
  ((uint32_t *)(queues + p.sq_off.array))[0] = 0;
  __atomic_store_n((uint32_t *)(queues + p.sq_off.tail), 1, __ATOMIC_RELEASE);
  need(syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0), "io_uring_enter", file);
  struct io_uring_cqe *done = (void *)(queues + p.cq_off.cqes);
  errno = done->res < 0 ? -done->res : 0;
  return done->res < 0 ? -1 : done->res;
}

#ifdef __x86_64__
static void no_32_bit(int signal) { _exit(2); }
#endif

// open(2) as a 32-bit program calls it.
static int by_32_bit(char *file, char *more) {
#ifdef __x86_64__
  char *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
  if (low == MAP_FAILED) fail("mmap", "below 4 GiB");
  strncpy(low, file, 4095);
  signal(SIGSEGV, no_32_bit);
  long result;
  __asm__ volatile("int $0x80" : "=a"(result) : "a"(5), "b"(low), "c"(O_RDONLY), "d"(0) : "memory", "r8", "r9", "r10", "r11");
  errno = result < 0 ? -(int)result : 0;
  return result < 0 ? -1 : (int)result;
#else
  exit(2);
#endif
}

static int by_stat(char *file, char *more) {
  struct stat s;
  struct statx x;
  return stat(file, &s) | statx(AT_FDCWD, file, 0, STATX_ALL, &x);
}

static int by_access(char *file, char *more) { return access(file, R_OK) | faccessat(AT_FDCWD, file, R_OK, AT_EACCESS); }

static int by_readlink(char *file, char *more) {
  char target[4096];
  return readlink(file, target, sizeof target);
}

// Makes a namespace and sets the propagation of the mount that has PATH: the first directory upwards
// that is a mount point, as the root of a plain chroot is not one (EINVAL).
static void new_namespace(const char *path, unsigned long propagation) {
  char at[4096];
  snprintf(at, sizeof at, "%s", path);
  need(unshare(CLONE_NEWNS), "unshare", "");
  while (mount(NULL, *at ? at : "/", NULL, MS_REC | propagation, NULL) != 0) {
    need(errno == EINVAL && *at ? 0 : -1, "make private or a slave", path);
    *strrchr(at, '/') = 0;
  }
}

static int by_slave(char *file, char *more) {
  new_namespace(file, MS_SLAVE);
  return by_openat(file, NULL);
}

static int by_private(char *file, char *more) {
  new_namespace(file, MS_PRIVATE);
  return by_openat(file, NULL);
}

// MORE is ROOT:JAIL; the root is bound to /elsewhere in the jail. FILE is seen from there.
static int by_jail(char *file, char *more) {
  char *jail = strchr(more, ':');
  *jail++ = 0;
  char elsewhere[4096];
  snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere", jail);
  new_namespace(jail, MS_PRIVATE);
  need(mount(more, elsewhere, NULL, MS_BIND, NULL), "bind", elsewhere);
  need(chroot(jail), "chroot", jail);
  need(chdir("/"), "chdir", "/");
  return by_openat(file, NULL);
}

// chroot into the root itself.
static int by_chroot(char *file, char *more) {
  need(chroot(more), "chroot", more);
  need(chdir("/"), "chdir", "/");
  return by_openat(file, NULL);
}

// Opens and fails: there is no such file.
static int by_missing(char *file, char *more) {
  int fd = by_openat(file, NULL);
  return fd < 0 && errno == ENOENT ? 0 : -1;
}

static const struct {
  const char *name;
  int (*run)(char *file, char *more);
} ways[] = {
    {"open", by_open},           {"openat", by_openat},       {"openat2", by_openat2},
    {"rename", by_rename},       {"mkdir", by_mkdir},         {"link", by_link},
    {"symlink", by_symlink},     {"unlink", by_unlink},
    {"o_path", by_o_path},       {"creat", by_creat},         {"directory", by_directory},
    {"chdir", by_chdir},         {"untouched", by_untouched_path},
    {"page-end", by_page_end},
    {"opendir", by_opendir},     {"exec", by_exec},           {"chdir-exec", by_chdir_exec},
    {"execveat", by_execveat},   {"handle", by_handle},       {"mmap", by_mmap},
    {"io_uring", by_io_uring},   {"32-bit", by_32_bit},
    {"stat", by_stat},           {"access", by_access},       {"readlink", by_readlink},
    {"slave", by_slave},         {"private", by_private},     {"jail", by_jail},
    {"chroot", by_chroot},       {"missing", by_missing},
    {"write", by_write},         {"read-write2", by_read_write2},
    {"read-creat", by_read_creat}, {"creat-call", by_creat_call},
    {"tmpfile", by_tmpfile},
};

static void try(const char *path) {
  int fd = openat_raw(AT_FDCWD, path, O_RDONLY);
  if (fd >= 0) close(fd);
}

static int names(const char *folder, long count, long opens) {
  char path[4096];
  for (long i = 0; i < opens; i++) {
    snprintf(path, sizeof path, "%s/n%ld/x", folder, i % count);
    try(path);
  }
  return 0;
}

static void without_end(const char *folder, long count) {
  char path[4096];
  for (long i = 0;; i++) {
    snprintf(path, sizeof path, "%s/u%ld/x", folder, i);
    try(path);
    if (count == 0) continue;
    snprintf(path, sizeof path, "%s/n%ld/x", folder, i % count);
    try(path);
  }
}

// Opens FOLDER itself by each name that a thread of PID has now, and paths that look like a canary's.
static void mimic(const char *folder, const char *pid) {
  char path[4096], name[64];
  snprintf(path, sizeof path, "/proc/%s/task", pid);
  char tasks[4096];
  strcpy(tasks, path);
  for (long i = 0;; i++) {
    DIR *threads = opendir(tasks);
    for (struct dirent *t; threads && (t = readdir(threads));) {
      snprintf(path, sizeof path, "%s/%s/comm", tasks, t->d_name);
      int fd = openat_raw(AT_FDCWD, path, O_RDONLY);
      ssize_t n = fd < 0 ? 0 : read(fd, name, sizeof name - 1);
      if (fd >= 0) close(fd);
      if (n > 1) {
        name[n - 1] = 0;
        prctl(PR_SET_NAME, name);
        try(folder);
      }
      snprintf(path, sizeof path, "%s/.lazymount-canary-%s", folder, name);
      try(path);
    }
    if (threads) closedir(threads);
    snprintf(path, sizeof path, "%s/.lazymount-canary-%032lx", folder, i);
    try(path);
    snprintf(path, sizeof path, "%s/.lazymount-canary-xyz/x", folder);
    try(path);
  }
}

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: opener WAY FILE [MORE]\n");
    return 1;
  }
  char *file = argv[2], *more = argc > 3 ? argv[3] : NULL;
  if (strcmp(argv[1], "names") == 0) return names(file, atol(more), atol(argv[4]));
  if (strcmp(argv[1], "unique") == 0) without_end(file, 0);
  if (strcmp(argv[1], "existing") == 0) without_end(file, atol(more));
  if (strcmp(argv[1], "mimic") == 0) mimic(file, more);
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(0, &one);
  sched_setaffinity(0, sizeof one, &one);
  for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
    if (strcmp(argv[1], ways[i].name) == 0) {
      need(ways[i].run(file, more), argv[1], file);
      return 0;
    }
  }
  fprintf(stderr, "opener: there is no way %s\n", argv[1]);
  return 1;
}
