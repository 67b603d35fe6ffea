/*
 * A disk with faults, for LD_PRELOAD. Touches only files below $SHIM_ROOT.
 *
 * SHIM_DELAY_US   every fsync takes this much longer.
 * SHIM_FAIL       while this file exists, fsync of a write-ahead log answers EIO.
 * SHIM_FAIL_WRITE while this file exists, a write to a write-ahead log answers EIO.
 * SHIM_SHADOW     a folder that holds what the disk would hold after a power loss: a file is copied there at each
 *                 successful fsync of it, and leaves when its folder is synced after its deletion.
 *
 * Two traps. Deletions must be followed too, or the journal of the creation comes back and "loses" everything. And the
 * copy reads by pread on the caller's descriptor: to open the live file here and close it would drop the POSIX locks
 * that the process holds on it.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static pthread_mutex_t shadow_lock = PTHREAD_MUTEX_INITIALIZER;

/* The path of a descriptor, if it lies below the root. */
static int path_of(int fd, char path[PATH_MAX]) {
  const char *root = getenv("SHIM_ROOT");
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, PATH_MAX - 1);
  if (root == NULL || length <= 0) return 0;
  path[length] = 0;
  return strncmp(path, root, strlen(root)) == 0;
}

static int is_log(const char *path) {
  size_t length = strlen(path);
  return length > 4 && strcmp(path + length - 4, "-wal") == 0;
}

static int is_set(const char *name) {
  const char *file = getenv(name);
  return file != NULL && access(file, F_OK) == 0;
}

/* Copies by way of another name, so that a kill leaves the copy before or the copy after. */
static void copy_to_shadow(int fd, const char *path, const char *shadow) {
  char to[PATH_MAX * 2], part[PATH_MAX * 2 + 8], buffer[65536];
  snprintf(to, sizeof to, "%s/%s", shadow, strrchr(path, '/') + 1);
  snprintf(part, sizeof part, "%s.part", to);
  int out = open(part, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  off_t at = 0;
  for (ssize_t got; (got = pread(fd, buffer, sizeof buffer, at)) > 0; at += got)
    if (write(out, buffer, got) != got) abort();
  close(out);
  rename(part, to);
}

static void drop_deleted(const char *folder, const char *shadow) {
  DIR *listing = opendir(shadow);
  if (listing == NULL) return;
  for (struct dirent *entry; (entry = readdir(listing)) != NULL;) {
    if (entry->d_name[0] == '.') continue;
    char live[PATH_MAX * 2], copy[PATH_MAX * 2];
    snprintf(live, sizeof live, "%s/%s", folder, entry->d_name);
    snprintf(copy, sizeof copy, "%s/%s", shadow, entry->d_name);
    if (access(live, F_OK) != 0) unlink(copy);
  }
  closedir(listing);
}

static int sync_with_faults(int fd, long call) {
  char path[PATH_MAX];
  int ours = path_of(fd, path);
  const char *delay = getenv("SHIM_DELAY_US"), *shadow = getenv("SHIM_SHADOW");
  if (ours && delay != NULL) usleep(atoi(delay));
  if (ours && is_log(path) && is_set("SHIM_FAIL")) return errno = EIO, -1;
  int result = syscall(call, fd);
  struct stat about;
  if (result != 0 || !ours || shadow == NULL || fstat(fd, &about) != 0) return result;
  pthread_mutex_lock(&shadow_lock);
  if (S_ISDIR(about.st_mode)) drop_deleted(path, shadow);
  else copy_to_shadow(fd, path, shadow);
  pthread_mutex_unlock(&shadow_lock);
  return result;
}

int fsync(int fd) { return sync_with_faults(fd, SYS_fsync); }
int fdatasync(int fd) { return sync_with_faults(fd, SYS_fdatasync); }

static int refuses_write(int fd) {
  char path[PATH_MAX];
  return is_set("SHIM_FAIL_WRITE") && path_of(fd, path) && is_log(path);
}

ssize_t pwrite64(int fd, const void *from, size_t count, off64_t at) {
  if (refuses_write(fd)) return errno = EIO, -1;
  return syscall(SYS_pwrite64, fd, from, count, at);
}
ssize_t pwrite(int fd, const void *from, size_t count, off_t at) { return pwrite64(fd, from, count, at); }
