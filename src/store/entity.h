/* SPDX-License-Identifier: Apache-2.0 */
/* What reading and writing versions share. Private to the store. */
#ifndef FLYTEFS_STORE_ENTITY_H
#define FLYTEFS_STORE_ENTITY_H

#include "db.h"

/* v: entity. In the order in which entity.c reads. */
#define FLY_ENTITY_COLUMNS                                                                         \
	"v.id, v.kind, v.named, v.scope, v.version, v.uid, v.generated, v.digest, v.state, "       \
	"v.type, v.schedule_type, v.launch_condition_type, v.short_description, v.workflow, "      \
	"v.created_ns, v.changed_ns, v.sizes"

enum {
	FLY_ENTITY_PART_SPEC,
	FLY_ENTITY_PART_CLOSURE,
	FLY_ENTITY_PART_INTERFACE,
	FLY_ENTITY_PART_SOURCE,
	FLY_ENTITY_ALL_PARTS = 15,
};

#endif
