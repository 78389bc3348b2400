/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Projects: RegisterProject, UpdateProject, GetProject, and project.json as a person writes it.
 * It lists none (list RPCs do) and knows no domain but the configured ones.
 * Source: flyte-api §2.2.
 */
#include "entity.h"

#define PROJECT_NAME_MAX 64
#define PROJECT_DESCRIPTION_MAX 300

static size_t n_domains(void)
{
	const char *const *d = fly_admin_domains();
	size_t n = 0;

	while (d[n])
		n++;
	return n;
}

static int check_length(const char *text, size_t max, const char *field, struct fly_why *why)
{
	size_t len = strlen(text);

	if (len <= max)
		return 0;
	return fly_refuse(why, FLY_INVALID_ARGUMENT, "%s has %zu bytes, %zu are allowed", field,
			  len, max);
}

/* What registering and updating check alike, in the service's order. */
static int check_project(const Flyteidl__Admin__Project *p, struct fly_why *why)
{
	int rc;

	if ((rc = fly_check_set(p->id, "project.id", why)) < 0 ||
	    (rc = fly_check_labels(p->labels, "project.labels", why)) < 0 ||
	    (rc = fly_check_dns_label(p->id, "project.id", why)) < 0 ||
	    (rc = check_length(p->name, PROJECT_NAME_MAX, "project.name", why)) < 0 ||
	    (rc = check_length(p->description, PROJECT_DESCRIPTION_MAX, "project.description",
			       why)) < 0)
		return rc;
	if (p->n_domains)
		return fly_refuse(why, FLY_INVALID_ARGUMENT,
				  "project.domains cannot be chosen: every project has "
				  "development, staging and production");
	if ((unsigned)p->state > FLYTEIDL__ADMIN__PROJECT__PROJECT_STATE__SYSTEM_ARCHIVED)
		return fly_refuse(why, FLY_INVALID_ARGUMENT, "project.state has no value %d",
				  (int)p->state);
	return 0;
}

static void measure(struct fly_project *row)
{
	auto_buf b = {0};

	row->size = 0;
	if (fly_project_text(row, &b) >= 0 && !b.failed && b.len <= UINT32_MAX)
		row->size = (uint32_t)b.len;
}

/* --- RegisterProject ---------------------------------------------------------------- */

struct register_write {
	struct fly_write write;
	struct fly_project row;
};

static int register_apply(struct fly_write *write, struct fly_db *db, struct fly_why *why)
{
	struct register_write *w = (struct register_write *)write;
	struct fly_project old;
	int rc;

	rc = fly_project_get(db, w->row.identifier, &write->call->arena, &old);
	if (rc >= 0)
		return fly_refuse(why, FLY_ALREADY_EXISTS, "project \"%s\" exists already",
				  w->row.identifier);
	if (rc != -ENOENT)
		return fly_fail(why, -rc, "cannot read project \"%s\"", w->row.identifier);
	write->call->id = w->row.id;
	return fly_project_insert(db, &w->row, fly_admin_domains(), n_domains(), why);
}

static int prepare_register(struct fly_admin *a, struct fly_call *call,
			    const Flyteidl__Admin__ProjectRegisterRequest *req,
			    struct register_write **out)
{
	const Flyteidl__Admin__Project *p = req->project;
	struct fly_why *why = &call->why;
	struct register_write *w;
	int rc;

	rc = fly_admin_check_writable(a, why);
	if (rc < 0)
		return rc;
	if (!p)
		return fly_refuse(why, FLY_INVALID_ARGUMENT, "project is missing");
	if ((rc = fly_check_set(p->name, "project.name", why)) < 0 ||
	    (rc = check_project(p, why)) < 0)
		return rc;
	w = fly_arena_zalloc(&call->arena, 1, sizeof(*w));
	if (!w)
		return fly_no_memory(why);
	w->row.id = call->id ? call->id : fly_store_new_id(a->store, why);
	if (w->row.id < 0)
		return (int)w->row.id;
	w->row.identifier = fly_arena_strdup(&call->arena, p->id);
	w->row.name = fly_arena_strdup(&call->arena, p->name);
	w->row.description = fly_arena_strdup(&call->arena, p->description);
	if (!w->row.identifier || !w->row.name || !w->row.description)
		return fly_no_memory(why);
	rc = fly_admin_pack(p->labels ? &p->labels->base : NULL, &call->arena, &w->row.labels, why);
	if (rc < 0)
		return rc;
	w->row.state = (int)p->state;
	w->row.uid = call->caller.uid;
	w->row.created_ns = w->row.changed_ns = fly_admin_file_now(a);
	measure(&w->row);
	*out = w;
	return 0;
}

void fly_admin_register_project(struct fly_admin *a, struct fly_call *call,
				const Flyteidl__Admin__ProjectRegisterRequest *req)
{
	struct register_write *w = NULL;
	int rc = prepare_register(a, call, req, &w);

	if (rc < 0) {
		fly_call_finish(call, rc);
		return;
	}
	w->write.apply = register_apply;
	fly_admin_write(a, call, &w->write);
}

/* --- UpdateProject ------------------------------------------------------------------ */

struct update_write {
	struct fly_write write;
	const char *identifier, *name, *description;
	struct fly_bytes labels;
	int state;
};

