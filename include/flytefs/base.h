/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base: what every room needs and no room owns: errors with a sentence, status
 * codes, growable text, arenas, cleanup attributes, clocks, hashes, the log.
 * Knows no protobuf, no JSON, no SQL, no FUSE.
 */
#ifndef FLYTEFS_BASE_H
#define FLYTEFS_BASE_H

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define FLY_ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define FLY_PRINTF(f, a) __attribute__((format(printf, f, a)))

/* --- errors ------------------------------------------------------------- */

/* gRPC status codes. Source: grpc/status.h; DESIGN §6 maps them to errno. */
enum fly_status {
	FLY_OK = 0,
	FLY_CANCELED = 1,
	FLY_UNKNOWN = 2,
	FLY_INVALID_ARGUMENT = 3,
	FLY_DEADLINE_EXCEEDED = 4,
	FLY_NOT_FOUND = 5,
	FLY_ALREADY_EXISTS = 6,
	FLY_PERMISSION_DENIED = 7,
	FLY_RESOURCE_EXHAUSTED = 8,
	FLY_FAILED_PRECONDITION = 9,
	FLY_ABORTED = 10,
	FLY_OUT_OF_RANGE = 11,
	FLY_UNIMPLEMENTED = 12,
	FLY_INTERNAL = 13,
	FLY_UNAVAILABLE = 14,
	FLY_DATA_LOSS = 15,
	FLY_UNAUTHENTICATED = 16,
};

#define FLY_WHY_MAX 2048

/*
 * Where the words of a failure go. Owned by the caller, zeroed before use, NULL
 * allowed everywhere; the first writer wins, so the innermost reason survives.
 */
struct fly_why {
	enum fly_status status;	/* FLY_OK until somebody fails */
	int error;		/* the positive errno that goes with it */
	char text[FLY_WHY_MAX];	/* UTF-8, one sentence, no newline, cut to fit */
};

/** Fail with an errno: records the sentence, derives the status, returns -error. */
int fly_fail(struct fly_why *why, int error, const char *format, ...) FLY_PRINTF(3, 4);

/** Fail with a status: records the sentence, derives the errno, returns -errno. */
int fly_refuse(struct fly_why *why, enum fly_status status, const char *format, ...)
	FLY_PRINTF(3, 4);

/** -ENOMEM with its sentence. */
int fly_no_memory(struct fly_why *why);

/** Put words in front of a sentence already there ("spec.json:3:4: " + …). */
void fly_why_prefix(struct fly_why *why, const char *format, ...) FLY_PRINTF(2, 3);

/** DESIGN §6: positive errno of a status (FLY_OK: 0). */
int fly_status_errno(enum fly_status status);
/** Status that best says an errno (0: FLY_OK). */
enum fly_status fly_errno_status(int error);
/** "INVALID_ARGUMENT"; static. */
const char *fly_status_name(enum fly_status status);

/* --- cleanup attributes ------------------------------------------------- */

static inline void fly_free_cleanup(void *p)
{
	free(*(void **)p);
}

