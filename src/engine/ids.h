/* SPDX-License-Identifier: Apache-2.0 */
/* ids: the names that Flyte's engine derives; texts only. Source: flyte-engine §2.1, §4.17. */
#ifndef FLYTEFS_ENGINE_IDS_H
#define FLYTEFS_ENGINE_IDS_H

#include "flytefs/base.h"

#define FLY_NODE_ID_MAX 20	/* longer unique node ids and child execution names are hashed */
#define FLY_UNIQUE_NAME_MAX 50	/* longer names of attempts are */

enum fly_id_hash { FLY_ID_HASH_32 = 32, FLY_ID_HASH_64 = 64, FLY_ID_HASH_128 = 128 };

/** text itself up to max bytes, else "f" and its FNV-1a in base 32; NULL: no memory. */
char *fly_id_fit(struct fly_arena *arena, const char *text, size_t max, enum fly_id_hash hash);
/** Unique id of a node: under parent (its unique id; NULL: none) in that one's attempt. */
char *fly_id_node(struct fly_arena *arena, const char *parent, unsigned parent_attempt,
		  const char *node_id);
/** Generated name of an attempt. */
char *fly_id_attempt(struct fly_arena *arena, const char *execution, const char *node,
		     unsigned attempt);
/** `{{.perRetryUniqueKey}}` of a generated name. */
char *fly_id_retry_key(struct fly_arena *arena, const char *name);
/** Any text as one component of a path: letters, digits, '_', '-', '.' stay, others are %XX. */
char *fly_id_component(struct fly_arena *arena, const char *text);

#endif
