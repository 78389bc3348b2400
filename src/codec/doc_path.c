/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths into documents, and where in a JSON text they lead. Only failures come here, so the
 * text is read again instead of a place being kept for every value.
 */
#include "doc.h"

#include "json_text.h"

/* --- writing ---------------------------------------------------------------------- */

static bool is_plain(const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)name[i];

		if (c <= ' ' || strchr(".:[\"", c) || c == 0x7f)
			return false;
	}
	return len > 0;
}

void fly_doc_path_member(struct fly_buf *path, const char *name, size_t len)
{
	if (is_plain(name, len)) {
		if (path->len)
			fly_buf_putc(path, '.');
		fly_buf_add(path, name, len);
		return;
	}
	fly_buf_putc(path, '[');
	fly_json_put_string(path, name, len);
	fly_buf_putc(path, ']');
}

void fly_doc_where_print(const struct fly_doc_where *where, struct fly_buf *b)
{
	if (!where->above) {
		fly_buf_add(b, where->name, where->name ? where->len : 0);
		return;
	}
	fly_doc_where_print(where->above, b);
	if (where->name)
		fly_doc_path_member(b, where->name, where->len);
	else
		fly_buf_printf(b, "[%zu]", where->index);
}

/* --- reading ------------------------------------------------------------------------ */

static size_t quoted_len(const char *text)
{
	size_t len = 0;

	while (text[len] && text[len] != '"')
		len += text[len] == '\\' && text[len + 1] ? 2 : 1;
	return len;
}

bool fly_doc_step(const char **path, struct fly_doc_step *step)
{
	const char *p = *path;
	char *end;

	*step = (struct fly_doc_step){0};
	if (*p == '.')
		p++;
	if (!*p)
		return false;
	if (p[0] == '[' && p[1] == '"') {
		step->name = p + 2;
		step->quoted = true;
		step->len = quoted_len(step->name);
		p = step->name + step->len;
		p += strspn(p, "\"]");
	} else if (p[0] == '[') {
		step->index = strtoul(p + 1, &end, 10);
		p = end + (*end == ']');
	} else {
		step->name = p;
		step->len = strcspn(p, ".[");
		p += step->len;
	}
	*path = p;
	return true;
}

/* Are these the same but for the spelling (snake_case, camelCase)? */
static bool same_name(const char *a, size_t a_len, const char *b, size_t b_len)
{
	const char *a_end = a + a_len, *b_end = b + b_len;
	bool a_up, b_up;

	for (;;) {
		a_up = b_up = false;
		while (a < a_end && *a == '_') {
			a_up = true;
			a++;
		}
		while (b < b_end && *b == '_') {
			b_up = true;
			b++;
		}
		if (a == a_end || b == b_end)
			return a == a_end && b == b_end;
		if ((a_up && *a >= 'a' && *a <= 'z' ? *a - 32 : *a) !=
		    (b_up && *b >= 'a' && *b <= 'z' ? *b - 32 : *b))
			return false;
		a++;
		b++;
	}
}

bool fly_doc_step_is(const struct fly_doc_step *step, const char *name, size_t len, bool exact)
{
	auto_buf quoted = {0};

	if (!step->name)
		return false;
	if (step->quoted) {
		fly_json_put_string(&quoted, name, len);
		return !quoted.failed && quoted.len == step->len + 2 &&
		       !memcmp(quoted.data + 1, step->name, step->len);
	}
	if (exact)
		return len == step->len && !memcmp(name, step->name, len);
	return same_name(step->name, step->len, name, len);
}

/* --- JSON ----------------------------------------------------------------------------- */

static const char *skip_space(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
		p++;
	return p;
}

/* From the opening quote to behind the closing one. */
static const char *skip_string(const char *p, const char *end)
{
	for (p++; p < end && *p != '"'; p++) {
		if (*p == '\\')
			p++;
	}
	return p < end ? p + 1 : end;
}

/* Behind a value of a valid document. */
static const char *skip_value(const char *p, const char *end)
{
	size_t depth = 0;

	while (p < end) {
		if (*p == '"') {
			p = skip_string(p, end);
		} else if (*p == '{' || *p == '[') {
			depth++;
			p++;
		} else if (depth && (*p == '}' || *p == ']')) {
			depth--;
			p++;
		} else if (!depth) {
			p += strcspn(p, ",]} \t\r\n");
		} else {
			p++;
			continue;
		}
		if (!depth)
			return p;
	}
	return end;
}

/* The member a step names, as the place of its name; NULL when it isn't there. */
static const char *find_member(const char *p, const char *end, const struct fly_doc_step *step,
			       bool exact)
{
	auto_buf name = {0};
	const char *start;

	for (p = skip_space(p + 1, end); p < end && *p == '"'; p = skip_space(p + 1, end)) {
		start = p;
		p = skip_string(p, end);
		fly_buf_clear(&name);
		fly_json_unescape(start + 1, (size_t)(p - start) - 2, &name);
		if (fly_doc_step_is(step, name.data ? name.data : "", name.len, exact))
			return start;
		p = skip_space(p, end);
		p = skip_value(skip_space(p + 1, end), end);
		p = skip_space(p, end);
		if (p >= end || *p != ',')
			return NULL;
	}
	return NULL;
}

static const char *find_element(const char *p, const char *end, size_t index)
{
	p = skip_space(p + 1, end);
	for (size_t i = 0; p < end && *p != ']'; i++) {
		if (i == index)
			return p;
		p = skip_space(skip_value(p, end), end);
		if (p >= end || *p != ',')
			return NULL;
		p = skip_space(p + 1, end);
	}
	return NULL;
}

struct fly_doc_place fly_json_locate(const char *text, size_t len, const char *path, bool name)
{
	const char *end = text + len, *p = skip_space(text, end), *at = p, *next;
	struct fly_doc_step step;

	while (p < end && fly_doc_step(&path, &step)) {
		next = NULL;
		if (*p == '{' && step.name) {
			next = find_member(p, end, &step, true);
			if (!next)
				next = find_member(p, end, &step, false);
		} else if (*p == '[' && !step.name) {
			next = find_element(p, end, step.index);
		}
		if (!next)
			break;
		at = p = next;
		if (step.name) {
			p = skip_space(skip_string(p, end), end);
			p = skip_space(p + 1, end);
		}
		if (!name)
			at = p;
	}
	return fly_doc_place(text, (size_t)(at - text));
}
