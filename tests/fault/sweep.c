/* SPDX-License-Identifier: Apache-2.0 */
/* See sweep.h. */
#include "sweep.h"

#include <sqlite3.h>
#include <stdio.h>
#include <sys/wait.h>

#include "rows.h"

#ifdef __SANITIZE_ADDRESS__
#define HAS_LEAKS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_LEAKS 1
#endif
#endif
#ifdef HAS_LEAKS
#include <sanitizer/lsan_interface.h>
#endif

#define NS INT64_C(1000000000)
#define FEW 40

static int failures;
static unsigned long rounds;

__attribute__((format(printf, 3, 4)))
static void complain(const struct sweep *s, const struct gesture *g, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "%s:%s:%lu%s: ", g->name, fault_name(s->fault), s->n,
		s->lasting ? ":lasting" : "");
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	failures++;
}

/* --- what a store holds ------------------------------------------------------------------ */

/* A hash of all its rows but the counter of ids, which may move by itself; 0: it is damaged. */
static uint64_t hash_rows(sqlite3 *sql, const char *table)
{
	auto_buf query = {0};
	uint64_t hash = 1;
	sqlite3_stmt *stmt;

	fly_buf_printf(&query, "SELECT * FROM \"%s\"%s", table,
		       strcmp(table, "meta") ? "" : " WHERE name <> 'next_id'");
	if (sqlite3_prepare_v2(sql, query.data, -1, &stmt, NULL) != SQLITE_OK)
		return 0;
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		for (int i = 0; i < sqlite3_column_count(stmt); i++) {
			const void *data = sqlite3_column_blob(stmt, i);
			int len = sqlite3_column_bytes(stmt, i);

			hash = hash * 31 + (len ? fly_fnv1a64(data, (size_t)len) : 7);
		}
		hash = hash * 31 + 11;
	}
	return sqlite3_finalize(stmt) == SQLITE_OK ? hash : 0;
}

static bool is_whole(sqlite3 *sql)
{
	sqlite3_stmt *stmt;
	bool good = sqlite3_prepare_v2(sql, "PRAGMA integrity_check", -1, &stmt, NULL) == SQLITE_OK;

	good = good && sqlite3_step(stmt) == SQLITE_ROW &&
	       !strcmp((const char *)sqlite3_column_text(stmt, 0), "ok");
	sqlite3_finalize(stmt);
	return good;
}

/* From a connection of its own, as another program would see it. */
static uint64_t hash_of(const char *path)
{
	sqlite3_stmt *stmt = NULL;
	sqlite3 *sql = NULL;
	uint64_t hash = 1, one = 0;

	if (sqlite3_open_v2(path, &sql, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK && is_whole(sql) &&
	    sqlite3_prepare_v2(sql, "SELECT name FROM sqlite_schema WHERE type = 'table' "
				    "ORDER BY name", -1, &stmt, NULL) == SQLITE_OK) {
		while (hash && sqlite3_step(stmt) == SQLITE_ROW) {
			one = hash_rows(sql, (const char *)sqlite3_column_text(stmt, 0));
			hash = one ? hash * 31 + one : 0;
		}
	} else {
		hash = 0;
	}
	sqlite3_finalize(stmt);
	sqlite3_close(sql);
	return hash;
}

/* --- one round -------------------------------------------------------------------------------- */

void sweep_begin(struct sweep *s)
{
	fault_arm(s->fault, s->counting ? 0 : s->n, s->lasting);
}

void sweep_end(struct sweep *s)
{
	s->counted = fault_disarm(&s->struck);
}

static bool renew(struct sweep *s)
{
	struct fly_why why = {0};

	place_shut(&s->place);
	place_restore(&s->place);
	if (place_open(&s->place, &why) == 0)
		return true;
	fprintf(stderr, "the store does not open again: %s\n", why.text);
	failures++;
	return false;
}

/* May a gesture end so because of this fault? */
static bool is_its_error(enum fault fault, int error)
{
	switch (fault) {
	case FAULT_MEMORY:
		/* Or, where a read that may fail met it, a transaction was lost. */
		return error == ENOMEM || error == EIO;
	case FAULT_DISK:
		return error == EIO || error == ENOSPC || error == ENOMEM;
	case FAULT_CALL:
		return error == EIO || error == ENOSPC || error == EMFILE || error == EAGAIN ||
		       error == ENOMEM;
	case N_FAULTS:
		break;
	}
	return false;
}

static void check_answer(const struct sweep *s, const struct gesture *g, int rc,
			 const struct fly_why *why)
{
	if (rc >= 0)
		return;
	if (!s->struck)
		complain(s, g, "fails without a fault: %s", why->text);
	else if (!is_its_error(s->fault, -rc))
		complain(s, g, "ends with %s: %s", strerrorname_np(-rc), why->text);
	if (!why->text[0])
		complain(s, g, "has no sentence for %s", strerrorname_np(-rc));
	else if (!fly_utf8_valid(why->text, strlen(why->text)))
		complain(s, g, "its sentence is no text");
}

/* All or nothing, and afterwards everything works as ever. */
static void check_store(struct sweep *s, const struct gesture *g, int rc, uint64_t before)
{
	const uint64_t after = hash_of(s->place.path);
	struct fly_why why = {0};

	if (!after)
		complain(s, g, "the store is damaged");
	else if ((rc < 0 || g->reads) && after != before)
		complain(s, g, "the store has changed, though it %s",
			 g->reads ? "is only read" : "failed");
	else if (rc >= 0 && !g->reads && after == before)
		complain(s, g, "said to have worked, but nothing has changed");
	if (rc < 0) {
		s->counting = true;
		rc = g->run(s, &why);
		s->counting = false;
		if (rc < 0)
			complain(s, g, "the same again fails: %s", why.text);
	}
	rows_check_all(fly_store_reader(s->place.store, NULL));
}

static void check_leaks(const struct sweep *s, const struct gesture *g)
{
#ifdef HAS_LEAKS
	if (getenv("FLY_FAULT_LEAKS") && __lsan_do_recoverable_leak_check())
		complain(s, g, "leaks");
#endif
}

/* false: the gesture went through without having met the fault. */
static bool round_here(struct sweep *s, const struct gesture *g, uint64_t before)
{
	struct fly_why why = {0};
	bool struck;
	int rc;

	if (!renew(s))
		return false;
	rounds++;
	rc = g->run(s, &why);
	struck = s->struck;
	check_answer(s, g, rc, &why);
	if (struck)
		check_store(s, g, rc, before);
	place_shut(&s->place);
	check_leaks(s, g);
	s->struck = struck;
	return struck;
}

/*
 * In a process of its own: what a process remembers is new in every round, and one that dies takes
 * no other with it.
 */
static bool round_apart(struct sweep *s, const struct gesture *g, uint64_t before)
{
	pid_t child = fork();
	int status = 0;

	if (child == 0) {
		failures = 0;
		round_here(s, g, before);
		_exit(failures ? 1 : s->struck ? 0 : 2);
	}
	rounds++;
	if (child < 0 || waitpid(child, &status, 0) < 0)
		complain(s, g, "cannot be tried: %s", strerror(errno));
	else if (WIFSIGNALED(status))
		complain(s, g, "dies: %s", strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status) == 1)
		failures++;
	else if (WEXITSTATUS(status) > 2)
		complain(s, g, "ends the process with %d", WEXITSTATUS(status));
	return WIFEXITED(status) && WEXITSTATUS(status) != 2;
}

