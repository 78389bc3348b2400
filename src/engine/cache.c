/* SPDX-License-Identifier: Apache-2.0 */
/* cache: entries and reservations; see cache.h. The key it does not look into. */
#include "cache.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "files.h"
#include "parcel.h"

#define ENTRY_MAX ((size_t)128 << 20)

static void entry_path(const struct fly_cache_key *key, char path[80])
{
	snprintf(path, 80, "cache/%s", key->file);
}

/* --- reading ------------------------------------------------------------ */

struct entry {
	struct fly_bytes outputs, metadata;
	int64_t execution;
};

static int parse_entry(char *data, size_t len, struct entry *out)
{
	struct fly_parcel p;
	struct fly_bytes value;
	const char *name;

	if (fly_parcel_open(&p, data, len) < 0)
		return -EBADMSG;
	while (fly_parcel_next(&p, &name, &value)) {
		if (!strcmp(name, "outputs"))
			out->outputs = value;
		else if (!strcmp(name, "metadata"))
			out->metadata = value;
		else if (!strcmp(name, "execution"))
			out->execution = fly_parcel_int(value);
	}
	return p.failed ? -EBADMSG : 0;
}

/* What lies in a deleted execution's directory is gone, and with it what the outputs point at. */
static bool exists(struct fly_run *run, int64_t execution)
{
	struct fly_db *db = fly_store_reader(run->engine->store, NULL);
	auto_arena arena = {0};
	struct fly_execution row;

	return db && !fly_execution_get_id(db, execution, FLY_EXECUTION_HEAD, &arena, &row);
}

static bool fits(const Flyteidl__Core__TaskTemplate *task,
		 const Flyteidl__Core__LiteralMap *outputs)
{
	Flyteidl__Core__VariableMap__VariablesEntry *const *vars;
	size_t n = fly_files_outputs(task, &vars);

	for (size_t i = 0; i < n; i++) {
		const Flyteidl__Core__Literal *lit = fly_literal_map_get(outputs, vars[i]->key);
		Flyteidl__Core__LiteralType *type;
		auto_arena arena = {0};

		if (!lit || fly_type_infer(lit, &arena, &type, NULL) < 0 ||
		    !fly_type_castable(type, vars[i]->value->type))
			return false;
	}
	return true;
}

int fly_cache_get(struct fly_run *run, const Flyteidl__Core__TaskTemplate *task,
		  const struct fly_cache_key *key, Flyteidl__Core__LiteralMap **outputs,
		  Flyteidl__Core__CatalogMetadata **metadata)
{
	struct entry entry = {0};
	auto_buf text = {0};
	char path[80];
	int rc;

	entry_path(key, path);
	if (fly_read_file(run->engine->rundir_fd, path, ENTRY_MAX, &text) < 0 ||
	    parse_entry(text.data, text.len, &entry) < 0 || !exists(run, entry.execution))
		return -ENOENT;
	rc = fly_wire_parse(&flyteidl__core__literal_map__descriptor, entry.outputs.data,
			    entry.outputs.len, &run->arena, (ProtobufCMessage **)outputs, NULL);
	if (rc >= 0)
		rc = fly_wire_parse(&flyteidl__core__catalog_metadata__descriptor,
				    entry.metadata.data, entry.metadata.len, &run->arena,
				    (ProtobufCMessage **)metadata, NULL);
	if (rc == -ENOMEM)
		return rc;
	return rc < 0 || !fits(task, *outputs) ? -ENOENT : 0;
}

/* --- writing ------------------------------------------------------------ */

static void add_message(struct fly_buf *b, const char *name, const ProtobufCMessage *m)
{
	auto_buf wire = {0};

	fly_wire_print(m, &wire);
	b->failed |= wire.failed;
	fly_parcel_add(b, name, wire.data, wire.len);
}

int fly_cache_put(struct fly_run *run, const struct fly_cache_key *key,
		  const Flyteidl__Core__LiteralMap *outputs,
		  const Flyteidl__Core__TaskExecutionIdentifier *source)
{
	Flyteidl__Core__CatalogMetadata metadata = *key->metadata;
	struct fly_buf b = {0};
	char path[80];
	int rc;

	metadata.source_execution_case =
		FLYTEIDL__CORE__CATALOG_METADATA__SOURCE_EXECUTION_SOURCE_TASK_EXECUTION;
	metadata.source_task_execution = (Flyteidl__Core__TaskExecutionIdentifier *)source;
	add_message(&b, "outputs", &outputs->base);
	add_message(&b, "metadata", &metadata.base);
	fly_parcel_number(&b, "execution", run->id);
	fly_parcel_end(&b, 0);
	entry_path(key, path);
	if (mkdirat(run->engine->rundir_fd, "cache", 0700) < 0 && errno != EEXIST)
		rc = -errno;
	else
		rc = b.failed ? -ENOMEM
			      : fly_write_file(run->engine->rundir_fd, path, 0600, b.data, b.len,
					       false);
	fly_buf_release(&b);
	return rc;
}

/* --- reservations ------------------------------------------------------- */

/* Held by the first node in the list of those with its key; the others wait. */
struct fly_reservation {
	struct fly_node_run *node;
	char key[65];
	struct fly_reservation *next;
};

bool fly_cache_reserve(struct fly_node_run *n, const struct fly_cache_key *key)
{
	struct fly_reservation **at = &n->run->engine->reservations, *r;
	bool is_first = true;

	for (; *at; at = &(*at)->next) {
		if ((*at)->node == n)
			return is_first;
		if (!strcmp((*at)->key, key->file))
			is_first = false;
	}
	r = calloc(1, sizeof(*r));
	if (!r)
		return true; /* better run twice than never */
	r->node = n;
	memcpy(r->key, key->file, sizeof(r->key));
	*at = r;
	return is_first;
}

/* Whoever is first now may look at the cache again, and run when there is still nothing. */
static int wake_next(struct fly_engine *e, const char *key)
{
	struct fly_reservation *r = e->reservations;

	while (r && strcmp(r->key, key))
		r = r->next;
	if (!r || r->node->state != FLY_NODE_QUEUED)
		return 0;
	return fly_node_block(r->node);
}

int fly_cache_release(struct fly_node_run *n)
{
	struct fly_engine *e = n->run->engine;
	struct fly_reservation **at = &e->reservations, *r;
	int rc;

	while (*at && (*at)->node != n)
		at = &(*at)->next;
	r = *at;
	if (!r)
		return 0;
	*at = r->next;
	rc = wake_next(e, r->key);
	free(r);
	return rc;
}

void fly_cache_forget(struct fly_run *run)
{
	struct fly_reservation *r, *next;

	for (r = run->engine->reservations; r; r = next) {
		next = r->next;
		if (r->node->run == run)
			fly_cache_release(r->node);
	}
}
