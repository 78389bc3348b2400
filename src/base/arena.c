/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that dies together: blocks of doubling size, filled from the front. It does not know
 * what lies in it.
 */
#include "flytefs/base.h"

#include <stdalign.h>
#include <stdio.h>

#define BLOCK_MIN ((size_t)4 << 10)
#define BLOCK_MAX ((size_t)1 << 20)

struct fly_arena_block {
	struct fly_arena_block *next;
	size_t used;
	size_t cap;
	alignas(max_align_t) char data[];
};

static struct fly_arena_block *new_block(struct fly_arena *a, size_t size)
{
	struct fly_arena_block *first = a->blocks, *block;
	size_t cap = first ? first->cap * 2 : BLOCK_MIN;

	if (cap > BLOCK_MAX)
		cap = BLOCK_MAX;
	if (cap < size)
		cap = size;
	block = malloc(sizeof(*block) + cap);
	if (!block)
		return NULL;
	block->used = 0;
	block->cap = cap;
	/* A block made for one big thing is full at once: the first one has more room left. */
	if (first && cap == size && first->cap - first->used > 0) {
		block->next = first->next;
		first->next = block;
	} else {
		block->next = first;
		a->blocks = block;
	}
	return block;
}

void *fly_arena_alloc(struct fly_arena *a, size_t size)
{
	struct fly_arena_block *block = a->blocks;
	size_t align = alignof(max_align_t);
	void *p;

	if (size > SIZE_MAX / 2)
		return NULL;
	size = size ? (size + align - 1) & ~(align - 1) : align;
	if (a->limit_bytes &&
	    (a->used_bytes > a->limit_bytes || size > a->limit_bytes - a->used_bytes)) {
		a->over_limit = true;
		return NULL;
	}
	if (!block || block->cap - block->used < size) {
		block = new_block(a, size);
		if (!block)
			return NULL;
	}
	p = block->data + block->used;
	block->used += size;
	a->used_bytes += size;
	return p;
}

void *fly_arena_zalloc(struct fly_arena *a, size_t n, size_t size)
{
	size_t bytes;
	void *p;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	p = fly_arena_alloc(a, bytes);
	if (p)
		memset(p, 0, bytes);
	return p;
}

void *fly_arena_memdup(struct fly_arena *a, const void *data, size_t len)
{
	void *p = fly_arena_alloc(a, len);

	if (p && len)
		memcpy(p, data, len);
	return p;
}

char *fly_arena_strndup(struct fly_arena *a, const char *text, size_t len)
{
	char *p;

	if (len == SIZE_MAX)
		return NULL;
	p = fly_arena_alloc(a, len + 1);
	if (!p)
		return NULL;
	if (len)
		memcpy(p, text, len);
	p[len] = '\0';
	return p;
}

char *fly_arena_strdup(struct fly_arena *a, const char *text)
{
	return fly_arena_strndup(a, text, strlen(text));
}

/* Into what is free of the first block, where it mostly fits, and again when it did not. */
char *fly_arena_printf(struct fly_arena *a, const char *format, ...)
{
	struct fly_arena_block *block = a->blocks;
	size_t room = block ? block->cap - block->used : 0;
	char *free_room = block ? block->data + block->used : NULL, *p;
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(free_room, room, format, args);
	va_end(args);
	if (len < 0)
		return NULL;
	p = fly_arena_alloc(a, (size_t)len + 1);
	if (!p || (p == free_room && (size_t)len < room))
		return p;
	va_start(args, format);
	vsnprintf(p, (size_t)len + 1, format, args);
	va_end(args);
	return p;
}

void fly_arena_release(struct fly_arena *a)
{
	struct fly_arena_block *block = a->blocks, *next;

	for (; block; block = next) {
		next = block->next;
		free(block);
	}
	a->blocks = NULL;
	a->used_bytes = 0;
	a->over_limit = false;
}
