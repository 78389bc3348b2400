/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One registration: versions packed and measured on the caller's thread, then put into the store in
 * one transaction, each beside whatever has its id already. It knows nothing of what is in them.
 * Source: flyte-api §2.3; DESIGN §7.
 */
#include "entity.h"

Flyteidl__Core__Identifier *fly_identifier_new(struct fly_arena *arena,
					       Flyteidl__Core__ResourceType type,
					       const char *project, const char *domain,
					       const char *name, const char *version)
{
	Flyteidl__Core__Identifier *id =
		fly_admin_new(Flyteidl__Core__Identifier, flyteidl__core__identifier, arena);

	if (!id)
		return NULL;
	id->resource_type = type;
	id->project = fly_arena_strdup(arena, project);
	id->domain = fly_arena_strdup(arena, domain);
	id->name = fly_arena_strdup(arena, name);
	id->version = fly_arena_strdup(arena, version);
	return id->project && id->domain && id->name && id->version ? id : NULL;
}

Flyteidl__Core__ResourceType fly_resource_of_kind(enum fly_kind kind)
{
	switch ((int)kind) {
	case FLY_KIND_TASK:
		return FLYTEIDL__CORE__RESOURCE_TYPE__TASK;
	case FLY_KIND_WORKFLOW:
		return FLYTEIDL__CORE__RESOURCE_TYPE__WORKFLOW;
	case FLY_KIND_LAUNCH_PLAN:
		return FLYTEIDL__CORE__RESOURCE_TYPE__LAUNCH_PLAN;
	default:
		return FLYTEIDL__CORE__RESOURCE_TYPE__UNSPECIFIED;
	}
}

/* A hidden name is looked up by what others launch: it is for no user to fill. */
int fly_check_new_id(const Flyteidl__Core__Identifier *id, enum fly_kind kind, struct fly_why *why)
{
	int rc = fly_check_identifier(id, "id", fly_resource_of_kind(kind), why);

	if (rc < 0 || strncmp(id->name, FLY_HIDDEN_PREFIX, strlen(FLY_HIDDEN_PREFIX)))
		return rc;
	return fly_refuse(why, FLY_INVALID_ARGUMENT,
			  "id.name: names that begin with \"" FLY_HIDDEN_PREFIX
			  "\" are flytefs' own");
}

int fly_check_get_id(const Flyteidl__Core__Identifier *id, Flyteidl__Core__ResourceType expected,
		     struct fly_why *why)
{
	bool unsaid = id && id->resource_type == FLYTEIDL__CORE__RESOURCE_TYPE__UNSPECIFIED;

	return fly_check_identifier(
		id, "id", unsaid ? FLYTEIDL__CORE__RESOURCE_TYPE__UNSPECIFIED : expected, why);
}

int fly_get_version(struct fly_db *db, enum fly_kind kind, const Flyteidl__Core__Identifier *id,
		    struct fly_arena *arena, struct fly_entity *out, struct fly_why *why)
{
	int rc = fly_check_get_id(id, fly_resource_of_kind(kind), why);

	if (rc < 0)
		return rc;
	return fly_find_entity(db, kind, id, FLY_ENTITY_BLOBS, arena, out, why);
}

int fly_version_read(const struct fly_entity *row, const ProtobufCMessageDescriptor *type,
		     struct fly_arena *arena, struct fly_version_parts *out, struct fly_why *why)
{
	int rc = fly_admin_unpack(type, row->closure, arena, &out->closure, why);

	if (rc < 0)
		return rc;
	out->id = fly_identifier_new(arena, fly_resource_of_kind(row->kind), row->project,
				     row->domain, row->name, row->version);
	out->created_at = fly_timestamp(arena, row->created_ns);
	out->short_description = (char *)(row->short_description ? row->short_description : "");
	return out->id && out->created_at ? 0 : fly_no_memory(why);
}

struct fly_put_write *fly_put_begin(struct fly_call *call, int64_t scope)
{
	struct fly_put_write *w = fly_arena_zalloc(&call->arena, 1, sizeof(*w));

	if (!w)
		return NULL;
	w->write.call = call;
	w->scope = scope;
	return w;
}

void fly_entity_measure(struct fly_db *db, struct fly_entity *e)
{
	auto_buf b = {0};
	int text;

	for (text = 0; text < FLY_N_ENTITY_TEXTS && text < FLY_ENTITY_SIZES; text++) {
		fly_buf_clear(&b);
		e->sizes[text] = 0;
		if (fly_entity_text((enum fly_entity_text)text, db, e, &b) >= 0 && !b.failed &&
		    b.len <= UINT32_MAX)
			e->sizes[text] = (uint32_t)b.len;
	}
}