static int update_apply(struct fly_write *write, struct fly_db *db, struct fly_why *why)
{
	struct update_write *w = (struct update_write *)write;
	struct fly_project row;
	int rc;

	rc = fly_find_project(db, w->identifier, &write->call->arena, &row, why);
	if (rc < 0)
		return rc;
	rc = fly_caller_check_owner(&write->call->caller, row.uid, why, "project %s",
				    w->identifier);
	if (rc < 0)
		return rc;
	if (*w->name)
		row.name = w->name;
	if (*w->description)
		row.description = w->description;
	if (w->labels.data)
		row.labels = w->labels;
	row.state = w->state;
	row.changed_ns = fly_time_after(row.changed_ns, fly_admin_file_now(write->admin));
	measure(&row);
	write->call->id = row.id;
	return fly_project_update(db, &row, why);
}

static int prepare_update(struct fly_admin *a, struct fly_call *call,
			  const Flyteidl__Admin__Project *p, struct update_write **out)
{
	struct fly_why *why = &call->why;
	struct fly_project row;
	struct update_write *w;
	struct fly_db *db;
	int rc;

	rc = fly_admin_begin(a, call, &db);
	if (rc < 0)
		return rc;
	rc = fly_find_project(db, p->id, &call->arena, &row, why);
	fly_db_end(db);
	if (rc < 0 || (rc = check_project(p, why)) < 0)
		return rc;
	w = fly_arena_zalloc(&call->arena, 1, sizeof(*w));
	if (!w)
		return fly_no_memory(why);
	w->identifier = fly_arena_strdup(&call->arena, p->id);
	w->name = fly_arena_strdup(&call->arena, p->name);
	w->description = fly_arena_strdup(&call->arena, p->description);
	if (!w->identifier || !w->name || !w->description)
		return fly_no_memory(why);
	w->state = (int)p->state;
	rc = fly_admin_pack(p->labels ? &p->labels->base : NULL, &call->arena, &w->labels, why);
	*out = w;
	return rc;
}

void fly_admin_update_project(struct fly_admin *a, struct fly_call *call,
			      const Flyteidl__Admin__Project *req)
{
	struct update_write *w = NULL;
	int rc = prepare_update(a, call, req, &w);

	if (rc < 0) {
		fly_call_finish(call, rc);
		return;
	}
	w->write.apply = update_apply;
	fly_admin_write(a, call, &w->write);
}

/* --- GetProject --------------------------------------------------------------------- */

static int add_domains(Flyteidl__Admin__Project *p, struct fly_arena *arena, struct fly_why *why)
{
	const char *const *names = fly_admin_domains();
	size_t n = n_domains();
	size_t i;

	p->domains = fly_arena_zalloc(arena, n, sizeof(*p->domains));
	if (!p->domains)
		return fly_no_memory(why);
	for (i = 0; i < n; i++) {
		Flyteidl__Admin__Domain *d =
			fly_admin_new(Flyteidl__Admin__Domain, flyteidl__admin__domain, arena);

		if (!d)
			return fly_no_memory(why);
		d->id = d->name = (char *)names[i];
		p->domains[i] = d;
	}
	p->n_domains = n;
	return 0;
}

int fly_project_message(const struct fly_project *row, struct fly_arena *arena,
			Flyteidl__Admin__Project **out, struct fly_why *why)
{
	Flyteidl__Admin__Project *p =
		fly_admin_new(Flyteidl__Admin__Project, flyteidl__admin__project, arena);
	ProtobufCMessage *labels;
	int rc;

	if (!p)
		return fly_no_memory(why);
	p->id = (char *)row->identifier;
	p->name = (char *)row->name;
	p->description = (char *)row->description;
	p->state = (Flyteidl__Admin__Project__ProjectState)row->state;
	if (row->labels.len) {
		rc = fly_admin_unpack(&flyteidl__admin__labels__descriptor, row->labels, arena,
				      &labels, why);
		if (rc < 0)
			return rc;
		p->labels = (Flyteidl__Admin__Labels *)labels;
	}
	rc = add_domains(p, arena, why);
	if (rc < 0)
		return rc;
	*out = p;
	return 0;
}

int fly_admin_get_project(struct fly_db *db, const Flyteidl__Admin__ProjectGetRequest *req,
			  struct fly_arena *arena, Flyteidl__Admin__Project **out,
			  struct fly_why *why)
{
	struct fly_project row;
	int rc;

	if ((rc = fly_check_set(req->id, "id", why)) < 0 ||
	    (rc = fly_find_project(db, req->id, arena, &row, why)) < 0)
		return rc;
	return fly_project_message(&row, arena, out, why);
}

/* --- project.json ------------------------------------------------------------------- */

/* The shown text names the domains: writing it back is fine, choosing others is not. */
static void drop_shown_domains(Flyteidl__Admin__Project *p)
{
	const char *const *names = fly_admin_domains();
	size_t i;

	if (p->n_domains != n_domains())
		return;
	for (i = 0; i < p->n_domains; i++) {
		if (strcmp(p->domains[i]->id, names[i]))
			return;
	}
	p->n_domains = 0;
	p->domains = NULL;
}

int fly_admin_read_project(const char *project, const char *file, const char *text, size_t len,
			   struct fly_arena *arena, Flyteidl__Admin__Project **out,
			   struct fly_why *why)
{
	ProtobufCMessage *m;
	Flyteidl__Admin__Project *p;
	int rc;

	rc = fly_json_parse(&flyteidl__admin__project__descriptor, text, len, arena, &m, why);
	if (rc < 0) {
		fly_why_prefix(why, "%s:", file);
		return rc;
	}
	p = (Flyteidl__Admin__Project *)m;
	if (*p->id && strcmp(p->id, project))
		return fly_refuse(why, FLY_INVALID_ARGUMENT,
				  "%s: id: \"%s\" is another project than this directory, \"%s\"",
				  file, p->id, project);
	p->id = fly_arena_strdup(arena, project);
	if (!p->id)
		return fly_no_memory(why);
	drop_shown_domains(p);
	*out = p;
	return 0;
}
