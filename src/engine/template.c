/* SPDX-License-Identifier: Apache-2.0 */
/* template: see template.h. */
#include "template.h"

#include <strings.h>

#define INPUTS "Inputs."

/* In the order of replacement: each works on what the ones before it left. */
static const char *const place_names[FLY_N_PLACES] = {
	[FLY_PLACE_INPUT] = "Input",
	[FLY_PLACE_OUTPUT_PREFIX] = "OutputPrefix",
	[FLY_PLACE_INPUT_PREFIX] = "InputPrefix",
	[FLY_PLACE_RAW_OUTPUT] = "RawOutputDataPrefix",
	[FLY_PLACE_PREV_CHECKPOINT] = "PrevCheckpointPrefix",
	[FLY_PLACE_CHECKPOINT] = "CheckpointOutputPrefix",
	[FLY_PLACE_RETRY_KEY] = "PerRetryUniqueKey",
	[FLY_PLACE_TASK_TEMPLATE] = "TaskTemplatePath",
	[FLY_PLACE_NAMESPACE] = "Namespace",
};

struct hole {
	const char *start, *end; /* from the braces to behind the braces */
	const char *name;
	size_t name_len;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

/* A placeholder that begins at p, whatever its name. */
static bool read_hole(const char *p, struct hole *hole)
{
	hole->start = p;
	if (p[0] != '{' || p[1] != '{')
		return false;
	for (p += 2; is_blank(*p); p++)
		;
	if (*p != '.' && *p != '$')
		return false;
	hole->name = ++p;
	while (*p && *p != '}' && !is_blank(*p))
		p++;
	hole->name_len = (size_t)(p - hole->name);
	while (is_blank(*p))
		p++;
	if (!hole->name_len || p[0] != '}' || p[1] != '}')
		return false;
	hole->end = p + 2;
	return true;
}

static bool is_named(const struct hole *hole, const char *name)
{
	return hole->name_len == strlen(name) && !strncasecmp(hole->name, name, hole->name_len);
}

/* Put value in place of every placeholder called name; false when there was none. */
static bool replace(struct fly_buf *text, const char *name, const char *value)
{
	struct fly_buf out = {0};
	const char *p = text->data;
	bool found = false;
	struct hole hole;

	while (*p) {
		if (read_hole(p, &hole) && is_named(&hole, name)) {
			fly_buf_puts(&out, value);
			p = hole.end;
			found = true;
		} else {
			fly_buf_putc(&out, *p++);
		}
	}
	if (found) {
		fly_buf_putc(&out, '\0');
		out.len -= !out.failed;
		fly_buf_release(text);
		*text = out;
	} else {
		fly_buf_release(&out);
	}
	return found;
}

static int add_input(const struct fly_template *t, const struct hole *hole, struct fly_buf *out,
		     struct fly_why *why)
{
	size_t prefix = strlen(INPUTS);
	auto_free char *var = strndup(hole->name + prefix, hole->name_len - prefix);
	const Flyteidl__Core__Literal *lit;
	int ret;

	if (!var)
		return -ENOMEM;
	lit = fly_literal_map_get(t->inputs, var);
	if (!lit)
		return fly_refuse(why, FLY_INVALID_ARGUMENT,
				  "the command uses {{.inputs.%s}}, but the task has no such input",
				  var);
	ret = fly_literal_template(lit, out, why);
	if (ret < 0)
		fly_why_prefix(why, "{{.inputs.%s}}: ", var);
	return ret;
}

static int replace_inputs(const struct fly_template *t, const char *p, struct fly_buf *out,
			  struct fly_why *why)
{
	struct hole hole;
	int ret;

	while (*p) {
		if (!read_hole(p, &hole) || hole.name_len <= strlen(INPUTS) ||
		    strncasecmp(hole.name, INPUTS, strlen(INPUTS))) {
			fly_buf_putc(out, *p++);
			continue;
		}
		ret = add_input(t, &hole, out, why);
		if (ret < 0)
			return ret;
		p = hole.end;
	}
	return 0;
}

int fly_template_fill(struct fly_template *t, const char *text, struct fly_arena *arena,
		      const char **out, struct fly_why *why)
{
	auto_buf b = {0}, filled = {0};
	int ret;

	*out = text;
	if (!strstr(text, "{{"))
		return 0;
	fly_buf_puts(&b, text);
	for (int i = 0; i < FLY_N_PLACES && !b.failed; i++)
		if (replace(&b, place_names[i], t->values[i]) && i == FLY_PLACE_TASK_TEMPLATE)
			t->uses_task_template = true;
	if (b.failed)
		return -ENOMEM;
	if (t->inputs) {
		ret = replace_inputs(t, b.data, &filled, why);
		if (ret < 0)
			return ret;
	} else {
		fly_buf_add(&filled, b.data, b.len);
	}
	*out = fly_arena_strndup(arena, filled.data ? filled.data : "", filled.len);
	return filled.failed || !*out ? -ENOMEM : 0;
}
