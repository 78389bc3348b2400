/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statements: a cache of prepared ones a connection, keyed by the address of their text; values
 * bound and columns read in order. It knows no table.
 */
#include "db.h"

#include <stdio.h>

static struct statement_slot *find_slot(struct fly_db *db, const char *sql)
{
	size_t at = ((uintptr_t)sql * UINT64_C(0x9e3779b97f4a7c15)) >> 32;
	size_t i;

	for (i = 0; i < STATEMENT_SLOTS; i++) {
		struct statement_slot *slot = &db->slots[(at + i) % STATEMENT_SLOTS];

		if (slot->sql == sql || !slot->sql)
			return slot;
	}
	return NULL;
}

static void begin(struct stmt *s, struct fly_db *db, struct fly_arena *arena)
{
	memset(s, 0, sizeof(*s));
	s->db = db;
	s->arena = arena;
}

void fly_stmt_build(struct stmt *s, struct fly_db *db, const char *sql, struct fly_arena *arena)
{
	begin(s, db, arena);
	s->is_own = true;
	s->code = sqlite3_prepare_v3(db->sql, sql, -1, 0, &s->stmt, NULL);
}

void fly_stmt_use(struct stmt *s, struct fly_db *db, const char *sql, struct fly_arena *arena)
{
	struct statement_slot *slot = find_slot(db, sql);

	/* A statement inside itself (a listing read while listing) needs another copy. */
	if (!slot || (slot->stmt && sqlite3_stmt_busy(slot->stmt))) {
		fly_stmt_build(s, db, sql, arena);
		return;
	}
	begin(s, db, arena);
	if (!slot->stmt) {
		s->code = sqlite3_prepare_v3(db->sql, sql, -1, SQLITE_PREPARE_PERSISTENT,
					     &slot->stmt, NULL);
		if (s->code == SQLITE_OK)
			slot->sql = sql;
	}
	s->stmt = slot->stmt;
}

static bool may_bind(struct stmt *s)
{
	s->bound++;
	return s->code == SQLITE_OK;
}

void fly_bind_int(struct stmt *s, int64_t value)
{
	if (may_bind(s))
		s->code = sqlite3_bind_int64(s->stmt, s->bound, value);
}

void fly_bind_opt(struct stmt *s, int64_t value, int64_t unset)
{
	if (!may_bind(s))
		return;
	if (value == unset)
		s->code = sqlite3_bind_null(s->stmt, s->bound);
	else
		s->code = sqlite3_bind_int64(s->stmt, s->bound, value);
}

void fly_bind_text(struct stmt *s, const char *text)
{
	if (may_bind(s))
		s->code = sqlite3_bind_text64(s->stmt, s->bound, text, text ? strlen(text) : 0,
					      SQLITE_STATIC, SQLITE_UTF8);
}

void fly_bind_bytes(struct stmt *s, struct fly_bytes bytes)
{
	if (!may_bind(s))
		return;
	if (bytes.len == 0)
		s->code = sqlite3_bind_null(s->stmt, s->bound);
	else
		s->code = sqlite3_bind_blob64(s->stmt, s->bound, bytes.data, bytes.len,
					      SQLITE_STATIC);
}

void fly_bind_sizes(struct stmt *s, const uint32_t *sizes, size_t n, uint32_t unset, uint8_t *room)
{
	size_t i;

	while (n > 0 && sizes[n - 1] == unset)
		n--;
	for (i = 0; i < n; i++) {
		room[4 * i] = (uint8_t)sizes[i];
		room[4 * i + 1] = (uint8_t)(sizes[i] >> 8);
		room[4 * i + 2] = (uint8_t)(sizes[i] >> 16);
		room[4 * i + 3] = (uint8_t)(sizes[i] >> 24);
	}
	fly_bind_bytes(s, (struct fly_bytes){.data = room, .len = 4 * n});
}

/* After some failures SQLite gives a transaction up: what came later would stand alone. */
static bool is_stranded(const struct fly_db *db)
{
	return db->in_transaction && sqlite3_get_autocommit(db->sql);
}

int fly_stmt_row(struct stmt *s)
{
	if (s->code == SQLITE_OK && is_stranded(s->db))
		s->code = SQLITE_ABORT;
	if (s->code != SQLITE_OK)
		return fly_db_errno(s->db, s->code);
	s->column = 0;
	switch (s->code = sqlite3_step(s->stmt)) {
	case SQLITE_ROW:
		s->code = SQLITE_OK;
		return 1;
	case SQLITE_DONE:
		s->code = SQLITE_OK;
		return 0;
	default:
		return fly_db_errno(s->db, s->code);
	}
}

