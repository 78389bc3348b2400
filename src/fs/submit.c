/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a draft's document to admin and back. The document is read on the request's thread, the
 * insert is parked; the notifier finishes it: the draft is LAUNCHED and its writer's request
 * acknowledged, or it is OPEN again, its `error` says why, and the request fails.
 */
#include "answer.h"
#include "draft_private.h"
#include "name.h"
#include "named.h"
#include "notify.h"
#include "quota.h"
#include "reading.h"
#include "touch.h"

/* What is handed over; everything but the bytes of document and inputs is copied into the arena. */
struct submission {
	struct fly_reading reading;	/* first */
	enum fly_document form;
	enum fly_kind kind;
	int64_t scope;
	uid_t uid;
	gid_t gid;
	mode_t mode;
	const char *project, *domain, *name, *version;
	const char *text;
	size_t len;
	struct fly_input_text *inputs;
	size_t n_inputs;
};

/* --- taking it out -------------------------------------------------------- */

/* Names that are no variable's: an editor's temporary and backup files. */
static bool is_scratch(const char *name)
{
	size_t len = strlen(name);

	return name[0] == '.' || name[len - 1] == '~';
}

static int take_inputs(const struct draft *d, struct fly_arena *arena, struct submission *s)
{
	size_t n = 0;

	for (const struct draft_file *f = d->files; f; f = f->next)
		n += f->input && f->name;
	s->inputs = fly_arena_zalloc(arena, n + 1, sizeof(*s->inputs));
	if (!s->inputs)
		return -ENOMEM;
	for (const struct draft_file *f = d->files; f; f = f->next) {
		struct fly_input_text *in = &s->inputs[s->n_inputs];
		const char *name;
		int rc;

		if (!f->input || !f->name || is_scratch(f->name))
			continue;
		rc = fly_name_decode(f->name, arena, &name);
		if (rc < 0 && rc != -ENOMEM)	/* as it is: the sentence about it shows it */
			name = fly_arena_strdup(arena, f->name);
		if (rc == -ENOMEM || !name)
			return -ENOMEM;
		*in = (struct fly_input_text){ name, f->in.data ? (const char *)f->in.data : "",
					       f->in.len, f->link };
		s->n_inputs++;
	}
	return 0;
}

static int take(const struct draft *d, const struct draft_file *f, struct fly_arena *arena,
		struct submission *s)
{
	*s = (struct submission){
		.kind = d->kind,
		.scope = d->scope,
		.uid = d->uid,
		.gid = d->gid,
		.mode = d->mode,
		.project = fly_arena_strdup(arena, d->project),
		.domain = fly_arena_strdup(arena, d->domain),
		.name = fly_arena_strdup(arena, d->name),
		.version = fly_arena_strdup(arena, d->version),
		.text = (const char *)f->in.data,
		.len = f->in.len,
	};
	if (!s->project || !s->domain || !s->name || !s->version)
		return -ENOMEM;
	return take_inputs(d, arena, s);
}

/* --- the end -------------------------------------------------------------- */

/* The bytes are the row's now; what remains is what its writer may still do to it. */
static void launched_file(struct fly_drafts *drafts, struct draft *d, struct draft_file *f,
			  bool document, bool whole)
{
	f->submitted = true;
	f->document = document;
	f->written = f->in.len;
	f->value_end = document && !whole ? f->in.scan.value_end : f->in.len;
	free(f->name);
	f->name = NULL;
	if (document) {
		fly_quota_give(drafts->quota, d->uid, 0, f->in.len);
		fly_incoming_release(&f->in);
	}
}

static void launched_locked(struct fly_drafts *drafts, struct draft *d, uint64_t number,
			    bool whole, int64_t named)
{
	struct draft_file *next;

	d->state = DRAFT_LAUNCHED;
	free(d->error);
	d->error = NULL;
	fly_draft_named_settle_locked(drafts, d, named);
	fly_draft_unkey_locked(drafts, d);
	for (struct draft_file *f = d->files; f; f = next) {
		next = f->next;
		if (f->number == number || f->input ||
		    (f->name && !strcmp(f->name, "spec.json")))
			launched_file(drafts, d, f, f->number == number, whole);
		if (f->lookups <= 0)
			fly_draft_file_free_locked(drafts, d, f);
	}
	fly_draft_launched_locked(drafts, d);
}

