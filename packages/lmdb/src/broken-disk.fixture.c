/*
 * Stands before the C library's writes and flushes of data.mdb, and breaks them while a file says so.
 *
 * BROKEN_DISK names that file. What it holds:
 *
 *     write   writes take only half of what they are given, and no more after that
 *     full    the same, and the disk has no bytes free
 *     sync    flushes fail; so do writes through a descriptor that waits for the disk (O_DSYNC)
 *     hold    flushes wait until it says something else
 *
 * Without it all is well.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

static int is_data_file(int fd)
{
	char link[64], path[4096];
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t length = readlink(link, path, sizeof path - 1);
	if (length < 9)
		return 0;
	path[length] = 0;
	return strcmp(path + length - 9, "/data.mdb") == 0;
}

/* What the file says, "" if there is none. */
static void read_state(char *text, int size)
{
	FILE *file = fopen(getenv("BROKEN_DISK"), "r");
	if (file == NULL || fgets(text, size, file) == NULL)
		text[0] = 0;
	if (file != NULL)
		fclose(file);
}

/* Whether this is broken now: writes of the data file, or its flushes. */
static int is_broken(int fd, int is_flush)
{
	char text[32];
	int saved = errno;
	if (getenv("BROKEN_DISK") == NULL || !is_data_file(fd))
		return 0;
	read_state(text, sizeof text);
	while (is_flush && strcmp(text, "hold") == 0) {
		struct timespec moment = {0, 2000000};
		nanosleep(&moment, NULL);
		read_state(text, sizeof text);
	}
	errno = saved;
	if (is_flush)
		return strcmp(text, "sync") == 0;
	return strcmp(text, "write") == 0 || strcmp(text, "full") == 0;
}

static int waits_for_disk(int fd)
{
	return (fcntl(fd, F_GETFL) & O_DSYNC) != 0;
}

static int refuse(void)
{
	errno = EIO;
	return -1;
}

#define REAL(type, name, ...) ((type (*)(__VA_ARGS__)) dlsym(RTLD_NEXT, name))

ssize_t pwrite64(int fd, const void *bytes, size_t size, off_t at)
{
	int is_flush = waits_for_disk(fd);
	int broken = is_broken(fd, is_flush);
	if (broken && is_flush)
		return refuse();
	if (broken)
		size /= 2;
	return REAL(ssize_t, "pwrite64", int, const void *, size_t, off_t)(fd, bytes, size, at);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at)
{
	return pwrite64(fd, bytes, size, at);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
	if (is_broken(fd, 0))
		count = 1;
	return REAL(ssize_t, "writev", int, const struct iovec *, int)(fd, parts, count);
}

int fdatasync(int fd)
{
	if (is_broken(fd, 1))
		return refuse();
	return REAL(int, "fdatasync", int)(fd);
}

int fsync(int fd)
{
	if (is_broken(fd, 1))
		return refuse();
	return REAL(int, "fsync", int)(fd);
}

int statfs64(const char *path, struct statfs64 *about)
{
	char text[32] = "";
	int result = REAL(int, "statfs64", const char *, struct statfs64 *)(path, about);
	if (getenv("BROKEN_DISK") != NULL)
		read_state(text, sizeof text);
	if (strcmp(text, "full") == 0)
		about->f_bavail = 0;
	return result;
}

int statfs(const char *path, struct statfs *about)
{
	return statfs64(path, (struct statfs64 *) about);
}
