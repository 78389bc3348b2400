/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes of bytes: FNV for names and seeds, SHA-256 (nettle) where collisions matter. */
#include "flytefs/base.h"

#include <nettle/sha2.h>

/* Source of the constants: the FNV authors' page, www.isthe.com/chongo/tech/comp/fnv. */
#define FNV32_OFFSET 2166136261u
#define FNV32_PRIME 16777619u
#define FNV64_OFFSET 14695981039346656037u
#define FNV64_PRIME 1099511628211u

uint32_t fly_fnv1a32(const void *data, size_t len)
{
	const uint8_t *p = data, *end = p + len;
	uint32_t h = FNV32_OFFSET;

	while (p < end)
		h = (h ^ *p++) * FNV32_PRIME;
	return h;
}

uint64_t fly_fnv1a64(const void *data, size_t len)
{
	const uint8_t *p = data, *end = p + len;
	uint64_t h = FNV64_OFFSET;

	while (p < end)
		h = (h ^ *p++) * FNV64_PRIME;
	return h;
}

void fly_sha256(const void *data, size_t len, uint8_t out[32])
{
	struct sha256_ctx ctx;

	sha256_init(&ctx);
	if (len)
		sha256_update(&ctx, len, data);
	sha256_digest(&ctx, 32, out);
}