static int digest(const ProtobufCMessage *m, uint8_t out[32], struct fly_why *why)
{
	auto_buf b = {0};

	fly_wire_print(m, &b);
	if (b.failed)
		return fly_no_memory(why);
	fly_sha256(b.data, b.len, out);
	return 0;
}

static int fill_entity(const struct fly_version *v, struct fly_arena *arena, struct fly_entity *e,
		       struct fly_why *why)
{
	int rc;

	e->kind = v->kind;
	e->project = v->id->project;
	e->domain = v->id->domain;
	e->name = v->id->name;
	e->version = v->id->version;
	e->generated = v->generated;
	e->type = v->type;
	e->schedule_type = v->schedule_type;
	e->short_description = v->short_description;
	e->workflow = v->workflow;
	e->source = v->source;
	if ((rc = digest(v->digested, e->digest, why)) < 0 ||
	    (rc = fly_admin_pack(v->spec, arena, &e->spec, why)) < 0 ||
	    (rc = fly_admin_pack(v->closure, arena, &e->closure, why)) < 0)
		return rc;
	return fly_admin_pack(v->interface ? &v->interface->base : NULL, arena, &e->interface, why);
}

int fly_put_add(struct fly_admin *a, struct fly_put_write *w, struct fly_db *db,
		const struct fly_version *v, enum fly_put how, int64_t id,
		struct fly_put_item **out, struct fly_why *why)
{
	struct fly_arena *arena = &w->write.call->arena;
	struct fly_put_item *item = fly_arena_zalloc(arena, 1, sizeof(*item));
	int rc;

	if (!item)
		return fly_no_memory(why);
	rc = fill_entity(v, arena, &item->entity, why);
	if (rc < 0)
		return rc;
	item->entity.id = id ? id : fly_store_new_id(a->store, why);
	if (item->entity.id < 0)
		return (int)item->entity.id;
	item->entity.scope = w->scope;
	item->entity.uid = w->write.call->caller.uid;
	item->entity.created_ns = item->entity.changed_ns = fly_admin_file_now(a);
	item->how = how;
	fly_entity_measure(db, &item->entity);
	if (w->last)
		w->last->next = item;
	else
		w->first = item;
	w->last = item;
	*out = item;
	return 0;
}

/* --- inside the transaction --------------------------------------------------------- */

/* The name that groups the versions: made by the first, and its owner alone adds more. */
static int put_name(struct fly_put_write *w, struct fly_db *db, struct fly_put_item *item,
		    struct fly_why *why)
{
	const struct fly_caller *caller = &w->write.call->caller;
	struct fly_entity *e = &item->entity;
	struct fly_named named = {0};
	int rc;

	rc = fly_named_get(db, w->scope, e->kind, e->name, &w->write.call->arena, &named);
	if (rc >= 0) {
		e->named = named.id;
		if (item == w->first)
			w->write.call->named = named.id;
		if (item->hidden)
			return 0;
		return fly_caller_check_owner(caller, named.uid, why, "%s %s",
					      fly_kind_noun(e->kind), e->name);
	}
	if (rc != -ENOENT)
		return fly_fail(why, -rc, "cannot read %s %s", fly_kind_noun(e->kind), e->name);
	named.id = item == w->first ? w->write.call->named : 0;
	if (!named.id)
		named.id = fly_store_new_id(w->write.admin->store, why);
	if (named.id < 0)
		return (int)named.id;
	if (item == w->first)
		w->write.call->named = named.id;
	named.scope = w->scope;
	named.kind = e->kind;
	named.name = e->name;
	named.description = "";
	named.state = item->hidden ? FLYTEIDL__ADMIN__NAMED_ENTITY_STATE__SYSTEM_GENERATED
				   : FLYTEIDL__ADMIN__NAMED_ENTITY_STATE__NAMED_ENTITY_ACTIVE;
	named.uid = e->uid;
	named.created_ns = named.changed_ns = e->created_ns;
	e->named = named.id;
	return fly_named_insert(db, &named, why);
}

/* The first line in which two closures differ, for the sentence. */
static void describe_difference(const struct fly_entity *old, const struct fly_entity *new,
				struct fly_db *db, struct fly_buf *out)
{
	auto_buf a = {0}, b = {0};
	const char *p, *q;
	size_t p_len, q_len;

