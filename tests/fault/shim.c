/* SPDX-License-Identifier: Apache-2.0 */
/* See shim.h: what is armed, and the calls of our own objects. SQLite's I/O is in shim_disk.c. */
#include "shim_private.h"

#include <fcntl.h>
#include <jansson.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "flytefs/base.h"

static atomic_int armed = -1;		/* an enum fault; -1: none */
static atomic_bool lasts;
static atomic_ulong wanted, counted;

void fault_arm(enum fault fault, unsigned long n, bool lasting)
{
	atomic_store(&counted, 0);
	atomic_store(&wanted, n);
	atomic_store(&lasts, lasting);
	atomic_store(&armed, (int)fault);
}

unsigned long fault_disarm(bool *struck)
{
	const unsigned long n = atomic_load(&wanted);

	atomic_store(&armed, -1);
	if (struck)
		*struck = n && atomic_load(&counted) >= n;
	return atomic_load(&counted);
}

/* With FLY_FAULT_STACK: who is being failed? (AddressSanitizer knows.) */
void __sanitizer_print_stack_trace(void) __attribute__((weak));
static void tell_stack(void)
{
	const int fault = atomic_exchange(&armed, -1);

	if (getenv("FLY_FAULT_STACK") && __sanitizer_print_stack_trace)
		__sanitizer_print_stack_trace();
	atomic_store(&armed, fault);
}

bool fault_strikes(enum fault fault)
{
	unsigned long now, n;

	if (atomic_load_explicit(&armed, memory_order_relaxed) != (int)fault)
		return false;
	now = atomic_fetch_add(&counted, 1) + 1;
	n = atomic_load(&wanted);
	if (now == n)
		tell_stack();
	return n && (now == n || (now > n && atomic_load(&lasts)));
}

const char *fault_name(enum fault fault)
{
	static const char *const names[] = {"memory", "disk", "call"};

	return names[fault];
}

/* --- memory -------------------------------------------------------------------- */

#define WRAP(type, name, ...)                                                                      \
	type __real_##name(__VA_ARGS__);                                                           \
	type __wrap_##name(__VA_ARGS__);                                                           \
	type __wrap_##name(__VA_ARGS__)

static bool no_memory(void)
{
	if (!fault_strikes(FAULT_MEMORY))
		return false;
	errno = ENOMEM;
	return true;
}

WRAP(void *, malloc, size_t size)
{
	return no_memory() ? NULL : __real_malloc(size);
}

WRAP(void *, calloc, size_t n, size_t size)
{
	return no_memory() ? NULL : __real_calloc(n, size);
}

WRAP(void *, realloc, void *old, size_t size)
{
	return no_memory() ? NULL : __real_realloc(old, size);
}

WRAP(void *, reallocarray, void *old, size_t n, size_t size)
{
	return no_memory() ? NULL : __real_reallocarray(old, n, size);
}

WRAP(char *, strdup, const char *text)
{
	return no_memory() ? NULL : __real_strdup(text);
}

WRAP(char *, strndup, const char *text, size_t len)
{
	return no_memory() ? NULL : __real_strndup(text, len);
}

WRAP(char *, realpath, const char *path, char *resolved)
{
	return no_memory() ? NULL : __real_realpath(path, resolved);
}

int __wrap_asprintf(char **out, const char *format, ...) FLY_PRINTF(2, 3);
int __wrap_asprintf(char **out, const char *format, ...)
{
	va_list args;
	int len;

	if (no_memory())
		return -1;	/* *out stays whatever it was */
	va_start(args, format);
	len = vasprintf(out, format, args);
	va_end(args);
	return len;
}

/* An arena asks for a block now and then only: here every allocation from it may fail. */
WRAP(void *, fly_arena_alloc, struct fly_arena *a, size_t size)
{
	return no_memory() ? NULL : __real_fly_arena_alloc(a, size);
}

WRAP(void *, fly_arena_zalloc, struct fly_arena *a, size_t n, size_t size)
{
	return no_memory() ? NULL : __real_fly_arena_zalloc(a, n, size);
}

WRAP(void *, fly_arena_memdup, struct fly_arena *a, const void *data, size_t len)
{
	return no_memory() ? NULL : __real_fly_arena_memdup(a, data, len);
}

WRAP(char *, fly_arena_strdup, struct fly_arena *a, const char *text)
{
	return no_memory() ? NULL : __real_fly_arena_strdup(a, text);
}

WRAP(char *, fly_arena_strndup, struct fly_arena *a, const char *text, size_t len)
{
	return no_memory() ? NULL : __real_fly_arena_strndup(a, text, len);
}

/* Texts grow by doubling: the same. */
WRAP(void, fly_buf_add, struct fly_buf *b, const void *data, size_t len)
{
	if (no_memory())
		b->failed = true;
	__real_fly_buf_add(b, data, len);
}

WRAP(void, fly_buf_putc, struct fly_buf *b, char c)
{
	if (no_memory())
		b->failed = true;
	__real_fly_buf_putc(b, c);
}

