/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Single JSON values into fields: numbers, strings, bytes, enums, times. Knows no messages but
 * Timestamp and Duration. Source: flyte-api §6.1.
 */
#include "json_parse.h"

#include <math.h>

#include "json_text.h"
#include "number.h"
#include "time_text.h"

static int wrong_kind(struct fly_json_reader *r, const struct fly_doc_where *where,
		      const char *wanted, const json_t *value)
{
	return fly_json_bad(r, where, "expected %s, got %s", wanted, fly_doc_kind(value));
}

/* --- whole numbers ------------------------------------------------------------------ */

static const struct {
	const char *name;
	int64_t min;
	uint64_t max;
} whole_types[] = {
	[PROTOBUF_C_TYPE_INT32] = {"int32", INT32_MIN, INT32_MAX},
	[PROTOBUF_C_TYPE_INT64] = {"int64", INT64_MIN, INT64_MAX},
	[PROTOBUF_C_TYPE_UINT32] = {"uint32", 0, UINT32_MAX},
	[PROTOBUF_C_TYPE_UINT64] = {"uint64", 0, UINT64_MAX},
	[PROTOBUF_C_TYPE_ENUM] = {"an enum", INT32_MIN, INT32_MAX},
};

static int read_whole(struct fly_json_reader *r, const struct fly_doc_where *where,
		      const struct fly_field *f, const json_t *value, void *out)
{
	uint64_t large = 0;
	int64_t small = 0;
	int rc;

	rc = whole_types[f->type].min ? fly_doc_int64(r->doc, value, &small)
				      : fly_doc_uint64(r->doc, value, &large);
	if (rc == -EINVAL && json_is_string(value))
		return fly_json_bad(r, where, "the string is not a number");
	if (rc == -EINVAL)
		return wrong_kind(r, where, "a whole number", value);
	if (rc == -EDOM)
		return fly_json_bad(r, where, "expected a whole number");
	if (rc == -ERANGE || small < whole_types[f->type].min ||
	    (small > 0 && (uint64_t)small > whole_types[f->type].max) ||
	    large > whole_types[f->type].max)
		return fly_json_bad(r, where, "the number does not fit %s",
				    whole_types[f->type].name);
	large |= (uint64_t)small;
	if (f->size == 8)
		*(uint64_t *)out = large;
	else
		*(uint32_t *)out = (uint32_t)large;
	return 0;
}

static int unknown_name(struct fly_json_reader *r, const struct fly_doc_where *where,
			const ProtobufCEnumDescriptor *type, const char *name)
{
	auto_buf names = {0};

	for (unsigned i = 0; i < type->n_values; i++)
		fly_buf_printf(&names, "%s%s", i ? ", " : "", type->values[i].name);
	return fly_json_bad(r, where, "%s has no \"%s\", only %s", type->name, name,
			    names.data ? names.data : "");
}

static int read_enum(struct fly_json_reader *r, const struct fly_doc_where *where,
		     const struct fly_field *f, const json_t *value, void *out)
{
	const ProtobufCEnumDescriptor *type = f->desc->descriptor;
	const ProtobufCEnumValue *known;

	if (json_is_number(value))
		return read_whole(r, where, f, value, out);
	if (!json_is_string(value))
		return wrong_kind(r, where, "a name or number of an enum", value);
	known = protobuf_c_enum_descriptor_get_value_by_name(type, json_string_value(value));
	if (!known)
		return unknown_name(r, where, type, json_string_value(value));
	*(int *)out = known->value;
	return 0;
}

/* --- other numbers ------------------------------------------------------------------- */

static bool special(const char *text, double *out)
{
	if (!strcmp(text, "NaN"))
		*out = NAN;
	else if (!strcmp(text, "Infinity"))
		*out = INFINITY;
	else if (!strcmp(text, "-Infinity"))
		*out = -INFINITY;
	else
		return false;
	return true;
}

