/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON values as MessagePack, the form in which flytekit takes dataclasses and dicts. Knows no
 * literals.
 */
#include "json_pack.h"

#include "msgpack.h"
#include "number.h"

struct packer {
	struct fly_doc *doc;
	struct fly_why *why;
	bool doubles;
	struct fly_buf *b;
};

static int pack(const struct packer *p, const struct fly_doc_where *where, const json_t *value);

static int pack_number(const struct packer *p, const struct fly_doc_where *where,
		       const json_t *value)
{
	uint64_t natural;
	size_t len = 0;
	const char *text;

	if (p->doubles) {
		fly_msgpack_put_double(p->b, json_number_value(value));
		return 0;
	}
	if (json_is_integer(value)) {
		fly_msgpack_put_int(p->b, json_integer_value(value));
		return 0;
	}
	text = fly_doc_number(p->doc, value, &len);
	/* Spelled as an integer, but not within int64: -0 or a large one. */
	if (!text || memchr(text, '.', len) || memchr(text, 'e', len) || memchr(text, 'E', len))
		fly_msgpack_put_double(p->b, json_real_value(value));
	else if (!fly_number_uint64(text, len, &natural))
		fly_msgpack_put_uint(p->b, natural);
	else
		return fly_doc_fail_at(p->doc, p->why, where, false,
				       "the number does not fit in 64 bits");
	return 0;
}

static int pack_items(const struct packer *p, const struct fly_doc_where *where,
		      const json_t *value)
{
	struct fly_doc_where at = {.above = where};
	const json_t *item;
	int ret = 0;

	fly_msgpack_put_array(p->b, json_array_size(value));
	for (size_t i = 0; !ret && i < json_array_size(value); i++) {
		item = json_array_get(value, i);
		at.index = i;
		ret = pack(p, &at, item);
	}
	return ret;
}

static int pack_members(const struct packer *p, const struct fly_doc_where *where,
			const json_t *value)
{
	struct fly_doc_where at = {.above = where};
	int ret = 0;

	fly_msgpack_put_map(p->b, json_object_size(value));
	for (void *i = json_object_iter((json_t *)value); i && !ret;
	     i = json_object_iter_next((json_t *)value, i)) {
		at.name = json_object_iter_key(i);
		at.len = json_object_iter_key_len(i);
		fly_msgpack_put_str(p->b, at.name, at.len);
		ret = pack(p, &at, json_object_iter_value(i));
	}
	return ret;
}

static int pack(const struct packer *p, const struct fly_doc_where *where, const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return pack_members(p, where, value);
	case JSON_ARRAY:
		return pack_items(p, where, value);
	case JSON_STRING:
		fly_msgpack_put_str(p->b, json_string_value(value), json_string_length(value));
		return 0;
	case JSON_INTEGER:
	case JSON_REAL:
		return pack_number(p, where, value);
	case JSON_TRUE:
	case JSON_FALSE:
		fly_msgpack_put_bool(p->b, json_is_true(value));
		return 0;
	case JSON_NULL:
		break;
	}
	fly_msgpack_put_nil(p->b);
	return 0;
}

int fly_json_pack(struct fly_doc *doc, const struct fly_doc_where *where, const json_t *value,
		  bool doubles, struct fly_buf *b, struct fly_why *why)
{
	const struct packer p = {doc, why, doubles, b};

	return pack(&p, where, value);
}
