/* SPDX-License-Identifier: Apache-2.0 */
/*
 * msgpack: MessagePack, in which flytekit writes dataclasses and dicts, as a stream of headers.
 * Knows no JSON and no literals. Source: github.com/msgpack/msgpack, spec.md.
 *
 * Read here and not by a library: a value is walked in place, the bytes of a part are that part
 * (attribute paths need no re-encoding), and depth is limited by FLY_MESSAGE_MAX_DEPTH, where the
 * library at hand stops at 32.
 */
#ifndef FLYTEFS_CODEC_MSGPACK_H
#define FLYTEFS_CODEC_MSGPACK_H

#include "flytefs/codec.h"

enum fly_msgpack_kind {
	FLY_MSGPACK_NIL,
	FLY_MSGPACK_BOOL,
	FLY_MSGPACK_INT,
	FLY_MSGPACK_UINT,	/* only what does not fit in INT */
	FLY_MSGPACK_FLOAT,
	FLY_MSGPACK_STR,
	FLY_MSGPACK_BIN,
	FLY_MSGPACK_EXT,
	FLY_MSGPACK_ARRAY,	/* count values follow */
	FLY_MSGPACK_MAP,	/* count keys and values follow, in turns */
};

struct fly_msgpack {
	enum fly_msgpack_kind kind;
	bool single;			/* FLOAT: of 32 bits */
	union {
		bool boolean;
		int64_t integer;
		uint64_t natural;
		double real;
		struct fly_bytes bytes;	/* STR, BIN, EXT; borrowed from the input */
		uint32_t count;
	};
};

/** Exactly one whole value, strings in UTF-8, nested no deeper than FLY_MESSAGE_MAX_DEPTH? */
bool fly_msgpack_valid(struct fly_bytes data);
/** Take one header (with the content of a scalar) off the input. False: it ends early. */
bool fly_msgpack_next(struct fly_bytes *in, struct fly_msgpack *out);
/** Take one whole value off the input; its bytes if wanted. False: it ends early. */
bool fly_msgpack_take(struct fly_bytes *in, struct fly_bytes *value);

void fly_msgpack_put_nil(struct fly_buf *b);
void fly_msgpack_put_bool(struct fly_buf *b, bool value);
/** In the shortest form. */
void fly_msgpack_put_int(struct fly_buf *b, int64_t value);
void fly_msgpack_put_uint(struct fly_buf *b, uint64_t value);
void fly_msgpack_put_double(struct fly_buf *b, double value);
void fly_msgpack_put_str(struct fly_buf *b, const char *text, size_t len);
/** The header; the items are the caller's to put behind it. */
void fly_msgpack_put_array(struct fly_buf *b, size_t count);
void fly_msgpack_put_map(struct fly_buf *b, size_t count);

#endif