WRAP(void, fly_buf_puts, struct fly_buf *b, const char *text)
{
	if (no_memory())
		b->failed = true;
	__real_fly_buf_puts(b, text);
}

void __wrap_fly_buf_printf(struct fly_buf *b, const char *format, ...) FLY_PRINTF(2, 3);
void __wrap_fly_buf_printf(struct fly_buf *b, const char *format, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, format);
	if (no_memory() || vasprintf(&text, format, args) < 0)
		b->failed = true;
	else
		__real_fly_buf_puts(b, text);
	va_end(args);
	free(text);
}

char *__wrap_fly_arena_printf(struct fly_arena *a, const char *format, ...) FLY_PRINTF(2, 3);
char *__wrap_fly_arena_printf(struct fly_arena *a, const char *format, ...)
{
	char *text = NULL, *copy = NULL;
	va_list args;

	va_start(args, format);
	if (!no_memory() && vasprintf(&text, format, args) >= 0)
		copy = __real_fly_arena_strdup(a, text);
	va_end(args);
	free(text);
	return copy;
}

/* --- SQLite and jansson ------------------------------------------------------------ */

static sqlite3_mem_methods sqlite_memory;

static void *sqlite_malloc(int size)
{
	return no_memory() ? NULL : sqlite_memory.xMalloc(size);
}

static void *sqlite_realloc(void *old, int size)
{
	return no_memory() ? NULL : sqlite_memory.xRealloc(old, size);
}

static void *json_malloc(size_t size)
{
	return no_memory() ? NULL : __real_malloc(size);
}

static void install_memory(void)
{
	sqlite3_mem_methods ours;

	sqlite3_config(SQLITE_CONFIG_GETMALLOC, &sqlite_memory);
	ours = sqlite_memory;
	ours.xMalloc = sqlite_malloc;
	ours.xRealloc = sqlite_realloc;
	sqlite3_config(SQLITE_CONFIG_MALLOC, &ours);
	json_set_alloc_funcs(json_malloc, free);
}

void fault_install(void)
{
	install_memory();
	fault_install_disk();
}

/* --- system calls -------------------------------------------------------------------- */

/* An errno that such a call may well have. */
static bool fails(int error)
{
	if (!fault_strikes(FAULT_CALL))
		return false;
	errno = error;
	return true;
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list args;

	if (flags & O_CREAT) {
		va_start(args, flags);
		mode = va_arg(args, mode_t);
		va_end(args);
	}
	return fails(flags & O_CREAT ? ENOSPC : EMFILE) ? -1 : __real_open(path, flags, mode);
}

int __real_openat(int dir, const char *path, int flags, ...);
int __wrap_openat(int dir, const char *path, int flags, ...);
int __wrap_openat(int dir, const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list args;

	if (flags & O_CREAT) {
		va_start(args, flags);
		mode = va_arg(args, mode_t);
		va_end(args);
	}
	return fails(EMFILE) ? -1 : __real_openat(dir, path, flags, mode);
}

int __real_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...)
{
	va_list args;
	void *arg;

	va_start(args, command);
	arg = va_arg(args, void *);
	va_end(args);
	return fails(EIO) ? -1 : __real_fcntl(fd, command, arg);
}

WRAP(ssize_t, write, int fd, const void *data, size_t len)
{
	return fails(ENOSPC) ? -1 : __real_write(fd, data, len);
}

WRAP(ssize_t, read, int fd, void *data, size_t len)
{
	return fails(EIO) ? -1 : __real_read(fd, data, len);
}

WRAP(int, fsync, int fd)
{
	return fails(EIO) ? -1 : __real_fsync(fd);
}

WRAP(int, ftruncate, int fd, off_t len)
{
	return fails(ENOSPC) ? -1 : __real_ftruncate(fd, len);
}

WRAP(int, fchmod, int fd, mode_t mode)
{
	return fails(EIO) ? -1 : __real_fchmod(fd, mode);
}

WRAP(int, stat, const char *path, struct stat *st)
{
	return fails(EIO) ? -1 : __real_stat(path, st);
}

WRAP(int, fstat, int fd, struct stat *st)
{
	return fails(EIO) ? -1 : __real_fstat(fd, st);
}

WRAP(int, statvfs, const char *path, struct statvfs *st)
{
	return fails(EIO) ? -1 : __real_statvfs(path, st);
}

WRAP(int, access, const char *path, int mode)
{
	return fails(EIO) ? -1 : __real_access(path, mode);
}

WRAP(int, renameat, int dir, const char *path, int newdir, const char *newpath)
{
	return fails(ENOSPC) ? -1 : __real_renameat(dir, path, newdir, newpath);
}

typedef void *thread_main(void *arg);
WRAP(int, pthread_create, pthread_t *out, const pthread_attr_t *attr, thread_main *run, void *arg)
{
	return fault_strikes(FAULT_CALL) ? EAGAIN : __real_pthread_create(out, attr, run, arg);
}
