/* SPDX-License-Identifier: Apache-2.0 */
/*
 * types: what the files about types of literals share. Knows no literals.
 */
#ifndef FLYTEFS_CODEC_TYPES_H
#define FLYTEFS_CODEC_TYPES_H

#include "flytefs/codec.h"

/*
 * How many steps one comparison of types may take. Unions in unions multiply; what needs more
 * than this was made to hold us up.
 */
#define FLY_CAST_STEPS 1000000u

/**
 * Does every value that the first JSON schema allows fit the second? Both as flytekit puts them
 * into LiteralType.metadata. Takes from *steps, false when it runs out.
 */
bool fly_schema_satisfies(const Google__Protobuf__Struct *given,
			  const Google__Protobuf__Struct *wanted, unsigned *steps);

#endif
