/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strings, whole numbers and base64 in JSON. Knows no messages and no layout.
 */
#include "json_text.h"

#include "flytefs/codec.h"

/* --- strings ---------------------------------------------------------------- */

/* What a byte asks for: 0 nothing, WIDE a look at UTF-8, else the letter of its escape. */
enum { WIDE = 1 };
static const uint8_t escapes[256] = {
	[0x00 ... 0x07] = 'u', ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', [0x0b] = 'u',
	['\f'] = 'f', ['\r'] = 'r', [0x0e ... 0x1f] = 'u',
	['"'] = '"', ['\\'] = '\\',
	[0x80 ... 0xff] = WIDE,
};

/* Length of the character of UTF-8 that begins at p, 0 when there is none. */
static size_t utf8_len(const char *p, size_t left)
{
	uint8_t lead = (uint8_t)*p;
	size_t n = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;

	return n <= left && fly_utf8_valid(p, n) ? n : 0;
}

static void put_escape(struct fly_buf *b, uint8_t byte)
{
	static const char hex[] = "0123456789abcdef";
	char text[6] = {'\\', (char)escapes[byte], '0', '0', hex[byte >> 4], hex[byte & 15]};

	fly_buf_append(b, text, text[1] == 'u' ? 6 : 2);
}

void fly_json_put_string(struct fly_buf *b, const char *text, size_t len)
{
	const char *end = text + len, *clean = text;

	fly_buf_room(b, len + 2);
	fly_buf_append_char(b, '"');
	while (text < end) {
		uint8_t need;
		size_t n = 1;

		if (end - text >= 8 && fly_json_is_plain_word(text)) {
			text += 8;
			continue;
		}
		need = escapes[(uint8_t)*text];
		if (need == WIDE)
			n = utf8_len(text, (size_t)(end - text));
		if (!need || (need == WIDE && n)) {
			text += n;
			continue;
		}
		fly_buf_append(b, clean, (size_t)(text - clean));
		if (need == WIDE)
			fly_buf_append(b, "\xef\xbf\xbd", 3);
		else
			put_escape(b, (uint8_t)*text);
		clean = ++text;
	}
	fly_buf_append(b, clean, (size_t)(text - clean));
	fly_buf_append_char(b, '"');
}

const char *fly_text_tail(const char *text, size_t len, size_t max)
{
	const char *p = len > max ? text + len - max : text;

	while (p > text && ((uint8_t)*p & 0xc0) == 0x80)
		p++;
	return p;
}

/* --- whole numbers ------------------------------------------------------------ */

static void put_digits(struct fly_buf *b, uint64_t value, bool negative)
{
	char text[21];
	char *p = text + sizeof(text);

	do {
		*--p = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	if (negative)
		*--p = '-';
	fly_buf_append(b, p, (size_t)(text + sizeof(text) - p));
}

void fly_json_put_uint(struct fly_buf *b, uint64_t value)
{
	put_digits(b, value, false);
}

void fly_json_put_int(struct fly_buf *b, int64_t value)
{
	put_digits(b, value < 0 ? -(uint64_t)value : (uint64_t)value, value < 0);
}

/* --- base64: RFC 4648 ------------------------------------------------------------ */

void fly_json_put_base64(struct fly_buf *b, const uint8_t *data, size_t len)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	fly_buf_room(b, len / 3 * 4 + 6);
	fly_buf_append_char(b, '"');
	for (; len; data += 3) {
		size_t n = len < 3 ? len : 3;
		uint32_t bits = (uint32_t)data[0] << 16;
		char quad[4];

		if (n > 1)
			bits |= (uint32_t)data[1] << 8;
		if (n > 2)
			bits |= data[2];
		quad[0] = digits[bits >> 18];
		quad[1] = digits[bits >> 12 & 63];
		quad[2] = n > 1 ? digits[bits >> 6 & 63] : '=';
		quad[3] = n > 2 ? digits[bits & 63] : '=';
		fly_buf_append(b, quad, 4);
		len -= n;
	}
	fly_buf_append_char(b, '"');
}

/* Value of a digit of either alphabet, -1 for any other byte. */
static int base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+' || c == '-')
		return 62;
	return c == '/' || c == '_' ? 63 : -1;
}

static size_t without_padding(const char *text, size_t len)
{
	for (int i = 0; i < 2 && len && text[len - 1] == '='; i++)
		len--;
	return len;
}

bool fly_base64_size(const char *text, size_t len, size_t *out)
{
	size_t digits = len % 4 ? len : without_padding(text, len);

	if (digits % 4 == 1)
		return false;
	for (size_t i = 0; i < digits; i++) {
		if (base64_value(text[i]) < 0)
			return false;
	}
	*out = digits / 4 * 3 + (digits % 4 ? digits % 4 - 1 : 0);
	return true;
}

void fly_base64_decode(const char *text, size_t len, uint8_t *out)
{
	size_t digits = len % 4 ? len : without_padding(text, len);
	uint32_t bits = 0;

	for (size_t i = 0; i < digits; i++) {
		bits = bits << 6 | (uint32_t)base64_value(text[i]);
		if (i % 4)
			*out++ = (uint8_t)(bits >> (6 - i % 4 * 2));
	}
}

void fly_json_string(const char *text, struct fly_buf *b)
{
	fly_json_put_string(b, text, strlen(text));
	fly_buf_end(b);
}

void fly_json_base64(const void *data, size_t len, struct fly_buf *b)
{
	fly_json_put_base64(b, data, len);
	fly_buf_end(b);
}
