// latency.c: a directory with the latency of a network's storage: a read-only FUSE passthrough.
//
//   latency FROM AT METADATA READ THROUGHPUT CACHE [COUNTS]
//                  shows the directory FROM at the mount point AT, in the foreground, until SIGTERM.
//                  METADATA: microseconds of each metadata call (lookup, attributes, open, listing).
//                  READ: microseconds of each read, on top of the time that its bytes take.
//                  THROUGHPUT: megabytes per second of the link, shared by all reads.
//                  CACHE: seconds that the kernel may use attributes and names without asking.
//                  COUNTS: a file that always has three numbers of 64 bits: metadata calls, reads, bytes.
//
// What it has in common with NFS: attributes, names and also missing names are cached for CACHE seconds
// (acregmax and acdirmax are 60 s); an open costs a call (close-to-open) and keeps the page cache; reads
// are of up to 128 KiB, the default read-ahead of a mount, and several at a time. What it does not have:
// delegations, listings that bring attributes along, servers that hesitate.
//
// FROM should be in memory (tmpfs): drop_caches then makes AT cold, and FROM remains as fast as it is.
// Inode numbers are those of FROM, because the kernel may forget and look up a directory at any time.
#define _GNU_SOURCE
#define FUSE_USE_VERSION 35
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

static int from;
static long long metadata_ns, read_ns;
static double ns_per_byte;
static double cache_seconds;
static struct {
  uint64_t metadata, reads, bytes;
} here, *counts = &here;

static pthread_mutex_t link_lock = PTHREAD_MUTEX_INITIALIZER;
static long long link_free_at;  // when the link has sent all that was asked for

static long long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void sleep_until(long long at) {
  struct timespec t = {at / 1000000000, at % 1000000000};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR) {
  }
}

static void metadata_call(void) {
  __atomic_add_fetch(&counts->metadata, 1, __ATOMIC_RELAXED);
  sleep_until(now() + metadata_ns);
}

// The path below FROM; "" is FROM itself, for calls with AT_EMPTY_PATH.
static const char *below(const char *path) {
  return path + 1;
}

static int get_attributes(const char *path, struct stat *st, struct fuse_file_info *fi) {
  metadata_call();
  (void)fi;
  int failed = fstatat(from, below(path), st, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH);
  return failed ? -errno : 0;
}

static int read_link(const char *path, char *target, size_t size) {
  metadata_call();
  ssize_t n = readlinkat(from, below(path), target, size - 1);
  if (n < 0) return -errno;
  target[n] = 0;
  return 0;
}

static int open_directory(const char *path, struct fuse_file_info *fi) {
  metadata_call();
  int fd = openat(from, *below(path) ? below(path) : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return -errno;
  fi->fh = (uintptr_t)fdopendir(fd);
  return 0;
}

static int list(const char *path, void *into, fuse_fill_dir_t fill, off_t offset, struct fuse_file_info *fi,
                enum fuse_readdir_flags flags) {
  (void)path, (void)offset, (void)flags;
  metadata_call();
  DIR *directory = (DIR *)(uintptr_t)fi->fh;
  rewinddir(directory);
  for (struct dirent *entry; (entry = readdir(directory));) {
    struct stat st = {.st_ino = entry->d_ino, .st_mode = DTTOIF(entry->d_type)};
    if (fill(into, entry->d_name, &st, 0, 0)) break;
  }
  return 0;
}

static int release_directory(const char *path, struct fuse_file_info *fi) {
  (void)path;
  closedir((DIR *)(uintptr_t)fi->fh);
  return 0;
}

static int open_file(const char *path, struct fuse_file_info *fi) {
  metadata_call();
  if ((fi->flags & O_ACCMODE) != O_RDONLY) return -EROFS;
  int fd = openat(from, below(path), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return -errno;
  fi->fh = fd;
  fi->keep_cache = 1;
  return 0;
}

static int read_file(const char *path, char *into, size_t size, off_t offset, struct fuse_file_info *fi) {
  (void)path;
  long long arrived = now();
  ssize_t n = pread(fi->fh, into, size, offset);
  if (n < 0) return -errno;
  __atomic_add_fetch(&counts->reads, 1, __ATOMIC_RELAXED);
  __atomic_add_fetch(&counts->bytes, n, __ATOMIC_RELAXED);
  pthread_mutex_lock(&link_lock);
  if (link_free_at < arrived) link_free_at = arrived;
  link_free_at += n * ns_per_byte;
  long long sent = link_free_at;
  pthread_mutex_unlock(&link_lock);
  sleep_until(sent + read_ns);
  return n;
}

static int release_file(const char *path, struct fuse_file_info *fi) {
  (void)path;
  close(fi->fh);
  return 0;
}

static int file_system(const char *path, struct statvfs *st) {
  (void)path;
  metadata_call();
  return fstatvfs(from, st) ? -errno : 0;
}

static void *set_up(struct fuse_conn_info *connection, struct fuse_config *config) {
  connection->max_background = 64;
  connection->congestion_threshold = 64;
  config->use_ino = 1;
  config->attr_timeout = config->entry_timeout = config->negative_timeout = cache_seconds;
  return NULL;
}

static const struct fuse_operations operations = {
    .init = set_up,
    .getattr = get_attributes,
    .readlink = read_link,
    .opendir = open_directory,
    .readdir = list,
    .releasedir = release_directory,
    .open = open_file,
    .read = read_file,
    .release = release_file,
    .statfs = file_system,
};

int main(int argc, char **argv) {
  if (argc != 7 && argc != 8) {
    fprintf(stderr, "usage: latency FROM AT METADATA_US READ_US MB_PER_SECOND CACHE_S [COUNTS]\n");
    return 2;
  }
  from = open(argv[1], O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (from < 0) {
    perror(argv[1]);
    return 1;
  }
  metadata_ns = atoll(argv[3]) * 1000;
  read_ns = atoll(argv[4]) * 1000;
  ns_per_byte = 1000.0 / atof(argv[5]);
  cache_seconds = atof(argv[6]);
  if (argc == 8) {
    int fd = open(argv[7], O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0 || ftruncate(fd, sizeof here) != 0) {
      perror(argv[7]);
      return 1;
    }
    counts = mmap(NULL, sizeof here, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (counts == MAP_FAILED) {
      perror(argv[7]);
      return 1;
    }
  }
  // By default a sleep may take 50 µs more than it should; threads inherit this.
  prctl(PR_SET_TIMERSLACK, 1);
  char *words[] = {argv[0],       argv[2], "-f", "-o",
                   "ro,nosuid,nodev,allow_other,default_permissions,fsname=latency,subtype=latency,"
                  "max_threads=64,max_idle_threads=64",
                   NULL};
  return fuse_main(sizeof words / sizeof *words - 1, words, &operations, NULL);
}
