/* SPDX-License-Identifier: Apache-2.0 */
/* retry: who pays for a failed attempt, and is there another. Source: flyte-engine §2.6. */
#include "node_task.h"

#define DEFAULT_ATTEMPTS 1 /* its default-max-attempts */

struct fly_retry fly_retry_decide(int kind, uint32_t attempt, uint32_t system_failures,
				  bool retries_set, uint32_t retries)
{
	struct fly_retry r;

	if (kind == FLY_ERROR_KIND(SYSTEM)) {
		r.current = system_failures;
		r.max = FLY_SYSTEM_RETRIES;
	} else {
		r.current = attempt + 1 - system_failures;
		r.max = retries_set ? retries + 1 : DEFAULT_ATTEMPTS;
	}
	r.again = r.current < r.max;
	return r;
}

static const char *kind_name(int kind)
{
	return kind == FLY_ERROR_KIND(USER)	? "USER"
	       : kind == FLY_ERROR_KIND(SYSTEM) ? "SYSTEM"
						: "UNKNOWN";
}

Flyteidl__Core__ExecutionError *fly_retry_exhausted(struct fly_run *run, struct fly_retry r,
						    const Flyteidl__Core__ExecutionError *last)
{
	const char *code = fly_arena_printf(&run->arena, "RetriesExhausted|%s", last->code);

	if (!code)
		return NULL;
	return fly_error_new(run, code, FLY_ERROR_KIND(USER),
			     "[%u/%u] currentAttempt done. Last Error: %s::%s", r.current, r.max,
			     kind_name((int)last->kind), last->message);
}