	if (fly_entity_text(FLY_ENTITY_TEXT_SPEC_JSON, db, old, &a) < 0 ||
	    fly_entity_text(FLY_ENTITY_TEXT_SPEC_JSON, db, new, &b) < 0 || !a.len || !b.len)
		return;
	for (p = a.data, q = b.data; *p && *q; p += p_len + 1, q += q_len + 1) {
		p_len = strcspn(p, "\n");
		q_len = strcspn(q, "\n");
		if (p_len != q_len || memcmp(p, q, p_len)) {
			p += strspn(p, " ");
			q += strspn(q, " ");
			fly_buf_printf(out, "; it has %.*s where this has %.*s",
				       (int)strcspn(p, "\n"), p, (int)strcspn(q, "\n"), q);
			return;
		}
		if (!p[p_len] || !q[q_len])
			return;
	}
}

static int refuse_existing(struct fly_db *db, const struct fly_entity *old,
			   const struct fly_entity *new, struct fly_why *why)
{
	const char *noun = fly_kind_noun(new->kind);
	auto_buf difference = {0};

	if (!memcmp(old->digest, new->digest, sizeof(old->digest)))
		return fly_refuse(why, FLY_ALREADY_EXISTS,
				  "%s %s@%s exists already, with exactly this content", noun,
				  new->name, new->version);
	describe_difference(old, new, db, &difference);
	return fly_refuse(why, FLY_INVALID_ARGUMENT,
			  "%s %s@%s exists already with different content: register another "
			  "version%s", noun, new->name, new->version,
			  difference.data ? difference.data : "");
}

/* A version made by flytefs itself gives way to one that a person registers. */
static int replace_generated(struct fly_put_write *w, struct fly_db *db,
			     const struct fly_entity *old, struct fly_entity *e,
			     struct fly_why *why)
{
	int rc = fly_caller_check_owner(&w->write.call->caller, old->uid, why, "%s %s@%s",
					fly_kind_noun(e->kind), e->name, e->version);

	if (rc < 0)
		return rc;
	e->id = old->id;
	e->named = old->named;
	e->uid = old->uid;
	e->state = old->state;
	if (e->changed_ns <= old->changed_ns) {
		e->changed_ns = fly_time_after(old->changed_ns, e->changed_ns);
		fly_entity_measure(db, e);
	}
	return fly_entity_update(db, e, why);
}

static int put_item(struct fly_put_write *w, struct fly_db *db, struct fly_put_item *item,
		    struct fly_why *why)
{
	struct fly_entity *e = &item->entity;
	struct fly_entity old = {0};
	int rc;

	rc = fly_entity_get(db, e->kind, e->project, e->domain, e->name, e->version,
			    FLY_ENTITY_BLOBS, &w->write.call->arena, &old);
	if (rc < 0 && rc != -ENOENT)
		return fly_fail(why, -rc, "cannot read %s %s@%s", fly_kind_noun(e->kind), e->name,
				e->version);
	if (rc >= 0) {
		if (old.generated && !e->generated)
			return replace_generated(w, db, &old, e, why);
		if (item->how == FLY_PUT_ABSENT ||
		    (item->how == FLY_PUT_SAME &&
		     !memcmp(old.digest, e->digest, sizeof(old.digest)))) {
			e->id = old.id;
			return 0;
		}
		return refuse_existing(db, &old, e, why);
	}
	rc = put_name(w, db, item, why);
	if (rc < 0)
		return rc;
	return fly_entity_insert(db, e, why);
}

int fly_put_apply(struct fly_write *write, struct fly_db *db, struct fly_why *why)
{
	struct fly_put_write *w = (struct fly_put_write *)write;
	struct fly_put_item *item;
	int rc;

	for (item = w->first; item; item = item->next) {
		rc = put_item(w, db, item, why);
		if (rc < 0)
			return rc;
	}
	write->call->id = w->first->entity.id;
	return 0;
}

void fly_put_register(struct fly_admin *a, struct fly_call *call, fly_put_prepare *prepare,
		      const ProtobufCMessage *req, const struct fly_written *written)
{
	struct fly_put_write *w = NULL;
	struct fly_db *db;
	int rc = fly_admin_begin(a, call, &db);

	if (rc >= 0) {
		rc = prepare(a, call, db, req, written, &w);
		fly_db_end(db);
	}
	if (rc < 0) {
		if (written)
			fly_why_prefix(&call->why, "%s: ", written->file);
		fly_call_finish(call, rc);
		return;
	}
	w->write.apply = fly_put_apply;
	fly_admin_write(a, call, &w->write);
}
