/*
 * Stands before the C library's writes and flushes of data.mdb, and breaks them while a file says so.
 *
 * BROKEN_DISK names that file. What it holds: "sync EIO" fails flushes, "write EIO" and
 * "write ENOSPC" fail writes, "hold" makes flushes wait until it says no more. Without it all is well.
 * Writes through the descriptor that LMDB opened with O_DSYNC count as flushes, too.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
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

/* The error that `act` shall have now, or 0. */
static int fault(int fd, const char *act)
{
	char text[32];
	int saved = errno;
	if (getenv("BROKEN_DISK") == NULL || !is_data_file(fd))
		return 0;
	read_state(text, sizeof text);
	while (strcmp(text, "hold") == 0 && strcmp(act, "sync") == 0) {
		struct timespec moment = {0, 2000000};
		nanosleep(&moment, NULL);
		read_state(text, sizeof text);
	}
	errno = saved;
	if (strncmp(text, act, strlen(act)) != 0)
		return 0;
	return strstr(text, "ENOSPC") != NULL ? ENOSPC : EIO;
}

static int refuse(int error)
{
	errno = error;
	return -1;
}

static const char *act_of(int fd)
{
	return (fcntl(fd, F_GETFL) & O_DSYNC) ? "sync" : "write";
}

#define REAL(type, name, ...) ((type (*)(__VA_ARGS__)) dlsym(RTLD_NEXT, name))

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at)
{
	int error = fault(fd, act_of(fd));
	if (error)
		return refuse(error);
	return REAL(ssize_t, "pwrite", int, const void *, size_t, off_t)(fd, bytes, size, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off_t at)
{
	return pwrite(fd, bytes, size, at);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at)
{
	int error = fault(fd, act_of(fd));
	if (error)
		return refuse(error);
	return REAL(ssize_t, "pwritev", int, const struct iovec *, int, off_t)(fd, parts, count, at);
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off_t at)
{
	return pwritev(fd, parts, count, at);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
	int error = fault(fd, act_of(fd));
	if (error)
		return refuse(error);
	return REAL(ssize_t, "writev", int, const struct iovec *, int)(fd, parts, count);
}

int fdatasync(int fd)
{
	int error = fault(fd, "sync");
	if (error)
		return refuse(error);
	return REAL(int, "fdatasync", int)(fd);
}

int fsync(int fd)
{
	int error = fault(fd, "sync");
	if (error)
		return refuse(error);
	return REAL(int, "fsync", int)(fd);
}
