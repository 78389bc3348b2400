/* SPDX-License-Identifier: Apache-2.0 */
/* Literals as compact JSON: how the tests write them and look at them. */
#ifndef FLYTEFS_TESTS_LITERAL_FIXTURE_H
#define FLYTEFS_TESTS_LITERAL_FIXTURE_H

#include <stdio.h>

#include "flytefs/codec.h"

#define PRIMITIVE(inner) "{\"scalar\":{\"primitive\":{" inner "}}}"
#define INTEGER(n) PRIMITIVE("\"integer\":\"" n "\"")
#define FLOAT(n) PRIMITIVE("\"float_value\":" n)
#define STRING(s) PRIMITIVE("\"string_value\":\"" s "\"")
#define BOOLEAN(b) PRIMITIVE("\"boolean\":" b)
#define NONE "{\"scalar\":{\"none_type\":{}}}"
#define PACKED(base64) "{\"scalar\":{\"binary\":{\"value\":\"" base64 "\",\"tag\":\"msgpack\"}}}"

static inline Flyteidl__Core__Literal *literal(struct fly_arena *arena, const char *json)
{
	ProtobufCMessage *m = NULL;
	struct fly_why why = {0};

	if (fly_json_parse(&flyteidl__core__literal__descriptor, json, strlen(json), arena, &m,
			   &why))
		fprintf(stderr, "%s: %s\n", json, why.text);
	return (Flyteidl__Core__Literal *)m;
}

static inline char *json_of(struct fly_arena *arena, const Flyteidl__Core__Literal *lit)
{
	auto_buf b = {0};

	fly_json_print(&lit->base, FLY_JSON_COMPACT, &b);
	return fly_arena_strdup(arena, b.data);
}

#endif
