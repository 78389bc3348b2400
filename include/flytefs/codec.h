/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec: protobuf-c messages <-> canonical proto3 JSON, wire bytes, plain text and
 * plain JSON values; types of literals. Descriptor-driven: no message has code of its
 * own but the well-known ones. Knows no store, no files, no FUSE.
 *
 * Every message read here lies in an arena given by the caller and dies with it.
 */
#ifndef FLYTEFS_CODEC_H
#define FLYTEFS_CODEC_H
#ifndef FLY_LINKS_CODEC
#error "this room does not link codec"
#endif

#include <protobuf-c/protobuf-c.h>

#include "flytefs/base.h"
#include "flyteidl/core/literals.pb-c.h"
#include "flyteidl/core/types.pb-c.h"
#include "flyteidl/core/interface.pb-c.h"
#include "google/protobuf/duration.pb-c.h"
#include "google/protobuf/timestamp.pb-c.h"

/* --- limits: DESIGN §6 ----------------------------------------------------- */

#define FLY_MESSAGE_MAX_BYTES ((size_t)64 << 20)
#define FLY_MESSAGE_MAX_DEPTH 128	/* objects and arrays of a document inside each other */
/*
 * Values in a document. Each takes some hundred bytes in the tree and again in the message, while
 * the text of it may be two.
 */
#define FLY_DOC_MAX_VALUES 1000000
/*
 * Messages inside each other on the wire. One level of JSON is up to three of these (Struct,
 * entry, Value), and whatever was taken as JSON must be readable again after it was put into
 * larger messages; so this limit only guards the stack.
 */
#define FLY_WIRE_MAX_DEPTH 512

/* --- wire ------------------------------------------------------------------- */

/**
 * Decode wire bytes. Checks size, nesting (FLY_WIRE_MAX_DEPTH) and that every string is UTF-8
 * without NUL; refuses groups. Maps come out in key order with the last of equal keys, each entry
 * with a value. Unknown fields are kept and printed again.
 * @out on 0: the message, in arena; used_bytes can be a hundred times len, limit_bytes bounds it.
 * Errors: -EINVAL ("byte 17: launch_plan.name: the string is not UTF-8"), -EFBIG, -ENOMEM.
 */
int fly_wire_parse(const ProtobufCMessageDescriptor *type, const void *data, size_t len,
		   struct fly_arena *arena, ProtobufCMessage **out, struct fly_why *why);
/**
 * The same for bytes of a user's: what takes more than max_bytes is -EFBIG, and nothing of it stays
 * in arena.
 */
int fly_wire_parse_bounded(const ProtobufCMessageDescriptor *type, const void *data, size_t len,
			   size_t max_bytes, struct fly_arena *arena, ProtobufCMessage **out,
			   struct fly_why *why);
/**
 * Append the wire form to b, which grows once; fields by number, map entries in key order, so that
 * equal messages give equal bytes (those of protobuf's "deterministic" encoders). Fails for memory
 * only (b->failed).
 */
void fly_wire_print(const ProtobufCMessage *m, struct fly_buf *b);
/** An empty message of this type in arena, every field at its default; NULL: out of memory. */
void *fly_message_new(struct fly_arena *arena, const ProtobufCMessageDescriptor *type);
/** Deep copy into an arena (NULL stays NULL). */
ProtobufCMessage *fly_message_copy(const ProtobufCMessage *m, struct fly_arena *arena);
/** Same content, whatever the order of map entries? Numbers by bits; NULL equals NULL only. */
bool fly_message_equal(const ProtobufCMessage *a, const ProtobufCMessage *b);

/* --- canonical JSON ----------------------------------------------------------- */

enum fly_json_style {
	FLY_JSON_PRETTY = 0,	/* two-space indent, one field a line, final newline: DESIGN §3 */
	FLY_JSON_COMPACT = 1,	/* one line, no blanks, no newline */
	FLY_JSON_CAMEL = 2,	/* bit: lowerCamelCase names (catalog hashes); else proto names */
};

/**
 * Append a message as proto3 JSON to b: declaration order, defaults left out, maps by key; the
 * same content gives the same text. Any is expanded where its type is one of proto/.
 * What JSON cannot say is printed as the nearest thing that can: bad UTF-8 as U+FFFD, a Value
 * without kind as null, an infinite number in a Value as a string, the year 10000 as the number of
 * seconds, an Any of unknown or broken content as base64 under "value". Unknown fields are not
 * shown. Fails for memory only (b->failed).
 * Source: protobuf.dev proto3 JSON mapping; flyte-api §6.
 */