static int read_real(struct fly_json_reader *r, const struct fly_doc_where *where,
		     const struct fly_field *f, const json_t *value, void *out)
{
	const char *text = json_string_value(value);
	double real = json_number_value(value);
	int rc = 0;

	if (text && !special(text, &real)) {
		if (!fly_number_valid(text, json_string_length(value)))
			return fly_json_bad(r, where, "the string is not a number");
		rc = fly_number_double(text, json_string_length(value), &real);
		if (rc == -ENOMEM)
			return fly_json_no_memory(r);
	} else if (!text && !json_is_number(value)) {
		return wrong_kind(r, where, "a number", value);
	}
	if (rc == -ERANGE ||
	    (f->type == PROTOBUF_C_TYPE_FLOAT && isfinite(real) && isinf((float)real)))
		return fly_json_bad(r, where, "the number does not fit a %s",
				    f->type == PROTOBUF_C_TYPE_FLOAT ? "float" : "double");
	if (f->type == PROTOBUF_C_TYPE_FLOAT)
		*(float *)out = (float)real;
	else
		*(double *)out = real;
	return 0;
}

/* --- strings and bytes ----------------------------------------------------------------- */

static int read_string(struct fly_json_reader *r, const struct fly_doc_where *where,
		       const json_t *value, char **out)
{
	size_t len = json_string_length(value);

	if (!json_is_string(value))
		return wrong_kind(r, where, "a string", value);
	*out = len ? fly_arena_strndup(r->arena, json_string_value(value), len)
		   : (char *)protobuf_c_empty_string;
	return *out ? 0 : fly_json_no_memory(r);
}

static int read_bytes(struct fly_json_reader *r, const struct fly_doc_where *where,
		      const json_t *value, ProtobufCBinaryData *out)
{
	const char *text = json_string_value(value);
	size_t len = json_string_length(value), size;
	uint8_t *data;

	if (!text)
		return wrong_kind(r, where, "a string of base64", value);
	if (!fly_base64_size(text, len, &size))
		return fly_json_bad(r, where, "the string is not base64");
	data = fly_arena_alloc(r->arena, size);
	if (!data)
		return fly_json_no_memory(r);
	fly_base64_decode(text, len, data);
	*out = (ProtobufCBinaryData){size, data};
	return 0;
}

int fly_json_read_scalar(struct fly_json_reader *r, const struct fly_doc_where *where,
			 const struct fly_field *f, const json_t *value, void *out)
{
	switch (f->type) {
	case PROTOBUF_C_TYPE_STRING:
		return read_string(r, where, value, out);
	case PROTOBUF_C_TYPE_BYTES:
		return read_bytes(r, where, value, out);
	case PROTOBUF_C_TYPE_BOOL:
		if (!json_is_boolean(value))
			return wrong_kind(r, where, "true or false", value);
		*(protobuf_c_boolean *)out = json_is_true(value);
		return 0;
	case PROTOBUF_C_TYPE_ENUM:
		return read_enum(r, where, f, value, out);
	case PROTOBUF_C_TYPE_DOUBLE:
	case PROTOBUF_C_TYPE_FLOAT:
		return read_real(r, where, f, value, out);
	default:
		return read_whole(r, where, f, value, out);
	}
}

/* --- times ------------------------------------------------------------------------------- */

int fly_json_read_time(struct fly_json_reader *r, const struct fly_doc_where *where,
		       const struct fly_shape *shape, const json_t *value, ProtobufCMessage *m)
{
	bool timestamp = shape->kind == FLY_SHAPE_TIMESTAMP;
	int64_t *seconds = FLY_AT(int64_t, m, shape->fields[0].desc->offset);
	int32_t *nanos = FLY_AT(int32_t, m, shape->fields[1].desc->offset);
	const char *text = json_string_value(value);
	size_t len = json_string_length(value);
	int rc;

	if (!text)
		return wrong_kind(r, where,
				  timestamp ? "a time such as \"2020-05-12T10:00:00Z\""
					    : "a duration such as \"1.5s\"",
				  value);
	rc = timestamp ? fly_rfc3339_parse(text, len, seconds, nanos)
		       : fly_seconds_parse(text, len, seconds, nanos);
	if (rc == -ERANGE && timestamp)
		return fly_json_bad(r, where, "the year is not between 1 and 9999");
	if (rc == -ERANGE)
		return fly_json_bad(r, where, "a duration has at most 315576000000 seconds");
	if (rc < 0)
		return fly_json_bad(r, where, "\"%s\" is not %s", text,
				    timestamp ? "a time such as \"2020-05-12T10:00:00Z\""
					      : "a duration such as \"1.5s\"");
	return 0;
}
