/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Growable text with a sticky failure, so that writers need no check at every step. It does
 * not know what the text says.
 */
#include "flytefs/base.h"

#include <stdio.h>

char *fly_buf_reserve(struct fly_buf *b, size_t len)
{
	size_t need, cap;
	char *data;

	if (b->failed || __builtin_add_overflow(b->len, len, &need) ||
	    __builtin_add_overflow(need, 1, &need)) {
		b->failed = true;
		return NULL;
	}
	if (need > b->cap) {
		cap = b->cap > SIZE_MAX / 2 ? need : b->cap * 2;
		if (cap < need)
			cap = need;
		if (cap < 64)
			cap = 64;
		data = realloc(b->data, cap);
		if (!data) {
			b->failed = true;
			return NULL;
		}
		b->data = data;
		b->cap = cap;
	}
	/* Terminated both as it is and once the caller filled all it asked for. */
	b->data[b->len] = '\0';
	b->data[need - 1] = '\0';
	return b->data + b->len;
}

void fly_buf_add(struct fly_buf *b, const void *data, size_t len)
{
	char *to = fly_buf_reserve(b, len);

	if (!to)
		return;
	if (len)
		memcpy(to, data, len);
	b->len += len;
}

void fly_buf_puts(struct fly_buf *b, const char *text)
{
	fly_buf_add(b, text, strlen(text));
}

void fly_buf_putc(struct fly_buf *b, char c)
{
	fly_buf_add(b, &c, 1);
}

void fly_buf_printf(struct fly_buf *b, const char *format, ...)
{
	char small[256];
	va_list args;
	char *to;
	int len;

	va_start(args, format);
	len = vsnprintf(small, sizeof(small), format, args);
	va_end(args);
	if (len < 0) {
		b->failed = true;
		return;
	}
	if ((size_t)len < sizeof(small)) {
		fly_buf_add(b, small, (size_t)len);
		return;
	}
	to = fly_buf_reserve(b, (size_t)len);
	if (!to)
		return;
	va_start(args, format);
	vsnprintf(to, (size_t)len + 1, format, args);
	va_end(args);
	b->len += (size_t)len;
}

void fly_buf_clear(struct fly_buf *b)
{
	b->len = 0;
	b->failed = false;
	if (b->data)
		b->data[0] = '\0';
}

void fly_buf_release(struct fly_buf *b)
{
	if (!b)
		return;
	free(b->data);
	*b = (struct fly_buf){0};
}

char *fly_buf_take(struct fly_buf *b)
{
	char *data = NULL;

	if (!b->failed) {
		data = b->data;
		b->data = NULL;
	}
	fly_buf_release(b);
	return data;
}
