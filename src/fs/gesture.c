/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gesture handles; see gesture.h. A handle is found by the serial number in its inode number and
 * lives until the kernel forgets it, for no RELEASE ever comes. The kernel forgets when it is
 * short of memory, so of the launched ones, which are nobody's drafts any more, only the newest
 * are kept.
 *
 *	OPEN		collecting the document
 *	SUBMITTING	it is with admin; its bytes are not touched meanwhile
 *	LAUNCHED	blanks are accepted, reads give the response
 */
#include "gesture.h"

#include <pthread.h>

#include "answer.h"
#include "draft.h"
#include "incoming.h"
#include "notify.h"
#include "quota.h"
#include "runs.h"
#include "reading.h"

#define IDLE_NS (24 * 3600 * INT64_C(1000000000))
#define LET_GO_NS (5 * INT64_C(1000000000))
enum { BUCKETS = 256, LAUNCHED_MAX = 1024 };

enum state { OPEN, SUBMITTING, LAUNCHED };

struct gesture {
	struct gesture *next;
	int64_t id, scope;
	char *project, *domain, *file;
	char *name;		/* "": to be generated */
	bool let_go;		/* the kernel was asked to forget the name */
	uid_t uid;
	gid_t gid;
	mode_t mode;
	enum state state;
	int64_t lookups, used_ns, mtime_ns;
	struct fly_incoming in;
	uint64_t written;	/* LAUNCHED: where its writer is, and the response begins */
	struct fly_buf response;
};

struct fly_gestures {
	pthread_mutex_t lock;
	int64_t serial;				/* lock */
	struct gesture *buckets[BUCKETS];	/* lock */
	int64_t launched[LAUNCHED_MAX];		/* lock; a ring of ids */
	size_t n_launched;			/* lock; ever */
	struct fly_quota *quota;		/* fixed once the first one is made */
};

int fly_gestures_create(struct fly_gestures **out)
{
	struct fly_gestures *gestures = calloc(1, sizeof(*gestures));

	if (!gestures)
		return -ENOMEM;
	pthread_mutex_init(&gestures->lock, NULL);
	*out = gestures;
	return 0;
}

static void free_gesture(struct fly_gestures *gestures, struct gesture *g)
{
	if (gestures->quota)
		fly_quota_give(gestures->quota, g->uid, g->state != LAUNCHED, g->in.len);
	fly_incoming_release(&g->in);
	fly_buf_release(&g->response);
	free(g->project);
	free(g->domain);
	free(g->file);
	free(g->name);
	free(g);
}

void fly_gestures_destroy(struct fly_gestures *gestures)
{
	if (!gestures)
		return;
	for (size_t i = 0; i < BUCKETS; i++) {
		struct gesture *next;

		for (struct gesture *g = gestures->buckets[i]; g; g = next) {
			next = g->next;
			free_gesture(gestures, g);
		}
	}
	pthread_mutex_destroy(&gestures->lock);
	free(gestures);
}

static struct gesture **find_locked(struct fly_gestures *gestures, int64_t id)
{
	struct gesture **at = &gestures->buckets[(uint64_t)id % BUCKETS];

	while (*at && (*at)->id != id)
		at = &(*at)->next;
	return at;
}

static void drop_locked(struct fly_gestures *gestures, struct gesture **at)
{
	struct gesture *g = *at;

	*at = g->next;
	free_gesture(gestures, g);
}

/*
 * Refused or incomplete, and left alone for a while: without its name the kernel forgets the
 * handle as soon as nobody has it open.
 */
static void let_go(struct fly_fs *fs, struct gesture *g, int64_t now)
{
	if (g->let_go || g->state != OPEN || now - g->used_ns < LET_GO_NS)
		return;
	g->let_go = true;
	fly_notify_entry(fs, fly_ino_pack(FLY_INO_SCOPE, g->scope, FLY_SCOPE_EXECUTIONS), g->file);
}

void fly_gestures_age(struct fly_fs *fs)
{
	struct fly_gestures *gestures = fs->gestures;
	int64_t now = fly_tick_ns();

	pthread_mutex_lock(&gestures->lock);
	for (size_t i = 0; i < BUCKETS; i++) {
		struct gesture **at = &gestures->buckets[i];

		while (*at) {
			let_go(fs, *at, now);
			if ((*at)->used_ns < now - IDLE_NS && (*at)->state != SUBMITTING)
				drop_locked(gestures, at);
			else
				at = &(*at)->next;
		}
	}
	pthread_mutex_unlock(&gestures->lock);
}

