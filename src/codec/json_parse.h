/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_parse: what the reader of messages and the reader of their single values ask of each other.
 */
#ifndef FLYTEFS_CODEC_JSON_PARSE_H
#define FLYTEFS_CODEC_JSON_PARSE_H

#include "doc.h"
#include "shape.h"

struct fly_json_reader {
	struct fly_doc *doc;
	struct fly_arena *arena;
	struct fly_why *why;
};

/** Fail at the value a where names. */
#define fly_json_bad(r, where, ...)                                                                \
	fly_doc_fail_at((r)->doc, (r)->why, where, false, __VA_ARGS__)

int fly_json_no_memory(struct fly_json_reader *r);

/** One value that is no message into the place of a field. */
int fly_json_read_scalar(struct fly_json_reader *r, const struct fly_doc_where *where,
			 const struct fly_field *f, const json_t *value, void *out);
/** Timestamp and Duration, into the message. */
int fly_json_read_time(struct fly_json_reader *r, const struct fly_doc_where *where,
		       const struct fly_shape *shape, const json_t *value, ProtobufCMessage *m);

#endif
