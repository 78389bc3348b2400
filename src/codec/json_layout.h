/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_layout: where brackets, commas and new lines go, two blanks an open bracket. Inline: every
 * member of every text passes here. Knows neither messages nor values.
 */
#ifndef FLYTEFS_CODEC_JSON_LAYOUT_H
#define FLYTEFS_CODEC_JSON_LAYOUT_H

#include "json_text.h"

struct fly_layout {
	struct fly_buf *b;
	bool pretty;
	unsigned brackets;	/* open ones: the indentation */
};

static inline void fly_layout_line(const struct fly_layout *l)
{
	static const char blanks[] = "\n                                ";
	size_t left = (size_t)l->brackets * 2, n;

	if (!l->pretty)
		return;
	n = left < sizeof(blanks) - 2 ? left : sizeof(blanks) - 2;
	fly_buf_append(l->b, blanks, n + 1);
	for (left -= n; left; left -= n) {
		n = left < sizeof(blanks) - 2 ? left : sizeof(blanks) - 2;
		fly_buf_append(l->b, blanks + 1, n);
	}
}

static inline void fly_layout_open(struct fly_layout *l, char bracket)
{
	fly_buf_append_char(l->b, bracket);
	l->brackets++;
}

/** Before each member or element. */
static inline void fly_layout_next(const struct fly_layout *l, bool first)
{
	if (!first)
		fly_buf_append_char(l->b, ',');
	fly_layout_line(l);
}

static inline void fly_layout_colon(const struct fly_layout *l)
{
	fly_buf_append(l->b, ": ", l->pretty ? 2 : 1);
}

static inline void fly_layout_close(struct fly_layout *l, char bracket, bool empty)
{
	l->brackets--;
	if (!empty)
		fly_layout_line(l);
	fly_buf_append_char(l->b, bracket);
}

#endif
