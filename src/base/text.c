/* SPDX-License-Identifier: Apache-2.0 */
/* What bytes are as text: UTF-8, whole numbers. It does not know where the text came from. */
#include "flytefs/base.h"

/* Length of the well-formed character at p, 0 when there is none. Source: RFC 3629 §4. */
static size_t utf8_char(const unsigned char *p, size_t len)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t n;

	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		n = 2;
	else if (p[0] >= 0xe0 && p[0] <= 0xef)
		n = 3;
	else if (p[0] >= 0xf0 && p[0] <= 0xf4)
		n = 4;
	else
		return 0;
	if (n > len)
		return 0;
	/* The second byte alone tells overlong forms, surrogates and what lies past U+10FFFF. */
	if (p[0] == 0xe0)
		low = 0xa0;
	else if (p[0] == 0xed)
		high = 0x9f;
	else if (p[0] == 0xf0)
		low = 0x90;
	else if (p[0] == 0xf4)
		high = 0x8f;
	if (p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	}
	return n;
}

static bool is_ascii_word(const unsigned char *p)
{
	uint64_t word;

	memcpy(&word, p, 8);
	return !(word & UINT64_C(0x8080808080808080));
}

bool fly_utf8_valid(const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *)text;

	while (len) {
		size_t n;

		/* Mostly ASCII, which is looked through in words. */
		for (; len >= 8 && is_ascii_word(p); len -= 8)
			p += 8;
		if (!len)
			break;
		n = utf8_char(p, len);

		if (!n)
			return false;
		p += n;
		len -= n;
	}
	return true;
}

size_t fly_utf8_cut(const char *text, size_t len, size_t max)
{
	size_t at = max;

	if (len <= max)
		return len;
	while (at && max - at < 3 && ((unsigned char)text[at] & 0xc0) == 0x80)
		at--;
	/* Not UTF-8: no boundary to respect. */
	return ((unsigned char)text[at] & 0xc0) == 0x80 ? max : at;
}

void fly_utf8_repair(char *text)
{
	size_t n;

	for (; *text; text += n) {
		n = utf8_char((const unsigned char *)text, strnlen(text, 4));
		if (!n) {
			*text = '?';
			n = 1;
		}
	}
}

bool fly_parse_int64(const char *text, int64_t *out)
{
	bool negative = *text == '-';
	int64_t value = 0;

	if (*text == '-' || *text == '+')
		text++;
	if (!*text)
		return false;
	/* Counted downwards, where INT64_MIN fits. */
	for (; *text; text++) {
		if (*text < '0' || *text > '9' || __builtin_mul_overflow(value, 10, &value) ||
		    __builtin_sub_overflow(value, *text - '0', &value))
			return false;
	}
	if (!negative && __builtin_sub_overflow(0, value, &value))
		return false;
	*out = value;
	return true;
}
