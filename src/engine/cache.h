/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cache: outputs of tasks that say that equal inputs give equal outputs. One file an entry, below
 * the run directory, named by the hash of its key. Source: flyte-engine §4.13.
 */
#ifndef FLYTEFS_ENGINE_CACHE_H
#define FLYTEFS_ENGINE_CACHE_H

#include "model.h"

struct fly_cache_key {
	char file[65];				/* also tells keys apart */
	Flyteidl__Core__CatalogMetadata *metadata;	/* dataset and tag; in the run's memory */
};

/** Does the task ask for it, and can it (outputs to keep, a version)? */
bool fly_cache_wanted(const Flyteidl__Core__TaskTemplate *task);
/** The key of a task and its inputs. interface: whose types count (a map's lists stay lists). */
int fly_cache_key(struct fly_run *run, const Flyteidl__Core__TaskTemplate *task,
		  const Flyteidl__Core__LiteralMap *inputs, struct fly_cache_key *out);
/** Look an entry up; -ENOENT: none, or one that no longer fits the task. */
int fly_cache_get(struct fly_run *run, const Flyteidl__Core__TaskTemplate *task,
		  const struct fly_cache_key *key, Flyteidl__Core__LiteralMap **outputs,
		  Flyteidl__Core__CatalogMetadata **metadata);
/** Keep outputs, in place of any older entry. source: the attempt that made them. */
int fly_cache_put(struct fly_run *run, const struct fly_cache_key *key,
		  const Flyteidl__Core__LiteralMap *outputs,
		  const Flyteidl__Core__TaskExecutionIdentifier *source);

/* --- reservations: cache_serializable ----------------------------------- */

/** Take the key for a node, or queue the node until it is free (false). */
bool fly_cache_reserve(struct fly_node_run *n, const struct fly_cache_key *key);
/** Give back what the node holds or waits for; the next one that waits is looked at again. */
int fly_cache_release(struct fly_node_run *n);
/** Drop what the nodes of a run hold and wait for. */
void fly_cache_forget(struct fly_run *run);

#endif
