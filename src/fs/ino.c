/* SPDX-License-Identifier: Apache-2.0 */
/* Packing of inode numbers; see ino.h. Knows nothing of what they stand for. */
#include "ino.h"

enum { KIND_SHIFT = 16, ID_SHIFT = 21, KIND_MASK = 31 };

uint64_t fly_ino_pack(enum fly_ino_kind kind, int64_t id, unsigned index)
{
	return (uint64_t)(id & FLY_INO_ID_MAX) << ID_SHIFT | (uint64_t)kind << KIND_SHIFT |
	       (index & FLY_INO_INDEX_MAX);
}

struct fly_ino fly_ino_unpack(uint64_t number)
{
	unsigned kind = number >> KIND_SHIFT & KIND_MASK;
	struct fly_ino ino = { kind < FLY_N_INO_KINDS ? (enum fly_ino_kind)kind : FLY_N_INO_KINDS,
			       number & FLY_INO_INDEX_MAX,
			       (int64_t)(number >> ID_SHIFT) & FLY_INO_ID_MAX };

	return ino;
}
