/* SPDX-License-Identifier: Apache-2.0 */
/* ids: see ids.h. */
#include "ids.h"

#include <stdio.h>

#define HASH_BYTES_MAX 16

/* FNV-1a with 128 bits: prime 2^88 + 2^8 + 0x3b. */
static void fnv1a128(const void *data, size_t len, uint8_t out[16])
{
	const uint8_t *p = data;
	unsigned __int128 prime = ((unsigned __int128)1 << 88) + 0x13b;
	unsigned __int128 h = ((unsigned __int128)0x6c62272e07bb0142 << 64) + 0x62b821756295c58d;

	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * prime;
	for (int i = 15; i >= 0; i--, h >>= 8)
		out[i] = (uint8_t)h;
}

static size_t hash_of(const char *text, enum fly_id_hash hash, uint8_t out[HASH_BYTES_MAX])
{
	size_t len = strlen(text), n = (size_t)hash / 8;
	uint64_t h;

	if (hash == FLY_ID_HASH_128) {
		fnv1a128(text, len, out);
		return n;
	}
	h = hash == FLY_ID_HASH_32 ? fly_fnv1a32(text, len) : fly_fnv1a64(text, len);
	for (size_t i = n; i-- > 0; h >>= 8)
		out[i] = (uint8_t)h;
	return n;
}

/* Base 32 without padding: the last digit's missing bits are zero. */
static void base32(const uint8_t *bytes, size_t n, char *out)
{
	static const char digits[] = "abcdefghijklmnopqrstuvwxyz123456";
	unsigned held = 0, value = 0;

	for (size_t i = 0; i < n; i++) {
		value = value << 8 | bytes[i];
		held += 8;
		for (; held >= 5; held -= 5)
			*out++ = digits[value >> (held - 5) & 31];
		value &= (1u << held) - 1;
	}
	if (held)
		*out++ = digits[value << (5 - held) & 31];
	*out = '\0';
}

char *fly_id_fit(struct fly_arena *arena, const char *text, size_t max, enum fly_id_hash hash)
{
	uint8_t bytes[HASH_BYTES_MAX];
	char digits[32];

	if (strlen(text) <= max)
		return fly_arena_strdup(arena, text);
	base32(bytes, hash_of(text, hash, bytes), digits);
	return fly_arena_printf(arena, "f%s", digits);
}

char *fly_id_node(struct fly_arena *arena, const char *parent, unsigned parent_attempt,
		  const char *node_id)
{
	char *text;

	if (!parent)
		return fly_id_fit(arena, node_id, FLY_NODE_ID_MAX, FLY_ID_HASH_32);
	text = fly_arena_printf(arena, "%s-%u-%s", parent, parent_attempt, node_id);
	return text ? fly_id_fit(arena, text, FLY_NODE_ID_MAX, FLY_ID_HASH_32) : NULL;
}

char *fly_id_attempt(struct fly_arena *arena, const char *execution, const char *node,
		     unsigned attempt)
{
	char *text = fly_arena_printf(arena, "%s-%s-%u", execution, node, attempt);

	return text ? fly_id_fit(arena, text, FLY_UNIQUE_NAME_MAX, FLY_ID_HASH_32) : NULL;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_word(char c)
{
	return is_letter(c) || (c >= '0' && c <= '9');
}

char *fly_id_retry_key(struct fly_arena *arena, const char *name)
{
	auto_buf b = {0};
	const char *p = name;

	if (*p && !is_letter(*p)) {
		while (*p && !is_letter(*p))
			p++;
		fly_buf_putc(&b, 'a');
	}
	while (*p) {
		if (is_word(*p)) {
			fly_buf_putc(&b, *p++);
			continue;
		}
		while (*p && !is_word(*p))
			p++;
		fly_buf_putc(&b, '_');
	}
	return b.failed ? NULL : fly_arena_strndup(arena, b.data ? b.data : "", b.len);
}

char *fly_id_component(struct fly_arena *arena, const char *text)
{
	auto_buf b = {0};

	for (const char *p = text; *p; p++) {
		bool is_plain = is_word(*p) || *p == '-' || (*p == '.' && p > text);

		if (is_plain)
			fly_buf_putc(&b, *p);
		else
			fly_buf_printf(&b, "%%%02X", (uint8_t)*p);
	}
	if (!*text)
		fly_buf_puts(&b, "%");
	return b.failed ? NULL : fly_arena_strndup(arena, b.data, b.len);
}
