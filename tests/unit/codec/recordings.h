/* SPDX-License-Identifier: Apache-2.0 */
/* The recorded types and literals in tests/data/admin, as messages by name. */
#ifndef FLYTEFS_TESTS_RECORDINGS_H
#define FLYTEFS_TESTS_RECORDINGS_H

#include "flytefs/codec.h"

struct recording {
	const char *name;
	ProtobufCMessage *message;	/* NULL: the wire bytes are refused */
};

struct recordings {
	struct fly_arena arena;
	struct recording rows[256];
	size_t n;
};

/* Rows of "name TAB base64 TAB …" in DIR/file, as messages of one type. Exits when it can't. */
void recordings_read(struct recordings *r, const char *dir, const char *file,
		     const ProtobufCMessageDescriptor *type);
const struct recording *recordings_get(const struct recordings *r, const char *name);

/* Calls for each line of a file that is not empty and does not start with "#"; cuts it at tabs. */
void recordings_lines(const char *dir, const char *file, int n_fields,
		      void (*call)(char **fields, void *data), void *data);

#endif
