/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hash of a message's JSON as a tree of values, which does not depend on the order of
 * members. Knows no messages but through their JSON. Source: flyte-engine §4.13; objecthash by
 * B. Laurie.
 */
#include "flytefs/codec.h"

#include <jansson.h>

static bool hash_value(const json_t *value, uint8_t out[32]);

/* Hash of a letter for the kind of a value and its content. False: out of memory. */
static bool hash_tagged(char tag, const void *data, size_t len, uint8_t out[32])
{
	auto_buf b = {0};

	fly_buf_putc(&b, tag);
	fly_buf_add(&b, data, len);
	if (b.failed)
		return false;
	fly_sha256(b.data, b.len, out);
	return true;
}

/* A number's sign, exponent and binary digits, where it is brought into (0.5, 1]. */
static bool hash_number(double f, uint8_t out[32])
{
	auto_buf b = {0};
	int exponent = 0;

	if (f == 0)
		return hash_tagged('f', "+0:", 3, out);
	fly_buf_putc(&b, f < 0 ? '-' : '+');
	if (f < 0)
		f = -f;
	for (; f > 1; f /= 2)
		exponent++;
	for (; f <= .5; f *= 2)
		exponent--;
	fly_buf_printf(&b, "%d:", exponent);
	while (f != 0) {
		fly_buf_putc(&b, f >= 1 ? '1' : '0');
		if (f >= 1)
			f -= 1;
		f *= 2;
	}
	return !b.failed && hash_tagged('f', b.data, b.len, out);
}

static bool hash_array(const json_t *value, uint8_t out[32])
{
	auto_buf all = {0};
	uint8_t item[32];

	for (size_t i = 0; i < json_array_size(value); i++) {
		if (!hash_value(json_array_get(value, i), item))
			return false;
		fly_buf_add(&all, item, sizeof(item));
	}
	return !all.failed && hash_tagged('l', all.data, all.len, out);
}

static int by_hash(const void *a, const void *b)
{
	return memcmp(a, b, 64);
}

static bool hash_object(const json_t *value, uint8_t out[32])
{
	size_t n = json_object_size(value), at = 0;
	auto_free uint8_t (*pairs)[64] = calloc(n + 1, sizeof(*pairs));

	if (!pairs)
		return false;
	for (void *i = json_object_iter((json_t *)value); i;
	     i = json_object_iter_next((json_t *)value, i), at++) {
		if (!hash_tagged('u', json_object_iter_key(i), json_object_iter_key_len(i), pairs[at]) ||
		    !hash_value(json_object_iter_value(i), pairs[at] + 32))
			return false;
	}
	qsort(pairs, n, sizeof(*pairs), by_hash);
	return hash_tagged('d', pairs, n * sizeof(*pairs), out);
}

static bool hash_value(const json_t *value, uint8_t out[32])
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return hash_object(value, out);
	case JSON_ARRAY:
		return hash_array(value, out);
	case JSON_STRING:
		return hash_tagged('u', json_string_value(value), json_string_length(value), out);
	case JSON_INTEGER:
	case JSON_REAL:
		return hash_number(json_number_value(value), out);
	case JSON_TRUE:
	case JSON_FALSE:
		return hash_tagged('b', json_is_true(value) ? "1" : "0", 1, out);
	case JSON_NULL:
		break;
	}
	return hash_tagged('n', "", 0, out);
}

int fly_object_hash(const ProtobufCMessage *m, uint8_t out[32])
{
	uint8_t hash[32];
	auto_buf b = {0};
	json_t *root;
	bool hashed;

	fly_json_print(m, FLY_JSON_COMPACT | FLY_JSON_CAMEL, &b);
	if (b.failed)
		return -ENOMEM;
	/* Every number is hashed as a double, and our own text needs no check. */
	root = json_loadb(b.data, b.len, JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL,
			  NULL);
	if (!root)
		return -ENOMEM;
	hashed = hash_value(root, hash);
	json_decref(root);
	if (!hashed)
		return -ENOMEM;
	memcpy(out, hash, sizeof(hash));
	return 0;
}