/* --- CREATE --------------------------------------------------------------- */

static void entry_of(const struct gesture *g, struct fuse_entry_param *e)
{
	size_t size = g->state == LAUNCHED ? g->written + g->response.len : g->in.len;

	fly_entry_set(e, fly_ino_pack(FLY_INO_GESTURE, g->id, 0), S_IFREG | g->mode,
		      (struct fly_owner){ g->uid, g->gid }, size, g->mtime_ns, 0);
}

bool fly_is_gesture(const char *name)
{
	size_t len = strlen(name);

	return len > 5 && !strcmp(name + len - 5, ".json");
}

/* The execution's name that a file name asks for; "": generated. */
static int name_of(struct fly_request *r, const struct fly_scope *s, const char *file,
		   const char **out)
{
	int rc;

	*out = "";
	if (!strcmp(file, "spec.json"))
		return 0;
	if (!fly_is_gesture(file))
		return fly_fail(&r->why, EPERM, "an execution is launched by spec.json, NAME.json "
				"or mkdir NAME");
	*out = fly_arena_strndup(&r->arena, file, strlen(file) - 5);
	if (!*out)
		return -ENOMEM;
	rc = fly_run_check_free(r, s->id, *out);
	return rc < 0 ? rc : fly_draft_check_free(r, s->id, *out);
}

static struct gesture *new_gesture(struct fly_request *r, const struct fly_scope *s,
				   const char *file, const char *name, mode_t mode)
{
	struct gesture *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	*g = (struct gesture){
		.scope = s->id,
		.project = strdup(s->project),
		.domain = strdup(s->domain),
		.file = strdup(file),
		.name = strdup(name),
		.uid = r->caller.uid,
		.gid = r->caller.gid,
		.mode = mode & 0777,
		.lookups = 0,
		.used_ns = fly_tick_ns(),
		.mtime_ns = fly_file_now_ns(),
	};
	return g;
}

int fly_gesture_create(struct fly_request *r, const struct fly_scope *s, const char *file,
		       mode_t mode, struct fuse_entry_param *e, struct fuse_file_info *fi)
{
	struct fly_gestures *gestures = r->fs->gestures;
	const char *name;
	struct gesture *g, **at;
	int rc = name_of(r, s, file, &name);

	if (!rc)
		rc = fly_quota_take(r->fs->quota, r->caller.uid, 1, 0, &r->why);
	if (rc < 0)
		return rc;
	g = new_gesture(r, s, file, name, mode);
	if (!g || !g->project || !g->domain || !g->file || !g->name) {
		if (g)
			free_gesture(&(struct fly_gestures){ .quota = r->fs->quota }, g);
		return -ENOMEM;
	}
	pthread_mutex_lock(&gestures->lock);
	gestures->quota = r->fs->quota;
	g->id = ++gestures->serial;
	at = &gestures->buckets[(uint64_t)g->id % BUCKETS];
	g->next = *at;
	*at = g;
	entry_of(g, e);
	pthread_mutex_unlock(&gestures->lock);
	/* The name is never found again, but who opens it is asked for its mode at once. */
	e->attr_timeout = FLY_TIMEOUT_SHORT;
	fi->direct_io = 1;
	fi->nonseekable = 1;
	return 0;
}

/* --- writing -------------------------------------------------------------- */

/* What this WRITE brought is taken back when it is refused: the same one may come again. */
static void take_back(struct fly_gestures *gestures, struct gesture *g, size_t len)
{
	if (g->in.len > len) {
		fly_quota_give(gestures->quota, g->uid, 0, g->in.len - len);
		fly_incoming_resize(&g->in, len, FLY_MESSAGE_MAX_BYTES, NULL);
	}
}

static int put_locked(struct fly_gestures *gestures, struct gesture *g, struct fly_bytes data,
		      uint64_t off, struct fly_why *why)
{
	int rc;

	if (off > g->in.len)
		return fly_fail(why, EINVAL, "%s is written from its beginning, without holes",
				g->file);
	take_back(gestures, g, (size_t)off);
	if (off + data.len > FLY_MESSAGE_MAX_BYTES)
		return fly_fail(why, EFBIG, "a message may have %zu bytes", FLY_MESSAGE_MAX_BYTES);
	rc = fly_quota_take(gestures->quota, g->uid, 0, data.len, why);
	if (rc < 0)
		return rc;
	rc = fly_incoming_write(&g->in, data, off, FLY_MESSAGE_MAX_BYTES, why);
	if (rc < 0)
		fly_quota_give(gestures->quota, g->uid, 0, data.len);
	return rc;
}

