/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doc: a document as a tree of jansson together with its text: what makers of such trees (JSON,
 * YAML) and their readers share. Knows no messages.
 *
 * Every maker keeps these promises: at most FLY_MESSAGE_MAX_BYTES and FLY_MESSAGE_MAX_DEPTH, no
 * name twice in an object, strings are UTF-8 without NUL.
 */
#ifndef FLYTEFS_CODEC_DOC_H
#define FLYTEFS_CODEC_DOC_H

#include <jansson.h>

#include "flytefs/codec.h"

/* 1-based; columns count characters. */
struct fly_doc_place {
	uint32_t line, column;
};

/*
 * Find what a path names in the text of a document, or the nearest thing around it that is
 * there. name: the place of the member's name, not of its value.
 */
typedef struct fly_doc_place fly_doc_locate_fn(const char *text, size_t len, const char *path,
					       bool name);

struct fly_doc {
	json_t *root;			/* owned; NULL until the maker is done */
	char *text;			/* owned, len bytes and a NUL */
	size_t len;
	fly_doc_locate_fn *locate;
	struct fly_doc_number *numbers;	/* hashed by address, capacity a power of two */
	size_t n_numbers, numbers_cap;
};

/** An empty document with a copy of the text, for a maker to fill. -EFBIG, -ENOMEM. */
int fly_doc_create(const char *text, size_t len, fly_doc_locate_fn *locate, struct fly_doc **out,
		   struct fly_why *why);

/*
 * jansson has 64-bit signed integers and doubles. A number that neither holds exactly is a
 * json_real here, and its text is noted: integers that do not fit, -0, and reals with a whole
 * value (9007199254740993.0). The document keeps a reference, so no address is used again.
 */

/** text: a part of doc->text for which fly_number_valid holds. 0 or -ENOMEM. */
int fly_doc_note_number(struct fly_doc *doc, json_t *value, const char *text, size_t len);
/** The text noted for a value, or NULL. */
const char *fly_doc_number(const struct fly_doc *doc, const json_t *value, size_t *len);
/**
 * The whole number a json_integer, json_real or numeric json_string says. 0, -EDOM (not whole),
 * -ERANGE (beyond int64), -EINVAL (no number at all).
 */
int fly_doc_int64(const struct fly_doc *doc, const json_t *value, int64_t *out);
/** The same for uint64. */
int fly_doc_uint64(const struct fly_doc *doc, const json_t *value, uint64_t *out);

/* --- paths: name.name[3]["odd name"].name ------------------------------------- */

/* Where a reader is in a tree: a chain on its stack, made text only when something fails. */
struct fly_doc_where {
	const struct fly_doc_where *above;
	const char *name;	/* of a member; the path so far where above is NULL */
	size_t len;
	size_t index;		/* of an element, where name is NULL */
};

void fly_doc_where_print(const struct fly_doc_where *where, struct fly_buf *b);

struct fly_doc_step {
	const char *name;	/* NULL: an index */
	size_t len;
	bool quoted;		/* name is the inside of a JSON string */
	size_t index;
};

/** Take the first step off a path; false at its end. */
bool fly_doc_step(const char **path, struct fly_doc_step *step);
/** Does the step name this member? exact: in the same spelling, else snake_case is camelCase. */
bool fly_doc_step_is(const struct fly_doc_step *step, const char *name, size_t len, bool exact);

/* --- failures ------------------------------------------------------------------- */

/** Line and column of a byte of a text. */
struct fly_doc_place fly_doc_place(const char *text, size_t offset);
/** "LINE:COLUMN: path: reason", of a long path the end. Returns -EINVAL. */
int fly_doc_refuse(struct fly_why *why, struct fly_doc_place place, const char *path,
		   const char *reason);
/** fly_doc_fail for a reader that keeps a where; name: at the member's name, not its value. */
int fly_doc_fail_at(struct fly_doc *doc, struct fly_why *why, const struct fly_doc_where *where,
		    bool name, const char *format, ...) FLY_PRINTF(5, 6);
/** "an object", "a number", … */
const char *fly_doc_kind(const json_t *value);

/* --- JSON ------------------------------------------------------------------------- */

fly_doc_locate_fn fly_json_locate;
/** Where an OPEN document stopped: "inside a string". */
const char *fly_scan_where(const struct fly_scan *s);
/** Decode the inside of a valid JSON string. NULL, or why it can't be taken (static words). */
const char *fly_json_unescape(const char *text, size_t len, struct fly_buf *b);

#endif
