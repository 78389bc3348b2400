/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names for executions that were not given one. It does not look whether a name is taken: with 85
 * random bits nobody will see two alike.
 * Source: flyte-api §2.4 (length and alphabet).
 */
#include "create.h"

#include <sys/random.h>

/* No vowels, so that no word appears; nothing that looks like something else. */
static const char alphabet[] = "bcdfghjklmnpqrstvwxz2456789";

#define N_LETTERS (sizeof(alphabet) - 1)
#define UNBIASED (256 - 256 % N_LETTERS)	/* bytes beyond would favour some letters */

int fly_generate_name(struct fly_arena *arena, const char **out, struct fly_why *why)
{
	char name[1 + FLY_GENERATED_LETTERS + 1] = "a";
	size_t len = 1;
	uint8_t random[64];
	ssize_t n, i;

	while (len <= FLY_GENERATED_LETTERS) {
		n = getrandom(random, sizeof(random), 0);
		if (n < 0 && errno != EINTR)
			return fly_fail(why, errno, "no random bytes for a name");
		for (i = 0; i < n && len <= FLY_GENERATED_LETTERS; i++) {
			if (random[i] < UNBIASED)
				name[len++] = alphabet[random[i] % N_LETTERS];
		}
	}
	*out = fly_arena_strndup(arena, name, len);
	return *out ? 0 : fly_no_memory(why);
}
