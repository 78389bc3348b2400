/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a compilation finds wrong: a code of Flyte's, the node, words of ours; told together, in an
 * order that does not depend on the order of finding. It knows no rule.
 */
#include "compile.h"

#include <stdio.h>

bool compile_grow(struct compile *c, void *array, size_t *cap, size_t n, size_t size)
{
	size_t wanted = *cap ? *cap * 2 : 8;
	void *bigger, *old;

	if (n < *cap)
		return true;
	bigger = fly_arena_zalloc(c->arena, wanted, size);
	if (!bigger) {
		c->out_of_memory = true;
		return false;
	}
	/* The pointer is of any type: moved as bytes, as aliasing rules want it. */
	memcpy(&old, array, sizeof(old));
	if (n)
		memcpy(bigger, old, n * size);
	memcpy(array, &bigger, sizeof(bigger));
	*cap = wanted;
	return true;
}

void compile_fault_known(struct compile *c)
{
	c->n_found++;
}

void compile_fault(struct compile *c, const char *code, const char *node, const char *format, ...)
{
	char text[768];
	va_list args;

	c->n_found++;
	if (c->muted || !compile_grow(c, &c->faults, &c->cap_faults, c->n_faults,
				      sizeof(*c->faults)))
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	c->faults[c->n_faults].code = code;
	c->faults[c->n_faults].node = node;
	c->faults[c->n_faults].text = fly_arena_strdup(c->arena, text);
	if (c->faults[c->n_faults].text)
		c->n_faults++;
	else
		c->out_of_memory = true;
}

int compile_order_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int order(const void *a, const void *b)
{
	const struct compile_fault *p = a, *q = b;
	int rc = strcmp(p->code, q->code);

	if (!rc)
		rc = strcmp(p->node, q->node);
	return rc ? rc : strcmp(p->text, q->text);
}

int compile_verdict(struct compile *c, const Flyteidl__Core__Identifier *id, struct fly_why *why)
{
	auto_buf all = {0};
	size_t i;

	if (c->out_of_memory)
		return fly_no_memory(why);
	if (!c->n_found)
		return 0;
	if (c->n_faults)
		qsort(c->faults, c->n_faults, sizeof(*c->faults), order);
	for (i = 0; i < c->n_faults; i++) {
		const struct compile_fault *f = &c->faults[i];
		/* What is said of the start node is meant of the workflow. */
		bool whole = !*f->node || !strcmp(f->node, COMPILE_START);

		if (i && !order(f, f - 1))
			continue;
		fly_buf_printf(&all, "%s%s%s%s (%s)", i ? "; " : "", whole ? "" : f->node,
			       whole ? "" : ": ", f->text, f->code);
	}
	if (all.failed)
		return fly_no_memory(why);
	return fly_refuse(why, FLY_INVALID_ARGUMENT, "workflow %s@%s does not compile: %s",
			  id ? id->name : "", id ? id->version : "",
			  all.data ? all.data : "a part of it is faulty");
}

const char *compile_type_words(struct compile *c, const Flyteidl__Core__LiteralType *type)
{
	auto_buf b = {0};
	const char *words = NULL;

	if (type)
		fly_type_print(type, &b);
	if (b.len && !b.failed)
		words = fly_arena_strdup(c->arena, b.data);
	return words ? words : "no type";
}
