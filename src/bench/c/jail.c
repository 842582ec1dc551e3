// jail.c: runs commands as a compiler service does, and times them.
//
//   jail run UID DIR COMMAND...      prints the nanoseconds from before the fork to the end of COMMAND,
//                                    which runs as the user UID in the directory DIR. Its output goes to
//                                    standard error.
//   jail slave UID DIR COMMAND...    the same in a mount namespace of its own, a slave of ours
//   jail unshare COUNT               prints, COUNT times, the nanoseconds of unshare(CLONE_NEWNS) in a new
//                                    process, which is what `unshare -m` asks of the kernel
//   jail whole COUNT ROOT            prints, COUNT times, the nanoseconds of a whole jailed process, from
//                                    before the fork to its end: its own mount, process, IPC, host name and
//                                    cgroup namespaces, a root on a tmpfs with the file system of the
//                                    programs and ROOT with all that is mounted in it bound read-only,
//                                    pivot_root(2), and /bin/true. nsjail(1) does the same.
//
// unshare(1) also makes the copy private, another walk over the same mounts; it is not in the first.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void fail(const char *what, const char *of) {
  fprintf(stderr, "jail: %s %s: %s\n", what, of, strerror(errno));
  _exit(126);
}

static long long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

// Waits for a child that must succeed.
static void finish(pid_t child) {
  int status;
  if (child < 0) fail("fork", "");
  if (waitpid(child, &status, 0) < 0) fail("waitpid", "");
  if (status != 0) {
    fprintf(stderr, "jail: the child ended with wait status %#x\n", status);
    exit(1);
  }
}

static int run(int slave, uid_t uid, const char *dir, char **command) {
  long long start = now();
  pid_t child = fork();
  if (child == 0) {
    if (slave) {
      if (unshare(CLONE_NEWNS) != 0) fail("unshare", "");
      if (mount(NULL, "/", NULL, MS_SLAVE | MS_REC, NULL) != 0) fail("make slave", "/");
    }
    dup2(2, 1);
    if (setgroups(0, NULL) != 0 || setresgid(uid, uid, uid) != 0 || setresuid(uid, uid, uid) != 0) {
      fail("change to user", "");
    }
    if (chdir(dir) != 0) fail("chdir", dir);
    execvp(command[0], command);
    fail("exec", command[0]);
  }
  finish(child);
  printf("%lld\n", now() - start);
  return 0;
}

static int unshare_only(long count) {
  for (long i = 0; i < count; i++) {
    int ends[2];
    if (pipe(ends) != 0) fail("pipe", "");
    pid_t child = fork();
    if (child == 0) {
      long long start = now();
      if (unshare(CLONE_NEWNS) != 0) fail("unshare", "");
      long long took = now() - start;
      _exit(write(ends[1], &took, sizeof took) == sizeof took ? 0 : 1);
    }
    finish(child);
    long long took;
    if (read(ends[0], &took, sizeof took) != sizeof took) fail("read", "");
    printf("%lld\n", took);
    close(ends[0]);
    close(ends[1]);
  }
  return 0;
}

static void bind(const char *from, const char *to) {
  if (mount(from, to, NULL, MS_BIND | MS_REC, NULL) != 0) fail("bind", from);
}

// As PID 1 of the jail, whose new root is the directory JAIL.
static void inside(const char *jail, const char *root) {
  static const char *const PROGRAMS[] = {"bin", "lib", "lib64", "usr"};
  if (mount(NULL, "/", NULL, MS_SLAVE | MS_REC, NULL) != 0) fail("make slave", "/");
  if (mount("tmpfs", jail, "tmpfs", MS_NOSUID | MS_NODEV, "size=1m") != 0) fail("mount tmpfs", jail);
  int at = open(jail, O_PATH | O_DIRECTORY | O_CLOEXEC);
  char to[4096];
  for (size_t i = 0; i < sizeof PROGRAMS / sizeof *PROGRAMS; i++) {
    char from[16];
    struct stat st;
    snprintf(from, sizeof from, "/%s", PROGRAMS[i]);
    if (stat(from, &st) != 0) continue;
    snprintf(to, sizeof to, "%s/%s", jail, PROGRAMS[i]);
    if (mkdirat(at, PROGRAMS[i], 0755) != 0) fail("mkdir", to);
    bind(from, to);
  }
  snprintf(to, sizeof to, "%s/compilers", jail);
  if (mkdirat(at, "compilers", 0755) != 0) fail("mkdir", to);
  bind(root, to);
  if (chdir(jail) != 0) fail("chdir", jail);
  if (syscall(SYS_pivot_root, ".", ".") != 0) fail("pivot_root", jail);
  if (umount2(".", MNT_DETACH) != 0) fail("detach", "the old root");
  execl("/bin/true", "true", (char *)NULL);
  fail("exec", "/bin/true");
}

static int whole(long count, const char *root) {
  char jail[] = "/var/tmp/lazymount-jail-XXXXXX";
  if (!mkdtemp(jail)) fail("mkdtemp", jail);
  for (long i = 0; i < count; i++) {
    long long start = now();
    pid_t child = fork();
    if (child == 0) {
      if (unshare(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP) != 0) {
        fail("unshare", "");
      }
      pid_t first = fork();
      if (first == 0) inside(jail, root);
      finish(first);
      _exit(0);
    }
    finish(child);
    printf("%lld\n", now() - start);
  }
  rmdir(jail);
  return 0;
}

int main(int argc, char **argv) {
  const char *verb = argc > 1 ? argv[1] : "";
  int slave = strcmp(verb, "slave") == 0;
  if ((slave || strcmp(verb, "run") == 0) && argc > 4) return run(slave, atol(argv[2]), argv[3], argv + 4);
  if (strcmp(verb, "unshare") == 0 && argc == 3) return unshare_only(atol(argv[2]));
  if (strcmp(verb, "whole") == 0 && argc == 4) return whole(atol(argv[2]), argv[3]);
  fprintf(stderr, "usage: jail run|slave UID DIR COMMAND... | unshare COUNT | whole COUNT ROOT\n");
  return 2;
}
