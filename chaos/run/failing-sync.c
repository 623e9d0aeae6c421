/* Lets fsync, fdatasync, msync and sync_file_range fail with EIO while the file that
   OPENLINE_CHAOS_FAIL_SYNC names is there. For LD_PRELOAD. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

static int fails(void) {
  const char *flag = getenv("OPENLINE_CHAOS_FAIL_SYNC");
  if (flag == NULL || access(flag, F_OK) != 0) return 0;
  errno = EIO;
  return 1;
}

#define NEXT(type, name) ((type)dlsym(RTLD_NEXT, name))

int fsync(int file) {
  return fails() ? -1 : NEXT(int (*)(int), "fsync")(file);
}

int fdatasync(int file) {
  return fails() ? -1 : NEXT(int (*)(int), "fdatasync")(file);
}

int msync(void *start, size_t length, int flags) {
  return fails() ? -1 : NEXT(int (*)(void *, size_t, int), "msync")(start, length, flags);
}

int sync_file_range(int file, off_t offset, off_t count, unsigned int flags) {
  return fails() ? -1
                 : NEXT(int (*)(int, off_t, off_t, unsigned int), "sync_file_range")(
                       file, offset, count, flags);
}