/* 1: complete, and SUBMITTING. */
static int write_locked(struct fly_gestures *gestures, struct gesture *g, struct fly_bytes data,
			uint64_t off, struct fly_why *why)
{
	int rc;

	g->used_ns = fly_tick_ns();
	if (g->state == SUBMITTING)
		return fly_fail(why, EBUSY, "it is being launched");
	if (g->state == LAUNCHED) {
		if (!fly_is_blank(data.data, data.len))
			return fly_fail(why, EPERM, "it has been launched: what comes behind the "
					"document changes nothing");
		g->written += data.len;
		return 0;
	}
	rc = put_locked(gestures, g, data, off, why);
	if (rc < 0)
		return rc;
	switch (fly_incoming_scan(&g->in)) {
	case FLY_SCAN_OPEN:
		return 0;
	case FLY_SCAN_BAD:
		rc = fly_incoming_refuse(&g->in, g->file, why);
		take_back(gestures, g, (size_t)off);
		return rc;
	case FLY_SCAN_DONE:
		break;
	}
	g->state = SUBMITTING;
	return 1;
}

/* --- launching ------------------------------------------------------------ */

static void launched_locked(struct fly_gestures *gestures, struct gesture *g)
{
	int64_t *place = &gestures->launched[gestures->n_launched++ % LAUNCHED_MAX];
	struct gesture **oldest = find_locked(gestures, *place);

	if (*oldest)
		drop_locked(gestures, oldest);
	*place = g->id;
	g->written = g->in.len;
	take_back(gestures, g, 0);
	fly_incoming_release(&g->in);
	fly_quota_give(gestures->quota, g->uid, 1, 0);
	g->state = LAUNCHED;
}

static void end(struct fly_fs *fs, int64_t id, uint64_t off, int rc,
		const ProtobufCMessage *response)
{
	struct fly_gestures *gestures = fs->gestures;
	struct gesture *g;

	pthread_mutex_lock(&gestures->lock);
	g = *find_locked(gestures, id);
	if (g && rc < 0) {
		g->state = OPEN;
		take_back(gestures, g, (size_t)off);
	} else if (g) {
		launched_locked(gestures, g);
		if (response)
			fly_json_print(response, FLY_JSON_PRETTY, &g->response);
	}
	pthread_mutex_unlock(&gestures->lock);
}

static void finish(struct fly_answer *a)
{
	end(a->fs, a->draft, a->file, a->call.rc, a->call.response);
	fly_answer_finish_write(a);
}

/* Who may read the document may read the run: with umask 077 it is private. */
static mode_t dir_mode(mode_t file)
{
	return S_IFDIR | 0700 | (file & 0044) | (file & 0044) >> 2;
}

struct submission {
	struct fly_reading reading;	/* first */
	const struct gesture *gesture;
};

/* SUBMITTING keeps the handle and its bytes where they are: used unlocked. */
static int hand_over(struct fly_request *r, struct fly_reading *reading)
{
	const struct gesture *g = ((const struct submission *)reading)->gesture;
	const struct fly_document_text text = { FLY_DOCUMENT_JSON, g->file,
						(const char *)g->in.data, g->in.len };
	struct fly_answer *a = reading->answer;
	Flyteidl__Admin__ExecutionCreateRequest *req;
	int rc = r->db ? fly_draft_check_free(r, g->scope, g->name) : -EIO;

	if (!rc)
		rc = fly_admin_read_execution(r->fs->admin, r->db, FLY_DOCUMENT_JSON, g->file,
					      g->project, g->domain, g->name, text.text, text.len,
					      NULL, 0, &a->call.arena, &req, &r->why);
	if (rc < 0)
		return rc;
	fly_answer_for(a, g->uid, g->gid);
	a->call.mode = dir_mode(g->mode);
	a->call.document = &text;
	fly_admin_create_execution(r->fs->admin, &a->call, req);
	return FLY_PARKED;
}

static int submit(struct fly_request *r, const struct gesture *g, uint64_t off, size_t written)
{
	struct fly_answer *a = fly_answer_new(r, fly_ino_pack(FLY_INO_GESTURE, g->id, 0), NULL,
					      finish);
	struct submission *s = a ? fly_arena_zalloc(&a->call.arena, 1, sizeof(*s)) : NULL;

	if (!s) {
		end(r->fs, g->id, off, -ENOMEM, NULL);
		return a ? fly_answer_abandon(a, r, -ENOMEM) : -ENOMEM;
	}
	a->draft = g->id;
	a->file = off;
	a->size = written;
	s->gesture = g;
	s->reading = (struct fly_reading){ .answer = a, .read = hand_over };
	return fly_reading_start(r, &s->reading, g->in.len);
}

