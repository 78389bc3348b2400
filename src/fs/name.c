/* SPDX-License-Identifier: Apache-2.0 */
/* %XX in file names; see name.h. Knows no tree. */
#include "name.h"

static const char hex[] = "0123456789ABCDEF";

static bool is_special(const char *name, size_t i)
{
	unsigned char c = (unsigned char)name[i];

	return c < ' ' || c == 0x7f || c == '/' || c == '%' || (c == '.' && !i);
}

/* Its length; 0: it can't be a file's name. */
static size_t encode(const char *name, char text[FLY_FILE_NAME_MAX + 4])
{
	size_t n = 0;

	for (size_t i = 0; name[i]; i++) {
		if (n > FLY_FILE_NAME_MAX)
			return 0;
		if (is_special(name, i)) {
			text[n++] = '%';
			text[n++] = hex[(unsigned char)name[i] >> 4];
			text[n++] = hex[name[i] & 15];
		} else {
			text[n++] = name[i];
		}
	}
	return n <= FLY_FILE_NAME_MAX ? n : 0;
}

const char *fly_name_encode(const char *name, struct fly_arena *arena)
{
	char text[FLY_FILE_NAME_MAX + 4];
	size_t n = encode(name, text);

	return n ? fly_arena_strndup(arena, text, n) : NULL;
}

static int digit(char c)
{
	const char *at = c ? strchr(hex, c) : NULL;

	return at ? (int)(at - hex) : -1;
}

int fly_name_decode(const char *file, struct fly_arena *arena, const char **out)
{
	char *text = fly_arena_alloc(arena, strlen(file) + 1);
	char again[FLY_FILE_NAME_MAX + 4];
	size_t n = 0, len;

	if (!text)
		return -ENOMEM;
	for (const char *p = file; *p; p++) {
		text[n] = *p;
		if (*p == '%') {
			if (digit(p[1]) < 0 || digit(p[2]) < 0)
				return -ENOENT;
			text[n] = (char)(digit(p[1]) << 4 | digit(p[2]));
			p += 2;
		}
		if (!text[n++])
			return -ENOENT;
	}
	text[n] = 0;
	len = encode(text, again);
	if (!len || len != strlen(file) || memcmp(again, file, len) || !fly_utf8_valid(text, n))
		return -ENOENT;
	*out = text;
	return 0;
}
