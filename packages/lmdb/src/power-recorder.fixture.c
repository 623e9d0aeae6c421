/*
 * Stands before the C library's writes and flushes of data.mdb, and records them in the file that
 * POWER_TRACE names, in the order in which they take effect.
 *
 * A record is a head of three little-endian 64-bit numbers, what it is, where and how long, and for
 * writes the bytes:
 *
 *     1 write        at, length    through a descriptor that does not wait for the disk
 *     2 write        at, length    through one that does (O_DSYNC): it is on the disk
 *     3 flush begins number, 0     what was written before it ...
 *     4 flush ends   number, 0     ... is on the disk now
 *     5 length       length, 0     the file was made so long
 *     6 note         0, length     what the program wrote to a file named `notes`
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define REAL(type, name, ...) ((type (*)(__VA_ARGS__)) dlsym(RTLD_NEXT, name))

static pthread_mutex_t order = PTHREAD_MUTEX_INITIALIZER;
static int trace = -1;
static uint64_t flushes = 0;

static int is_named(int fd, const char *name)
{
	char link[64], path[4096];
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t length = readlink(link, path, sizeof path - 1);
	size_t wanted = strlen(name);
	if (length < (ssize_t) wanted)
		return 0;
	path[length] = 0;
	return strcmp(path + length - wanted, name) == 0;
}

static int is_data(int fd)
{
	int saved = errno;
	int is = getenv("POWER_TRACE") != NULL && is_named(fd, "/data.mdb");
	errno = saved;
	return is;
}

/* The lock is held. */
static void put(const void *bytes, size_t size)
{
	const char *at = bytes;
	while (size > 0) {
		ssize_t count = REAL(ssize_t, "write", int, const void *, size_t)(trace, at, size);
		if (count < 0)
			abort();
		at += count;
		size -= count;
	}
}

static void head(uint64_t kind, uint64_t at, uint64_t length)
{
	uint64_t numbers[3] = {kind, at, length};
	if (trace < 0)
		trace = open(getenv("POWER_TRACE"), O_CREAT | O_APPEND | O_WRONLY | O_CLOEXEC, 0600);
	put(numbers, sizeof numbers);
}

static uint64_t kind_of(int fd)
{
	return (fcntl(fd, F_GETFL) & O_DSYNC) ? 2 : 1;
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off_t at)
{
	if (!is_data(fd))
		return REAL(ssize_t, "pwrite64", int, const void *, size_t, off_t)(fd, bytes, size, at);
	pthread_mutex_lock(&order);
	ssize_t count = REAL(ssize_t, "pwrite64", int, const void *, size_t, off_t)(fd, bytes, size, at);
	if (count > 0) {
		head(kind_of(fd), at, count);
		put(bytes, count);
	}
	pthread_mutex_unlock(&order);
	return count;
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at)
{
	return pwrite64(fd, bytes, size, at);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
	if (!is_data(fd))
		return REAL(ssize_t, "writev", int, const struct iovec *, int)(fd, parts, count);
	pthread_mutex_lock(&order);
	off_t at = lseek(fd, 0, SEEK_CUR);
	ssize_t size = REAL(ssize_t, "writev", int, const struct iovec *, int)(fd, parts, count);
	ssize_t left = size;
	if (size > 0)
		head(kind_of(fd), at, size);
	for (int part = 0; part < count && left > 0; part++) {
		size_t length = parts[part].iov_len;
		put(parts[part].iov_base, length < (size_t) left ? length : (size_t) left);
		left -= length;
	}
	pthread_mutex_unlock(&order);
	return size;
}

ssize_t write(int fd, const void *bytes, size_t size)
{
	if (getenv("POWER_TRACE") == NULL || !is_named(fd, "/notes"))
		return REAL(ssize_t, "write", int, const void *, size_t)(fd, bytes, size);
	pthread_mutex_lock(&order);
	head(6, 0, size);
	put(bytes, size);
	pthread_mutex_unlock(&order);
	return size;
}

static int flush(int fd, const char *name)
{
	if (!is_data(fd))
		return REAL(int, name, int)(fd);
	pthread_mutex_lock(&order);
	uint64_t number = ++flushes;
	head(3, number, 0);
	pthread_mutex_unlock(&order);
	int result = REAL(int, name, int)(fd);
	/* A disk that takes its time: whoever does not wait for it is found out. */
	struct timespec moment = {0, 1000000};
	nanosleep(&moment, NULL);
	pthread_mutex_lock(&order);
	if (result == 0)
		head(4, number, 0);
	pthread_mutex_unlock(&order);
	return result;
}

int fdatasync(int fd)
{
	return flush(fd, "fdatasync");
}

int fsync(int fd)
{
	return flush(fd, "fsync");
}

int ftruncate64(int fd, off_t length)
{
	if (!is_data(fd))
		return REAL(int, "ftruncate64", int, off_t)(fd, length);
	pthread_mutex_lock(&order);
	int result = REAL(int, "ftruncate64", int, off_t)(fd, length);
	if (result == 0)
		head(5, length, 0);
	pthread_mutex_unlock(&order);
	return result;
}

int ftruncate(int fd, off_t length)
{
	return ftruncate64(fd, length);
}

/* LMDB changes its file by writes alone; if it ever did so by its map, the trace would be blind. */
int msync(void *start, size_t size, int flags)
{
	if (getenv("POWER_TRACE") != NULL)
		abort();
	return REAL(int, "msync", void *, size_t, int)(start, size, flags);
}
