// storage.c: a read-only FUSE file system of a directory, for storage that hangs: stop it with SIGSTOP.
//
//   storage FROM AT    shows the directory FROM at the mount point AT, in the foreground, until SIGTERM
//
// Files have the identity of those in FROM, as on NFS: after a rename over an image, a process that has the old
// one open goes on reading the old one. (A FUSE file system that knows files by path, such as bindfs, would
// mix them.) Names and attributes are not cached, so each look at a file asks it.
#define _GNU_SOURCE
#define FUSE_USE_VERSION 35
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fuse_lowlevel.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

struct node {
  int fd;  // O_PATH; keeps the inode number from being used again
  ino_t ino;
  uint64_t lookups;
  struct node *next;
};

static struct node root;

static struct node *node_of(fuse_ino_t ino) {
  return ino == FUSE_ROOT_ID ? &root : (struct node *)ino;
}

static void lookup(fuse_req_t request, fuse_ino_t parent, const char *name) {
  struct fuse_entry_param entry = {0};
  int fd = openat(node_of(parent)->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0 || fstatat(fd, "", &entry.attr, AT_EMPTY_PATH) != 0) {
    fuse_reply_err(request, errno);
    return;
  }
  struct node *node = root.next;
  while (node && node->ino != entry.attr.st_ino) node = node->next;
  if (node) {
    close(fd);
  } else {
    node = calloc(1, sizeof *node);
    if (!node) abort();
    *node = (struct node){.fd = fd, .ino = entry.attr.st_ino, .next = root.next};
    root.next = node;
  }
  node->lookups++;
  entry.ino = (fuse_ino_t)node;
  fuse_reply_entry(request, &entry);
}

static void forget(fuse_req_t request, fuse_ino_t ino, uint64_t count) {
  struct node *node = node_of(ino);
  if (node != &root && (node->lookups -= count) == 0) {
    struct node *before = &root;
    while (before->next != node) before = before->next;
    before->next = node->next;
    close(node->fd);
    free(node);
  }
  fuse_reply_none(request);
}

static void get_attributes(fuse_req_t request, fuse_ino_t ino, struct fuse_file_info *info) {
  (void)info;
  struct stat attributes;
  if (fstatat(node_of(ino)->fd, "", &attributes, AT_EMPTY_PATH) != 0) {
    fuse_reply_err(request, errno);
  } else {
    fuse_reply_attr(request, &attributes, 0);
  }
}

static void read_link(fuse_req_t request, fuse_ino_t ino) {
  char target[4096];
  ssize_t length = readlinkat(node_of(ino)->fd, "", target, sizeof target - 1);
  if (length < 0) {
    fuse_reply_err(request, errno);
    return;
  }
  target[length] = 0;
  fuse_reply_readlink(request, target);
}

static int reopen(fuse_ino_t ino, int flags) {
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", node_of(ino)->fd);
  return open(path, flags | O_CLOEXEC);
}

static void open_file(fuse_req_t request, fuse_ino_t ino, struct fuse_file_info *info) {
  int fd = (info->flags & O_ACCMODE) == O_RDONLY ? reopen(ino, O_RDONLY) : (errno = EROFS, -1);
  if (fd < 0) {
    fuse_reply_err(request, errno);
    return;
  }
  info->fh = fd;
  info->keep_cache = 1;
  fuse_reply_open(request, info);
}

static void read_file(fuse_req_t request, fuse_ino_t ino, size_t size, off_t offset, struct fuse_file_info *info) {
  (void)ino;
  struct fuse_bufvec data = FUSE_BUFVEC_INIT(size);
  data.buf[0].flags = FUSE_BUF_IS_FD | FUSE_BUF_FD_SEEK;
  data.buf[0].fd = info->fh;
  data.buf[0].pos = offset;
  fuse_reply_data(request, &data, FUSE_BUF_SPLICE_MOVE);
}

static void release_file(fuse_req_t request, fuse_ino_t ino, struct fuse_file_info *info) {
  (void)ino;
  close(info->fh);
  fuse_reply_err(request, 0);
}

static void open_directory(fuse_req_t request, fuse_ino_t ino, struct fuse_file_info *info) {
  int fd = reopen(ino, O_RDONLY | O_DIRECTORY);
  DIR *directory = fd < 0 ? NULL : fdopendir(fd);
  if (!directory) {
    fuse_reply_err(request, errno);
    return;
  }
  info->fh = (uintptr_t)directory;
  fuse_reply_open(request, info);
}

static void list(fuse_req_t request, fuse_ino_t ino, size_t size, off_t offset, struct fuse_file_info *info) {
  (void)ino;
  DIR *directory = (DIR *)(uintptr_t)info->fh;
  char *into = malloc(size);
  if (!into) abort();
  size_t used = 0;
  seekdir(directory, offset);
  for (struct dirent *entry; (entry = readdir(directory));) {
    struct stat attributes = {.st_ino = entry->d_ino, .st_mode = DTTOIF(entry->d_type)};
    size_t more =
        fuse_add_direntry(request, into + used, size - used, entry->d_name, &attributes, telldir(directory));
    if (more > size - used) break;
    used += more;
  }
  fuse_reply_buf(request, into, used);
  free(into);
}

static void release_directory(fuse_req_t request, fuse_ino_t ino, struct fuse_file_info *info) {
  (void)ino;
  closedir((DIR *)(uintptr_t)info->fh);
  fuse_reply_err(request, 0);
}

static void file_system(fuse_req_t request, fuse_ino_t ino) {
  struct statvfs status;
  if (fstatvfs(node_of(ino)->fd, &status) != 0) {
    fuse_reply_err(request, errno);
  } else {
    fuse_reply_statfs(request, &status);
  }
}

static const struct fuse_lowlevel_ops operations = {
    .lookup = lookup,
    .forget = forget,
    .getattr = get_attributes,
    .readlink = read_link,
    .open = open_file,
    .read = read_file,
    .release = release_file,
    .opendir = open_directory,
    .readdir = list,
    .releasedir = release_directory,
    .statfs = file_system,
};

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: storage FROM AT\n");
    return 2;
  }
  root.fd = open(argv[1], O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (root.fd < 0) {
    perror(argv[1]);
    return 1;
  }
  char *words[] = {argv[0], "-o", "ro,nosuid,nodev,allow_other,default_permissions,fsname=storage,subtype=storage"};
  struct fuse_args arguments = FUSE_ARGS_INIT(sizeof words / sizeof *words, words);
  struct fuse_session *session = fuse_session_new(&arguments, &operations, sizeof operations, NULL);
  if (!session || fuse_set_signal_handlers(session) != 0 || fuse_session_mount(session, argv[2]) != 0) return 1;
  int result = fuse_session_loop(session);
  fuse_session_unmount(session);
  fuse_remove_signal_handlers(session);
  fuse_session_destroy(session);
  return result ? 1 : 0;
}