void fly_json_print(const ProtobufCMessage *m, unsigned style, struct fly_buf *b);
/** A JSON string of text (NUL-terminated); bytes that are not UTF-8 become U+FFFD. */
void fly_json_string(const char *text, struct fly_buf *b);
/** Bytes as a JSON string of base64. */
void fly_json_base64(const void *data, size_t len, struct fly_buf *b);

/**
 * Parse proto3 JSON: both spellings of names (a field in both is refused, as is an unknown one),
 * any number form that is exact, null for "not there". Takes all that fly_json_print prints but the
 * nearest things above and what lies deeper than FLY_MESSAGE_MAX_DEPTH. NUL in strings is refused.
 * Sentence: "LINE:COLUMN: path.to.field: reason" (1-based, columns count characters; the place of
 * the offending value, or of its name where the name is wrong).
 * Errors: -EINVAL, -EFBIG, -ENOMEM.
 */
int fly_json_parse(const ProtobufCMessageDescriptor *type, const char *text, size_t len,
		   struct fly_arena *arena, ProtobufCMessage **out, struct fly_why *why);

/**
 * A parsed JSON document, for shorthands: admin turns plain forms into messages with it.
 * The tree of jansson (names that come twice refused, big integers kept exact, depth and size
 * limited) together with a copy of the text, so that a failure found later can be placed.
 * An integer that jansson cannot hold is a json_real in the tree; fly_doc_message still reads it
 * exactly (src/codec/doc.h has the calls). Errors as fly_json_parse.
 */
struct fly_doc;
int fly_doc_parse(const char *text, size_t len, struct fly_doc **out, struct fly_why *why);
/**
 * YAML 1.1 as flytectl reads exec files (017 is 15, yes is true; flyte-api §5.3), into such a tree.
 * Refused: anchors and aliases, own tags, names that come twice, a second document, over 16 MiB.
 * Names stay as they are written. An empty document is null.
 */
int fly_doc_parse_yaml(const char *text, size_t len, struct fly_doc **out, struct fly_why *why);
void fly_doc_free(struct fly_doc *doc);
/** Borrowed root: a json_t * of jansson. Callers that change it own nothing more. */
struct json_t *fly_doc_root(struct fly_doc *doc);
/**
 * Fail at the place of the value a path names: `a.b[3]["odd name"].c`; empty: the start. Where the
 * text has no such thing, at the nearest thing around it; a name is found in either spelling.
 * "LINE:COLUMN: path: reason". Returns -EINVAL.
 */
int fly_doc_fail(struct fly_doc *doc, struct fly_why *why, const char *path, const char *format,
		 ...) FLY_PRINTF(4, 5);
/** The same with the words, and the status, of a failure that knows no place. Returns its -errno. */
int fly_doc_fail_with(struct fly_doc *doc, struct fly_why *why, const char *path,
		      const struct fly_why *inner);
/** Add a member to such a path: "name" to an empty one, ".name", `["odd name"]`. */
void fly_doc_path_member(struct fly_buf *path, const char *name, size_t len);
/** Message from a subtree, changed or not; path is where it stands, for error places. */
int fly_doc_message(struct fly_doc *doc, const struct json_t *value, const char *path,
		    const ProtobufCMessageDescriptor *type, struct fly_arena *arena,
		    ProtobufCMessage **out, struct fly_why *why);

/* --- where does a JSON value end? ----------------------------------------------- */

/*
 * Incremental scanner over the bytes of a document, constant state. Decides whether what came
 * so far is an impossible beginning, an unfinished value or a finished one. Checks UTF-8, strings,
 * escapes, numbers, literals, structure and depth; duplicate keys are left to the parser.
 */
enum fly_scan_state {
	FLY_SCAN_OPEN,		/* a possible beginning (or nothing yet) */
	FLY_SCAN_DONE,		/* one whole value; only white space may follow */
	FLY_SCAN_BAD,		/* no continuation can make it JSON */
};

struct fly_scan {
	enum fly_scan_state state;
	uint64_t offset;	/* bytes consumed */
	uint64_t value_end;	/* DONE: offset just behind the value */
	uint32_t line, column;	/* 1-based place of the next byte; BAD: of the offending one */
	const char *reason;	/* BAD: static words */
	/* private */
	uint32_t depth;		/* open brackets */
	uint8_t mode;		/* what may come next */
	bool is_name;		/* the string is a member's name */
	uint8_t utf8_left, utf8_low, utf8_high, hex_left;
	const char *literal;	/* rest of true, false, null */
	uint64_t stack[(FLY_MESSAGE_MAX_DEPTH + 63) / 64];	/* bit: inside an object */
};

void fly_scan_init(struct fly_scan *s);
/**
 * Feed bytes; the document must be an object or array (a number alone has no end). What is BAD
 * stays so; more text behind a DONE document makes it BAD, value_end stays. Every text that
 * fly_doc_parse takes scans as DONE. No memory, no errors.
 */