static void end(struct fly_fs *fs, int64_t id, uint64_t number, bool whole, int rc,
		const struct fly_why *why, int64_t named)
{
	struct fly_drafts *drafts = fs->drafts;
	struct draft *d;

	pthread_mutex_lock(&drafts->lock);
	d = fly_draft_by_id_locked(drafts, id);
	if (d && rc >= 0) {
		launched_locked(drafts, d, number, whole, named);
	} else if (d) {
		fly_draft_set_error_locked(d, rc, why);
		d->state = DRAFT_OPEN;
		fly_draft_used(d);
	}
	pthread_mutex_unlock(&drafts->lock);
}

static void finish_json(struct fly_answer *a)
{
	end(a->fs, a->draft, a->file, false, a->call.rc, &a->call.why, a->call.named);
	if (a->size)
		fly_answer_finish_write(a);
	else
		fly_answer_finish_empty(a);
}

static void finish_whole(struct fly_answer *a)
{
	end(a->fs, a->draft, a->file, true, a->call.rc, &a->call.why, a->call.named);
	fly_answer_finish_empty(a);
}

/* --- the beginning -------------------------------------------------------- */

static int launch(struct fly_request *r, struct fly_answer *a, const struct submission *s,
		  enum fly_document form, const char *file)
{
	const struct fly_document_text text = { form, file, s->text, s->len };
	Flyteidl__Admin__ExecutionCreateRequest *req;
	int rc;

	rc = fly_admin_read_execution(r->fs->admin, r->db, form, file, s->project, s->domain,
				      s->name, s->text, s->len, s->inputs, s->n_inputs,
				      &a->call.arena, &req, &r->why);
	if (rc < 0)
		return rc;
	a->call.document = &text;
	fly_admin_create_execution(r->fs->admin, &a->call, req);
	return FLY_PARKED;
}

static int hand_over(struct fly_request *r, struct fly_reading *reading)
{
	static const char *const files[] = {
		[FLY_DOCUMENT_JSON] = "spec.json",
		[FLY_DOCUMENT_WIRE] = "spec.pb",
		[FLY_DOCUMENT_YAML] = "spec.yaml",
	};
	const struct submission *s = (const struct submission *)reading;
	struct fly_answer *a = reading->answer;

	fly_answer_for(a, s->uid, s->gid);
	a->call.id = a->draft;
	a->call.mode = S_IFDIR | s->mode;	/* not 0, which would leave the choice to admin */
	if (s->kind == FLY_KIND_EXECUTION)
		return r->db ? launch(r, a, s, s->form, files[s->form]) : -EIO;
	a->call.named = fly_draft_named_id(r->fs->drafts, s->scope, s->kind, s->name);
	fly_admin_register_entity(r->fs->admin, &a->call, s->kind, s->form, files[s->form],
				  s->project, s->domain, s->name, s->version, s->text, s->len);
	return FLY_PARKED;
}

static int take_out(struct fly_request *r, struct fly_answer *a, struct submission *s)
{
	struct fly_drafts *drafts = r->fs->drafts;
	struct draft_file *f;
	struct draft *d;
	int rc;

	pthread_mutex_lock(&drafts->lock);
	d = fly_draft_by_id_locked(drafts, a->draft);
	f = d ? fly_draft_file_numbered(d, a->file) : NULL;
	rc = f ? take(d, f, &a->call.arena, s) : -ESTALE;
	pthread_mutex_unlock(&drafts->lock);
	return rc;
}

int fly_draft_submit(struct fly_request *r, int64_t id, uint64_t number, enum fly_document form,
		     size_t written)
{
	bool whole = form != FLY_DOCUMENT_JSON;	/* it has no end of its own: all of the file */
	struct fly_answer *a = fly_answer_new(r, number, NULL, whole ? finish_whole : finish_json);
	struct submission *s;

	if (!a) {
		end(r->fs, id, number, whole, -ENOMEM, &r->why, 0);
		return -ENOMEM;
	}
	a->draft = id;
	a->file = number;
	a->size = written;
	a->rename = !written;
	s = fly_arena_zalloc(&a->call.arena, 1, sizeof(*s));
	a->call.rc = s ? take_out(r, a, s) : -ENOMEM;
	/* Refused already: said in the same way, for a verb's own errno is about the draft. */
	if (a->call.rc < 0) {
		fly_notify_answer(r->fs, a);
		return FLY_PARKED;
	}
	s->form = form;
	s->reading = (struct fly_reading){ .answer = a, .read = hand_over };
	return fly_reading_start(r, &s->reading, s->len);
}