int fly_stmt_one(struct stmt *s)
{
	int rc = fly_stmt_row(s);

	if (rc < 0)
		return rc;
	return rc == 0 ? -ENOENT : 0;
}

int64_t fly_col_int(struct stmt *s)
{
	return sqlite3_column_int64(s->stmt, s->column++);
}

int64_t fly_col_opt(struct stmt *s, int64_t unset)
{
	int at = s->column++;

	if (sqlite3_column_type(s->stmt, at) == SQLITE_NULL)
		return unset;
	return sqlite3_column_int64(s->stmt, at);
}

const char *fly_col_text(struct stmt *s)
{
	int at = s->column++;
	const char *text;
	char *copy;

	if (sqlite3_column_type(s->stmt, at) == SQLITE_NULL)
		return NULL;
	text = (const char *)sqlite3_column_text(s->stmt, at);
	copy = text ? fly_arena_strndup(s->arena, text,
					(size_t)sqlite3_column_bytes(s->stmt, at))
		    : NULL;
	if (!copy)
		s->no_memory = true;
	return copy;
}

struct fly_bytes fly_col_bytes(struct stmt *s)
{
	int at = s->column++;
	struct fly_bytes bytes = {0};
	const void *data;
	size_t len;

	if (sqlite3_column_type(s->stmt, at) == SQLITE_NULL)
		return bytes;
	data = sqlite3_column_blob(s->stmt, at);
	len = (size_t)sqlite3_column_bytes(s->stmt, at);
	if (len == 0)
		return bytes;
	bytes.data = data ? fly_arena_memdup(s->arena, data, len) : NULL;
	if (bytes.data)
		bytes.len = len;
	else
		s->no_memory = true;
	return bytes;
}

void fly_col_sizes(struct stmt *s, uint32_t *sizes, size_t n, uint32_t unset)
{
	int at = s->column++;
	const uint8_t *data = sqlite3_column_blob(s->stmt, at);
	size_t have = (size_t)sqlite3_column_bytes(s->stmt, at) / 4, i;

	for (i = 0; i < n; i++) {
		const uint8_t *p;

		sizes[i] = unset;
		if (!data || i >= have)
			continue;
		p = data + 4 * i;
		sizes[i] = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
			   (uint32_t)p[3] << 24;
	}
}

int fly_stmt_end(struct stmt *s, int rc)
{
	if (s->is_own) {
		sqlite3_finalize(s->stmt);
	} else if (s->stmt) {
		sqlite3_reset(s->stmt);
		sqlite3_clear_bindings(s->stmt);
	}
	s->stmt = NULL;
	return rc >= 0 && s->no_memory ? -ENOMEM : rc;
}

int fly_stmt_run(struct stmt *s, struct fly_why *why)
{
	int rc;

	do
		rc = fly_stmt_row(s);
	while (rc > 0);
	if (rc < 0)
		rc = fly_db_fail(s->db, s->code, why);
	return fly_stmt_end(s, rc);
}

int fly_stmt_insert(struct stmt *s, struct fly_why *why, const char *taken, ...)
{
	char sentence[FLY_WHY_MAX];
	va_list args;
	int rc = fly_stmt_row(s);

	if (rc == -EEXIST) {
		va_start(args, taken);
		vsnprintf(sentence, sizeof(sentence), taken, args);
		va_end(args);
		fly_fail(why, EEXIST, "%s", sentence);
	} else if (rc < 0) {
		fly_db_fail(s->db, s->code, why);
	}
	return fly_stmt_end(s, rc);
}

int fly_db_touched(struct fly_db *db)
{
	return sqlite3_changes(db->sql);
}

void *fly_rows_room(struct fly_arena *arena, void *rows, size_t n, size_t *cap, size_t size)
{
	size_t more;
	void *bigger;

	if (n < *cap)
		return rows;
	more = *cap ? *cap * 2 : 16;
	bigger = fly_arena_zalloc(arena, more, size);
	if (!bigger)
		return NULL;
	if (n > 0)
		memcpy(bigger, rows, n * size);
	*cap = more;
	return bigger;
}