static inline void fly_fd_cleanup(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

#define auto_free __attribute__((cleanup(fly_free_cleanup)))
#define auto_fd __attribute__((cleanup(fly_fd_cleanup))) int

/** Hand a descriptor over: returns it and leaves -1, so no cleanup closes it. */
static inline int fly_fd_take(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

/* --- bytes and growable text -------------------------------------------- */

/* A borrowed run of bytes; data may be NULL when len is 0. Not NUL-terminated. */
struct fly_bytes {
	const uint8_t *data;
	size_t len;
};

/*
 * A growable text. Zero-initialised is empty. data is NUL-terminated once
 * anything was added (len does not count the NUL). When memory runs out, failed
 * is set, and everything later is dropped: check once, at the end.
 */
struct fly_buf {
	char *data;
	size_t len;
	size_t cap;
	bool failed;
};

void fly_buf_add(struct fly_buf *b, const void *data, size_t len);
void fly_buf_puts(struct fly_buf *b, const char *text);
void fly_buf_putc(struct fly_buf *b, char c);
void fly_buf_printf(struct fly_buf *b, const char *format, ...) FLY_PRINTF(2, 3);
/** Make room for len more bytes and return where they go (NULL: out of memory). */
char *fly_buf_reserve(struct fly_buf *b, size_t len);
/** Forget the text, keep the memory. */
void fly_buf_clear(struct fly_buf *b);
/** Free the memory. NULL allowed. */
void fly_buf_release(struct fly_buf *b);
/** Hand the text over (caller frees); NULL when failed or never written. */
char *fly_buf_take(struct fly_buf *b);

#define auto_buf __attribute__((cleanup(fly_buf_release))) struct fly_buf

/* --- arenas -------------------------------------------------------------- */

/*
 * Memory that dies together: one request, one parse. Zero-initialised is empty.
 * Not thread-safe. Allocations are aligned for any type and never freed alone.
 */
struct fly_arena {
	struct fly_arena_block *blocks;
	size_t used_bytes;	/* handed out since the last release */
	size_t limit_bytes;	/* 0: no limit; allocations beyond it return NULL */
	bool over_limit;	/* one was refused for limit_bytes since the last release */
};

void *fly_arena_alloc(struct fly_arena *a, size_t size);
/** Zeroed; NULL when n * size overflows or memory runs out. */
void *fly_arena_zalloc(struct fly_arena *a, size_t n, size_t size);
void *fly_arena_memdup(struct fly_arena *a, const void *data, size_t len);
char *fly_arena_strdup(struct fly_arena *a, const char *text);
char *fly_arena_strndup(struct fly_arena *a, const char *text, size_t len);
char *fly_arena_printf(struct fly_arena *a, const char *format, ...) FLY_PRINTF(2, 3);
/** Free all of it; the arena is empty and usable again. */
void fly_arena_release(struct fly_arena *a);

#define auto_arena __attribute__((cleanup(fly_arena_release))) struct fly_arena

/* --- clocks, hashes, text ------------------------------------------------ */

/** Wall clock in nanoseconds since 1970. */
int64_t fly_now_ns(void);
/**
 * The wall clock that the kernel stamps files with: some milliseconds behind fly_now_ns. What is
 * shown as a file's time is taken from it, so that a file made after that elsewhere is not older
 * (make, find -newer). Source: clock_gettime(2), CLOCK_REALTIME_COARSE.
 */
int64_t fly_file_now_ns(void);
/** now_ns, but after old_ns: no two versions of a thing show the same time. */
int64_t fly_time_after(int64_t old_ns, int64_t now_ns);
/** The same by the clock of files. */
int64_t fly_file_time_after(int64_t old_ns);
/** Monotonic clock in nanoseconds. */
int64_t fly_tick_ns(void);

/* Place in /proc/PID/stat, proc(5): clock ticks since boot; with the number it names a process. */
#define FLY_PROCESS_START 22
/** A number out of /proc/PID/stat; pid may be "self". 0 or -errno. */
int fly_process_field(const char *pid, int place, uint64_t *out);
/** On its way out, or waiting to be reaped: it may have closed some of its files, and not all. */
bool fly_process_is_exiting(const char *pid);

uint32_t fly_fnv1a32(const void *data, size_t len);
uint64_t fly_fnv1a64(const void *data, size_t len);

/** SHA-256 of data into 32 bytes. Source: FIPS 180-4. */
void fly_sha256(const void *data, size_t len, uint8_t out[32]);

/** Is text (len bytes) well-formed UTF-8 without surrogates? Source: RFC 3629. */
bool fly_utf8_valid(const char *text, size_t len);

/** Longest prefix of at most max bytes that ends on a character boundary. */
size_t fly_utf8_cut(const char *text, size_t len, size_t max);

/** Make bytes of a text that belong to no character '?'. */
void fly_utf8_repair(char *text);

/** Parse a whole decimal int64 (optional sign, no blanks); false when it is not one. */
bool fly_parse_int64(const char *text, int64_t *out);

/** Write all of it, through short writes and EINTR. 0 or -errno. */
int fly_write_all(int fd, const void *data, size_t len);

/** Read a whole file of at most max bytes into b. 0 or -errno (-EFBIG beyond max). */
int fly_read_file(int dirfd, const char *path, size_t max, struct fly_buf *b);

/** Write a file whole by a temporary name and rename; fsyncs when durable. 0 or -errno. */
int fly_write_file(int dirfd, const char *path, mode_t mode, const void *data, size_t len,
		   bool durable);

/* --- the log -------------------------------------------------------------- */

enum fly_level {
	FLY_ERROR,
	FLY_WARNING,
	FLY_INFO,
	FLY_DEBUG,
};

/** Choose stderr (foreground) or syslog, and the loudest level kept. Call once, early. */
void fly_log_open(bool foreground, enum fly_level loudest);
/** One line, no newline; never secrets. */
void fly_log(enum fly_level level, const char *room, const char *format, ...) FLY_PRINTF(3, 4);

#endif
