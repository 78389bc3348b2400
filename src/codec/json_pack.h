/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_pack: JSON values as MessagePack. Knows no literals.
 */
#ifndef FLYTEFS_CODEC_JSON_PACK_H
#define FLYTEFS_CODEC_JSON_PACK_H

#include "doc.h"

/**
 * Add a value of a document to b. Whole numbers stay whole, unless doubles makes all of them
 * doubles as flytectl does. 0, or -EINVAL at the place of a number that does not fit.
 */
int fly_json_pack(struct fly_doc *doc, const struct fly_doc_where *where, const json_t *value,
		  bool doubles, struct fly_buf *b, struct fly_why *why);

#endif
