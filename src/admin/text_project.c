/* SPDX-License-Identifier: Apache-2.0 */
/* project.json. Source: DESIGN §3. */
#include "entity.h"

int fly_project_text(const struct fly_project *p, struct fly_buf *b)
{
	Flyteidl__Admin__Project *m;
	auto_arena arena = {0};
	int rc = fly_project_message(p, &arena, &m, NULL);

	if (rc < 0)
		return rc;
	fly_json_print(&m->base, FLY_JSON_PRETTY, b);
	return b->failed ? -ENOMEM : 0;
}