enum fly_scan_state fly_scan_feed(struct fly_scan *s, const void *data, size_t len);
/** Words for an OPEN document that stopped: "ends early at 3:14, inside a string". */
void fly_scan_describe(const struct fly_scan *s, struct fly_buf *b);

/* --- types of literals: flyte-api §2.5, flyte-engine §5.1, §5.2 ----------------------- */

/**
 * The type that a literal shows by itself, into arena; it may share parts of lit, so both have to
 * live. -EINVAL with a sentence for what shows none, which is also: a blob, schema, dataset or
 * union without its type, a datetime outside the years 1 to 9999, a duration that is none.
 */
int fly_type_infer(const Flyteidl__Core__Literal *lit, struct fly_arena *arena,
		   Flyteidl__Core__LiteralType **out, struct fly_why *why);
/**
 * May a value of type from go where to is declared? As Flyte Admin v1.16.8 answers, which tests
 * check on 4,464 recorded pairs; but a comparison of over a million steps, which only a type made
 * for it takes, is a no. NULL goes nowhere.
 */
bool fly_type_castable(const Flyteidl__Core__LiteralType *from,
		       const Flyteidl__Core__LiteralType *to);
/**
 * A type in the words of the shorthand: none, integer, float, string, boolean, datetime, duration,
 * binary, error, json (STRUCT), file, directory, dataset (each also with a format: "file(csv)"),
 * schema, "enum(red, green)", "[integer]" lists, "{string}" maps, "integer | none" unions. Columns,
 * metadata and tags are not shown.
 */
void fly_type_print(const Flyteidl__Core__LiteralType *type, struct fly_buf *b);
/**
 * The words back into a message, in any case of letters; int, str, bool and struct are taken too.
 * Variants of a union get the tags that flytekit gives them. -EINVAL with the place and the words.
 */
int fly_type_parse(const char *text, struct fly_arena *arena, Flyteidl__Core__LiteralType **out,
		   struct fly_why *why);
/** May null be given where this type is declared? */
bool fly_type_admits_none(const Flyteidl__Core__LiteralType *type);
/** May a path be given where this type is declared? */
bool fly_type_admits_path(const Flyteidl__Core__LiteralType *type);

/* --- what is in a literal ------------------------------------------------------------------- */

/** The value inside unions; NULL when there is none. */
const Flyteidl__Core__Literal *fly_literal_inside(const Flyteidl__Core__Literal *lit);
/** The URI of a blob, schema or structured dataset, through unions; NULL: it is none. */
const char *fly_literal_uri(const Flyteidl__Core__Literal *lit);
/** The absolute path that a URI means on this machine (/x, file:///x), in it; NULL: none. */
const char *fly_uri_path(const char *uri);

/* --- literals as text and plain JSON ------------------------------------------------------ */

/**
 * One literal as the text of `inputs/VAR`, `outputs/VAR` (DESIGN §3), always with a final newline:
 * a scalar as plain text (datetime as in JSON, duration as Go has it: "1h0m0.005s", float in the
 * fewest digits, true or false, an error's message, binaries in base64, none as an empty line);
 * collection, map, struct and msgpack as plain JSON, indented; blob, schema, dataset and an
 * offloaded literal as the URI; a union as what is in it.
 */
void fly_literal_text(const Flyteidl__Core__Literal *lit, struct fly_buf *b);
/**
 * Literal as a plain JSON value on one line (template.json defaults): times as strings in the form
 * of fly_literal_text, whole floats with ".0", NaN and infinities as strings; "null" where it has
 * none. fly_literal_from_json reads it back.
 */
void fly_literal_plain(const Flyteidl__Core__Literal *lit, struct fly_buf *b);
/**
 * Text written to inputs/VAR into a literal of the declared type, which it may share parts of.
 * Exactly one final newline is dropped; blanks around numbers, booleans and times do not count.
 * Takes what fly_literal_text gives, and besides Go's forms of booleans (1, t, True), RFC 3339 with
 * a blank for the T, a date alone (midnight UTC). Lists, maps and STRUCT are JSON documents, placed
 * "LINE:COLUMN" in the sentence. A blob is a path that begins with "/" or a URI, since the reader
 * stands elsewhere. A union is its first variant that takes the text; none takes "" and "null".
 * Errors: -EINVAL with a sentence that quotes the text, -ENOMEM.
 */
int fly_literal_from_text(const Flyteidl__Core__LiteralType *type, const char *text, size_t len,
			  struct fly_arena *arena, Flyteidl__Core__Literal **out,
			  struct fly_why *why);