static bool one_round(struct sweep *s, const struct gesture *g, uint64_t before)
{
	if (getenv("FLY_FAULT_APART"))
		return round_apart(s, g, before);
	return round_here(s, g, before);
}

/* --- all rounds --------------------------------------------------------------------------------- */

/* How many things there are to fail. */
static unsigned long count(struct sweep *s, const struct gesture *g)
{
	struct fly_why why = {0};
	int rc;

	if (!renew(s))
		return 0;
	s->counting = true;
	s->n = 0;
	rc = g->run(s, &why);
	s->counting = false;
	if (rc < 0)
		complain(s, g, "fails by itself: %s", why.text);
	place_shut(&s->place);
	return rc < 0 ? 0 : s->counted;
}

/* Spread over 1 … total: the golden ratio's multiples, taken round. */
static unsigned long spread(unsigned long i, unsigned long total)
{
	double x = (double)(i + 1) * 0.6180339887498949;

	return 1 + (unsigned long)((x - (double)(unsigned long)x) * (double)total);
}

static void sweep_fault(struct sweep *s, const struct gesture *g, enum fault fault, bool lasting,
			int64_t budget_ns, uint64_t before)
{
	const int64_t until = fly_tick_ns() + budget_ns;
	unsigned long total, i;

	s->fault = fault;
	s->lasting = lasting;
	/* What a process remembers is not allocated again. */
	if (!getenv("FLY_FAULT_APART"))
		count(s, g);
	total = count(s, g);
	for (i = 0; i < total; i++) {
		s->n = budget_ns && total > FEW ? spread(i, total) : i + 1;
		one_round(s, g, before);
		if (budget_ns && fly_tick_ns() > until)
			break;
	}
	if (getenv("FLY_FAULT_TELL"))
		fprintf(stderr, "%-24s %-7s%-9s %lu of %lu\n", g->name, fault_name(fault),
			lasting ? " lasting" : "", i, total);
}

/* "GESTURE:FAULT:N:lasting" */
static bool is_only(const char *only, const struct gesture *g, struct sweep *s)
{
	size_t len = strlen(g->name);
	char fault[16] = "", lasting[16] = "";

	s->n = 0;
	if (!only)
		return true;
	if (strncmp(only, g->name, len) || (only[len] && only[len] != ':'))
		return false;
	if (only[len] && sscanf(only + len, ":%15[a-z]:%lu:%15s", fault, &s->n, lasting) >= 2) {
		s->lasting = *lasting;
		for (s->fault = 0; s->fault < N_FAULTS - 1; s->fault++)
			if (!strcmp(fault, fault_name(s->fault)))
				break;
	}
	return true;
}

int sweep_run(const struct gesture *gestures, size_t n)
{
	const char *seconds = getenv("FLY_FAULT_SECONDS"), *only = getenv("FLY_FAULT_ONLY");
	const int64_t budget_ns = (seconds ? atoi(seconds) : 20) * NS /
				  (int64_t)(n * N_FAULTS * 2);
	static struct sweep s;
	uint64_t before;

	fault_install();
	fly_log_open(true, FLY_ERROR);
	place_make(&s.place);
	renew(&s);
	place_shut(&s.place);
	before = hash_of(s.place.path);
	for (size_t i = 0; i < n; i++) {
		if (!is_only(only, &gestures[i], &s))
			continue;
		if (s.n) {
			one_round(&s, &gestures[i], before);
			continue;
		}
		for (int fault = 0; fault < N_FAULTS; fault++) {
			sweep_fault(&s, &gestures[i], fault, false, budget_ns, before);
			sweep_fault(&s, &gestures[i], fault, true, budget_ns, before);
		}
	}
	place_shut(&s.place);
	place_remove(&s.place);
	printf("%lu rounds, %d failures\n", rounds, failures);
	return failures ? 1 : 0;
}
