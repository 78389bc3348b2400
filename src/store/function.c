/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fly_like(value, pattern): LIKE as PostgreSQL has it, for filters recorded from a server on
 * PostgreSQL: case matters, `%` and `_` are live, a backslash takes the next character as it is.
 * SQLite's own LIKE folds case and knows no escape by default. It knows no table.
 */
#include "db.h"

/* Bytes of the character at p: `_` stands for one character of a text, one byte of a blob. */
static size_t step(const uint8_t *p, const uint8_t *end, bool is_text)
{
	size_t n = 1;

	while (is_text && p + n < end && (p[n] & 0xc0) == 0x80)
		n++;
	return n;
}

/* Where what stands behind a `%` may begin at the earliest; NULL: nowhere. */
static const uint8_t *next_start(const uint8_t *v, const uint8_t *v_end, const uint8_t *p,
				 const uint8_t *p_end)
{
	if (p == p_end || *p == '_' || *p == '\\' || *p == '%')
		return v;
	return memchr(v, *p, (size_t)(v_end - v));
}

/* On a mismatch only the last `%` need be tried further: it can take what earlier ones could. */
static bool like(const uint8_t *v, const uint8_t *v_end, const uint8_t *p, const uint8_t *p_end,
		 bool is_text)
{
	const uint8_t *retry_p = NULL, *retry_v = NULL;

	for (;;) {
		if (p < p_end && *p == '%') {
			retry_p = ++p;
			retry_v = v;
			continue;
		}
		if (v == v_end && p == p_end)
			return true;
		if (v < v_end && p < p_end) {
			const uint8_t *c = *p == '\\' && p + 1 < p_end ? p + 1 : p;

			if (c == p && *p == '_') {
				v += step(v, v_end, is_text);
				p++;
				continue;
			}
			if (*c == *v) {
				v++;
				p = c + 1;
				continue;
			}
		}
		if (!retry_p || retry_v == v_end)
			return false;
		retry_v += step(retry_v, v_end, is_text);
		retry_v = next_start(retry_v, v_end, retry_p, p_end);
		if (!retry_v)
			return false;
		v = retry_v;
		p = retry_p;
	}
}

static void fly_like(sqlite3_context *context, int n, sqlite3_value **args)
{
	bool is_text = sqlite3_value_type(args[0]) != SQLITE_BLOB;
	const uint8_t *v, *p;
	int v_len, p_len;

	if (sqlite3_value_type(args[0]) == SQLITE_NULL)
		return;
	v = is_text ? sqlite3_value_text(args[0]) : sqlite3_value_blob(args[0]);
	v_len = sqlite3_value_bytes(args[0]);
	p = sqlite3_value_text(args[1]);
	p_len = sqlite3_value_bytes(args[1]);
	if ((!v && v_len > 0) || !p) {
		sqlite3_result_error_nomem(context);
		return;
	}
	if (!v)
		v = (const uint8_t *)"";
	sqlite3_result_int(context, like(v, v + v_len, p, p + p_len, is_text));
}

int fly_functions_add(struct fly_db *db)
{
	return sqlite3_create_function(db->sql, "fly_like", 2,
				       SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, NULL,
				       fly_like, NULL, NULL);
}