/**
 * Plain JSON value (shorthand "inputs") into a literal of the declared type, which it may share
 * parts of. Nothing is lost or guessed: a float takes 3, an integer 3.0 and "3" but not 3.5, a
 * boolean "true" but not 1, a string only a string, base64 makes a binary, null is only none.
 * Datetimes, durations, blobs: strings as in fly_literal_from_text. STRUCT becomes msgpack, as
 * flytekit has it, whole numbers staying whole; a string that holds a JSON object is that object. A
 * union is the first variant of which the value is already the kind (3 is an integer before it is a
 * float), else the first that takes it. path: where value stands in doc, for the sentence.
 * Errors: -EINVAL "LINE:COLUMN: path: reason", -ENOMEM.
 */
int fly_literal_from_json(struct fly_doc *doc, const struct json_t *value, const char *path,
			  const Flyteidl__Core__LiteralType *type, struct fly_arena *arena,
			  Flyteidl__Core__Literal **out, struct fly_why *why);
/**
 * The same as flytectl converts values of exec files (flyte-api §5.3), guesses included: null for a
 * string is "", "3.5" for Optional[int] is none, any text is a path. One difference: a whole number
 * that is not exact as a double is refused, where flytectl sends another number.
 */
int fly_literal_from_exec_value(struct fly_doc *doc, const struct json_t *value, const char *path,
				const Flyteidl__Core__LiteralType *type, struct fly_arena *arena,
				Flyteidl__Core__Literal **out, struct fly_why *why);

/* --- literals as tasks see them ------------------------------------------------------------- */

/**
 * The text for `{{.inputs.VAR}}`: flyte-engine §2.2. -EINVAL with a sentence where Flyte fails to
 * render (maps, unions, none, structs, …); b then holds a beginning.
 */
int fly_literal_template(const Flyteidl__Core__Literal *lit, struct fly_buf *b,
			 struct fly_why *why);
/**
 * The content of a raw container's input file, without newline: flyte-engine §3.2. -EOPNOTSUPP for
 * what is no single file of this kind: blobs, schemas, collections, maps are the caller's.
 */
int fly_literal_file(const Flyteidl__Core__Literal *lit, struct fly_buf *b, struct fly_why *why);
/**
 * The content of a raw container's output file into a literal of a simple type: flyte-engine §3.3;
 * the limit of its size is the caller's. -EINVAL with a sentence, -EOPNOTSUPP for other types.
 */
int fly_literal_from_file(const Flyteidl__Core__LiteralType *type, const char *text, size_t len,
			  struct fly_arena *arena, Flyteidl__Core__Literal **out,
			  struct fly_why *why);
/**
 * The part of a literal that attr_path names, of which it may share parts: flyte-engine §4.6.
 * Without steps it is lit itself. -EINVAL "attribute .a[0]: reason".
 */
int fly_literal_attribute(const Flyteidl__Core__Literal *lit,
			  const Flyteidl__Core__PromiseAttribute *const *path, size_t n_path,
			  struct fly_arena *arena, Flyteidl__Core__Literal **out,
			  struct fly_why *why);

/* Look-ups in the maps that protobuf-c gives as arrays of entries; NULL when absent, map too. */
const Flyteidl__Core__Literal *fly_literal_map_get(const Flyteidl__Core__LiteralMap *map,
						   const char *name);
const Flyteidl__Core__Variable *fly_variable_map_get(const Flyteidl__Core__VariableMap *map,
						     const char *name);

/* --- times ------------------------------------------------------------------------------------ */

/** Messages from nanoseconds, in arena; NULL: out of memory. */
Google__Protobuf__Timestamp *fly_timestamp(struct fly_arena *arena, int64_t ns);
Google__Protobuf__Duration *fly_duration(struct fly_arena *arena, int64_t ns);
/** Nanoseconds (saturating); 0 for NULL. */
int64_t fly_timestamp_ns(const Google__Protobuf__Timestamp *t);
int64_t fly_duration_ns(const Google__Protobuf__Duration *d);
/** RFC 3339 in UTC, no zeros at the end of the fraction. */
void fly_time_print(int64_t ns, struct fly_buf *b);
/** RFC 3339 with any offset, years 1 to 9999 (saturating). 0 or -EINVAL. */
int fly_time_parse(const char *text, int64_t *ns);
/** Go's text of a duration: "1h2m3.5s", "1.5ms", "0s". */
void fly_go_duration_print(int64_t ns, struct fly_buf *b);
/** The same back, all that Go's ParseDuration takes. 0 or -EINVAL. */
int fly_go_duration_parse(const char *text, int64_t *ns);

/* --- identities --------------------------------------------------------------------------------- */

/** Object hash of a message's proto3 JSON (flyte-engine §4.13), for the cache. 0 or -ENOMEM. */
int fly_object_hash(const ProtobufCMessage *m, uint8_t out[32]);

#endif