static int gesture_write(struct fly_request *r, struct fly_ino ino, struct fly_bytes data,
			 uint64_t off, bool from_page)
{
	struct fly_gestures *gestures = r->fs->gestures;
	struct gesture *g;
	int rc = -ESTALE;

	(void)from_page;	/* direct I/O has no pages */
	pthread_mutex_lock(&gestures->lock);
	g = *find_locked(gestures, ino.id);
	if (g)
		rc = fly_request_owns(r, g->uid);
	if (g && !rc)
		rc = write_locked(gestures, g, data, off, &r->why);
	pthread_mutex_unlock(&gestures->lock);
	return rc == 1 ? submit(r, g, off, data.len) : rc;
}

/* --- the other verbs ------------------------------------------------------ */

/* The response begins where the writer stands, so that a read goes on there. */
static int gesture_read(struct fly_request *r, struct fly_ino ino, uint64_t off, size_t size,
			struct fly_buf *b)
{
	struct fly_gestures *gestures = r->fs->gestures;
	struct gesture *g;

	pthread_mutex_lock(&gestures->lock);
	g = *find_locked(gestures, ino.id);
	if (g && g->state == LAUNCHED && off >= g->written)
		fly_slice(g->response.data, g->response.len, off - g->written, size, b);
	pthread_mutex_unlock(&gestures->lock);
	return g ? 0 : -ESTALE;
}

static int gesture_getattr(struct fly_request *r, struct fly_ino ino, struct fuse_entry_param *e)
{
	struct fly_gestures *gestures = r->fs->gestures;
	struct gesture *g;

	pthread_mutex_lock(&gestures->lock);
	g = *find_locked(gestures, ino.id);
	if (g)
		entry_of(g, e);
	pthread_mutex_unlock(&gestures->lock);
	return g ? 0 : -ESTALE;
}

static int resize(struct fly_gestures *gestures, struct gesture *g, uint64_t size,
		  struct fly_why *why)
{
	if (g->state == LAUNCHED && size != g->written)
		return fly_fail(why, EPERM, "it has been launched");
	if (g->state == OPEN && size > g->in.len)
		return fly_fail(why, EINVAL, "%s can't be lengthened", g->file);
	if (g->state == OPEN)
		take_back(gestures, g, (size_t)size);
	return 0;
}

static int gesture_setattr(struct fly_request *r, struct fly_ino ino, const struct stat *attr,
			   int to_set, struct fuse_entry_param *e)
{
	struct fly_gestures *gestures = r->fs->gestures;
	struct gesture *g;
	int rc = -ESTALE;

	pthread_mutex_lock(&gestures->lock);
	g = *find_locked(gestures, ino.id);
	if (g)
		rc = to_set & FUSE_SET_ATTR_SIZE ?
			     resize(gestures, g, (uint64_t)attr->st_size, &r->why) : 0;
	if (g && !rc && to_set & FUSE_SET_ATTR_MODE)
		g->mode = attr->st_mode & 0777;
	if (g && !rc)
		entry_of(g, e);
	pthread_mutex_unlock(&gestures->lock);
	return rc;
}

static int gesture_path(struct fly_request *r, struct fly_ino ino, struct fly_buf *b)
{
	struct fly_gestures *gestures = r->fs->gestures;
	struct gesture *g;

	pthread_mutex_lock(&gestures->lock);
	g = *find_locked(gestures, ino.id);
	if (g)
		fly_buf_printf(b, "%s/%s/executions/%s", g->project, g->domain, g->file);
	pthread_mutex_unlock(&gestures->lock);
	return g ? 0 : -ESTALE;
}

static void gesture_counted(struct fly_fs *fs, struct fly_ino ino, int64_t count)
{
	struct fly_gestures *gestures = fs->gestures;
	struct gesture **at;

	pthread_mutex_lock(&gestures->lock);
	at = find_locked(gestures, ino.id);
	if (*at) {
		(*at)->lookups += count;
		if ((*at)->lookups <= 0 && (*at)->state != SUBMITTING)
			drop_locked(gestures, at);
	}
	pthread_mutex_unlock(&gestures->lock);
}

const struct fly_noun fly_gesture_noun = {
	.getattr = gesture_getattr,
	.read = gesture_read,
	.write = gesture_write,
	.setattr = gesture_setattr,
	.path = gesture_path,
	.counted = gesture_counted,
};
