/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A mount in use, without a kernel: an input is a sequence of what processes do, each a byte that
 * says what, bytes that say where, and what is written. The kernel's part is kept to: it looks
 * names up first, minds types and permissions, and forgets what it was given. Every request is
 * answered once, listings and files are what their attributes say, what is over never changes.
 */
#include "fuzz_types.h"
#include "kernel.h"
#include "notify.h"
#include "place.h"
#include "rows.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>

#define NODES_MAX 384
#define PARKED_MAX 16
#define RUNS_MAX 64
#define STEPS_MAX 100
#define COOKIES_MAX 100
#define OTHER_UID 12345

/* --- a mount ----------------------------------------------------------------- */

struct node {
	uint64_t number;	/* 0: forgotten */
	uint64_t lookups;
	int parent;
	uint64_t written;	/* where who writes it stands */
	struct fuse_attr attr;	/* as last told */
};

struct mount {
	struct place *place;
	struct fly_fs *fs;
	struct kernel kernel;
	struct node nodes[NODES_MAX];
	int n_nodes;
	uint64_t parked[PARKED_MAX];
	size_t n_parked;
	struct rows_changed changed;
	const uint8_t *at, *end;	/* the input */
};

static struct place place;
static struct mount *m;

static uint8_t next(void)
{
	return m->at < m->end ? *m->at++ : 0;
}

/* Known from then on; the same node again has one more reference. */
static int know(const struct fuse_entry_out *e, int parent)
{
	int i;

	for (i = 0; i < m->n_nodes && m->nodes[i].number != e->nodeid; i++)
		;
	if (i == NODES_MAX) {
		kernel_forget(&m->kernel, e->nodeid, 1);
		return -1;
	}
	if (i == m->n_nodes)
		m->nodes[m->n_nodes++] = (struct node){.number = e->nodeid, .parent = parent};
	m->nodes[i].lookups++;
	m->nodes[i].attr = e->attr;
	return i;
}

static int look(int dir, const char *name)
{
	struct fuse_entry_out e;
	int rc = kernel_lookup(&m->kernel, m->nodes[dir].number, name, &e);

	must(rc != -EIO && rc != -ENOMEM);
	return rc < 0 ? rc : know(&e, dir);
}

/* --- what there is to name and to write -------------------------------------------- */

static const char *const names[] = {
	"r1", "r2", "r3", "spec.json", "spec.pb", "inputs", "outputs", "x", "y", "error",
	"terminate", "relaunch", "recover", "delete", ".wait", "phase", "status", "r1.json",
	"r4.json", "new", "queued", "running", "good", "bad", "stopped", "away", "relaunched",
	"inputs.json", "outputs.json", "closure.json", "execution.json", "data.json", "id.json",
	"abort_metadata.json", "graph.dot", "log", "nodes", "a", "attempts", "0", "stdout",
	"twice", "double", "all", "seven", "take", "v1", "v2", "state", "template.json",
	"project.json", "p2", "flytesnacks", "development", "executions", "archived",
	"launch_plans", "workflows", "tasks", "register", "by-phase", "by-launch-plan", "query",
	"QUEUED", "RUNNING", "SUCCEEDED", "ABORTED", "phase=FAILED", "phase=QUEUED,limit=1",
	"limit=2,token=2", "workflows", "name~r", "eq(phase,FAILED)", "list.json", "list.pb",
	"next", ".flytefs", "errors", "events", "stats", "version", "README", "12345", "tmp~",
	".swp", "%2e", "%zz", "a%2Fb", "package.tgz", "l", "p", "j", "r4",
};

static const char *const documents[] = {
	"{\"launch_plan\": \"twice\", \"inputs\": {\"x\": 5}}", "{\"launch_plan\": \"twice\",",
	" \"inputs\": {\"x\": 5}}", "{\"launch_plan\": \"all\"}", "{\"launch_plan\": \"nope\"}",
	"{\"launch_plan\": \"twice\"}", "{bad", "r3\n", "\n", "good\n", "away\n", "why\n",
	"ACTIVE\n", "INACTIVE\n", "5\n", "/etc/hosts", " \n", "[1, 2]", "{}",
	"{\"command\": \"true\", \"inputs\": {\"x\": \"integer\"}}",
	"{\"steps\": [{\"task\": \"double\", \"inputs\": {\"x\": 1}}]}",
	"{\"workflow\": \"twice\", \"fixed\": {\"x\": 1}}",
	"{\"name\": \"Snacks\", \"description\": \"many\"}",
	"{\"task\": \"double\", \"inputs\": {\"x\": 3}}",
};

/* A name of the table, or, with 255, one of the input. false: no name. */
static bool next_name(char out[KERNEL_NAME_MAX + 1])
{
	uint8_t which = next();
	size_t len = 0;

	if (which != 255) {
		strcpy(out, names[which % FLY_ARRAY_LEN(names)]);
		return true;
	}
	for (size_t want = next(); len < want && m->at < m->end && *m->at && *m->at != '/'; len++)
		out[len] = (char)*m->at++;
	out[len] = '\0';
	return *out && strcmp(out, ".") && strcmp(out, "..");
}

static struct fly_bytes next_data(void)
{
	uint8_t which = next();
	struct fly_bytes b;
	size_t len;

	if (which != 255) {
		const char *text = documents[which % FLY_ARRAY_LEN(documents)];

		return (struct fly_bytes){(const uint8_t *)text, strlen(text)};
	}
	len = next();
	if (len > (size_t)(m->end - m->at))
		len = (size_t)(m->end - m->at);
	b = (struct fly_bytes){m->at, len};
	m->at += len;
	return b;
}

static int next_node(void)
{
	int i = next() | next() << 8;

	i %= m->n_nodes;
	return m->nodes[i].number ? i : 0;
}

static bool is_dir(int i)
{
	return S_ISDIR(m->nodes[i].attr.mode);
}

static enum fly_ino_kind kind_of(int i)
{
	return fly_ino_unpack(m->nodes[i].number).kind;
}

/* --- the kernel's own checks ------------------------------------------------------------ */

/* Attributes anew; false: it is gone. */
static bool refresh(int i)
{
	int rc = kernel_getattr(&m->kernel, m->nodes[i].number, &m->nodes[i].attr);

	must(rc != -EIO && rc != -ENOMEM);
	return rc == 0;
}

static bool may(int i, unsigned bits)
{
	const struct fuse_attr *a = &m->nodes[i].attr;
	unsigned shift = a->uid == m->kernel.uid ? 6 : a->gid == m->kernel.gid ? 3 : 0;

	return m->kernel.uid == 0 || (a->mode >> shift & bits) == bits;
}

static bool is_owner(int i)
{
	return m->kernel.uid == 0 || m->nodes[i].attr.uid == m->kernel.uid;
}

/* May a name in dir go that now stands for node? */
static bool may_remove(int dir, int node)
{
	return may(dir, 3) && (!(m->nodes[dir].attr.mode & S_ISVTX) || is_owner(dir) ||
			       is_owner(node));
}

/* --- what is over stays as it is ------------------------------------------------------------ */

struct run {
	int64_t id;
	uint64_t hash;
};

static struct run over[RUNS_MAX];
static size_t n_over;

static uint64_t mix(uint64_t hash, struct fly_bytes b)
{
	return hash * 31 ^ (b.len ? fly_fnv1a64(b.data, b.len) : 1);
}

static uint64_t hash_of(const struct fly_execution *e)
{
	uint64_t hash = (uint64_t)e->phase << 8 | e->result;

	hash = mix(mix(mix(hash, e->spec), e->inputs), e->outputs);
	return hash ^ (uint64_t)e->duration_ns ^ (uint64_t)e->created_ns;
}

static void note_over(void)
{
	struct fly_list l = {.what = FLY_LIST_EXECUTION, .call = "", .limit = RUNS_MAX,
			     .filters = "value_in(state,0;1)+value_in(phase,SUCCEEDED;FAILED;"
					"ABORTED;TIMED_OUT)"};
	struct fly_db *db = place_reader(&place);
	auto_arena arena = {0};
	struct fly_execution e;
	const char *token;
	int64_t *ids;
	int n = fly_list_ids(db, &l, &arena, &ids, &token, NULL);

	must(n >= 0);
	n_over = 0;
	for (int i = 0; i < n; i++) {
		must(fly_execution_get_id(db, ids[i], FLY_EXECUTION_ALL, &arena, &e) == 0);
		over[n_over++] = (struct run){ids[i], hash_of(&e)};
	}
}

/* Deleted for good it may be, by the one gesture that does. */
static void check_over(void)
{
	struct fly_db *db = place_reader(&place);
	auto_arena arena = {0};
	struct fly_execution e;

	for (size_t i = 0; i < n_over; i++) {
		int rc = fly_execution_get_id(db, over[i].id, FLY_EXECUTION_ALL, &arena, &e);

		must(rc == -ENOENT || (rc == 0 && hash_of(&e) == over[i].hash));
	}
}

/* --- reading ----------------------------------------------------------------------------------- */

/* Texts that grow while they are asked about. */
static bool is_restless(int i)
{
	struct fly_ino ino = fly_ino_unpack(m->nodes[i].number);

	return ino.kind == FLY_INO_GESTURE || ino.kind == FLY_INO_ERRORS ||
	       (ino.kind == FLY_INO_STATIC &&
		(ino.index == FLY_HIDDEN_STATS || ino.index == FLY_HIDDEN_EVENTS));
}

static void read_file(int i, size_t piece)
{
	/* The response to a gesture is read on behind the document. */
	uint64_t start = kind_of(i) == FLY_INO_GESTURE ? m->nodes[i].written : 0;
	struct fly_bytes b;
	size_t total = 0;
	int rc;

	if (!refresh(i) || !may(i, 4))
		return;
	do {
		rc = kernel_read(&m->kernel, m->nodes[i].number, start + total, piece, &b);
		must(rc != -EIO && rc != -ENOMEM);
		total += b.len;
	} while (rc == 0 && b.len == piece);
	if (rc == 0 && !is_restless(i) && total != m->nodes[i].attr.size)
		fprintf(stderr, "node %llx: %zu bytes, size %llu\n",
			(unsigned long long)m->nodes[i].number, total,
			(unsigned long long)m->nodes[i].attr.size);
	must(rc || is_restless(i) || total == m->nodes[i].attr.size);
}

static bool is_wait(int i)
{
	struct fly_ino ino = fly_ino_unpack(m->nodes[i].number);

	return ino.kind == FLY_INO_EXECUTION && ino.index == FLY_RUN_WAIT;
}

static void read_link(int i)
{
	struct fly_bytes b;
	int rc;

	if (!refresh(i))
		return;
	if (is_wait(i)) {
		uint64_t number;

		if (m->n_parked == PARKED_MAX)
			return;
		number = kernel_send(&m->kernel, FUSE_READLINK, m->nodes[i].number, NULL, 0);
		if (!kernel_is_answered(&m->kernel, number))
			m->parked[m->n_parked++] = number;
		return;
	}
	rc = kernel_readlink(&m->kernel, m->nodes[i].number, &b);
	must(rc != -EIO && rc != -ENOMEM);
	must(rc || m->nodes[i].attr.size == b.len);
}

/* An entry of READDIRPLUS: its name is found, and is what the entry says. */
static uint64_t check_entry(int dir, const struct fuse_direntplus *d)
{
	char name[KERNEL_NAME_MAX + 1];
	struct fuse_entry_out e;
	int rc;

	must(d->dirent.namelen && d->dirent.namelen <= KERNEL_NAME_MAX);
	memcpy(name, d->dirent.name, d->dirent.namelen);
	name[d->dirent.namelen] = '\0';
	must(!strchr(name, '/') && strlen(name) == d->dirent.namelen);
	if (!strcmp(name, ".") || !strcmp(name, "..")) {
		must(!d->entry_out.nodeid);
		return d->dirent.off;
	}
	if (d->entry_out.nodeid)
		know(&d->entry_out, dir);
	rc = kernel_lookup(&m->kernel, m->nodes[dir].number, name, &e);
	if (rc)
		fprintf(stderr, "%s is listed, but %s\n", name, strerror(-rc));
	must(rc == 0 && e.nodeid == d->dirent.ino);
	must((e.attr.mode & S_IFMT) >> 12 == d->dirent.type);
	if (d->entry_out.nodeid)
		must(e.attr.size == d->entry_out.attr.size ||
		     is_restless(know(&d->entry_out, dir)));
	kernel_forget(&m->kernel, e.nodeid, 1);
	return d->dirent.off;
}

/* Places in a listing are opaque, but never the same twice. */
static void check_cookie(uint64_t *cookies, size_t *n, uint64_t cookie)
{
	must(cookie);
	for (size_t i = 0; i < *n; i++)
		must(cookies[i] != cookie);
	if (*n < COOKIES_MAX)
		cookies[(*n)++] = cookie;
}

static void read_dir(int dir, size_t piece)
{
	uint64_t cookies[COOKIES_MAX], off = 0, before;
	size_t n = 0;

	if (!refresh(dir) || !may(dir, 5))
		return;
	do {
		struct fly_bytes b;
		int rc = kernel_readdir(&m->kernel, m->nodes[dir].number, off, piece, &b);

		must(rc != -EIO && rc != -ENOMEM);
		before = off;
		for (size_t at = 0; rc == 0 && at < b.len;) {
			const struct fuse_direntplus *d = (const void *)(b.data + at);

			off = check_entry(dir, d);
			check_cookie(cookies, &n, off);
			at += FUSE_DIRENTPLUS_SIZE(d);
		}
	} while (off != before && n < COOKIES_MAX);
}

static void read_any(int i, uint8_t how)
{
	static const size_t pieces[] = {4096, 1 << 17, 700, 64};

	if (is_dir(i))
		read_dir(i, pieces[how % 3]);
	else if (S_ISLNK(m->nodes[i].attr.mode))
		read_link(i);
	else
		read_file(i, pieces[how % 4]);
}

/* --- changing ------------------------------------------------------------------------------------ */

static void check_change(int rc)
{
	must(rc != -EIO && rc != -ENOMEM && rc != -ENOSYS);
}

static void write_file(int i, uint8_t how)
{
	struct fuse_setattr_in in = {.valid = FATTR_SIZE};
	struct fly_bytes data = next_data();
	uint64_t off;
	size_t piece = how & 4 ? 3 : data.len;
	int rc;

	if (is_dir(i) || !S_ISREG(m->nodes[i].attr.mode) || !refresh(i) || !may(i, 2))
		return;
	if (how & 1) {
		rc = kernel_setattr(&m->kernel, m->nodes[i].number, &in, &m->nodes[i].attr);
		check_change(rc);
		if (rc < 0)
			return;
	}
	off = how & 2 ? how >> 4 : m->nodes[i].attr.size;
	for (size_t at = 0; at < data.len; at += piece) {
		if (piece > data.len - at)
			piece = data.len - at;
		rc = kernel_write(&m->kernel, m->nodes[i].number, off + at, data.data + at, piece);
		check_change(rc);
		if (rc < 0)
			return;
		m->nodes[i].written = off + at + piece;
	}
}

static void set_attributes(int i, uint8_t how)
{
	struct fuse_setattr_in in = {0};
	int rc;

	if (!refresh(i) || !is_owner(i))
		return;
	switch (how % 5) {
	case 0:
		in.valid = FATTR_MODE;
		in.mode = (m->nodes[i].attr.mode & S_IFMT) | (next() * 3u & 0777);
		break;
	case 1:
		in.valid = FATTR_MTIME | FATTR_ATIME;
		in.mtime = 1000u * next();
		break;
	case 2:
		in.valid = FATTR_UID | FATTR_GID;
		in.uid = m->kernel.uid ? m->kernel.uid : next() & 1 ? OTHER_UID : 0;
		in.gid = m->kernel.gid;
		break;
	case 3:
		in.valid = FATTR_SIZE;
		in.size = next();
		if (!S_ISREG(m->nodes[i].attr.mode) || !may(i, 2))
			return;
		break;
	default:
		in.valid = FATTR_MTIME | FATTR_MTIME_NOW | FATTR_ATIME | FATTR_ATIME_NOW;
		break;
	}
	rc = kernel_setattr(&m->kernel, m->nodes[i].number, &in, &m->nodes[i].attr);
	check_change(rc);
}

/* A new name: the kernel asks first whether it is there. */
static void make(int dir, uint8_t how)
{
	char name[KERNEL_NAME_MAX + 1];
	struct fuse_entry_out e;
	int rc;

	if (!next_name(name) || !is_dir(dir) || !refresh(dir) || !may(dir, 3))
		return;
	rc = look(dir, name);
	if (rc != -ENOENT)
		return;
	if (how % 4 == 0)
		rc = kernel_mkdir(&m->kernel, m->nodes[dir].number, name, 0755, &e);
	else if (how % 4 == 1)
		rc = kernel_create(&m->kernel, m->nodes[dir].number, name, 0644, &e);
	else if (how % 4 == 2)
		rc = kernel_mknod(&m->kernel, m->nodes[dir].number, name,
				  how & 4 ? S_IFIFO : S_IFREG | 0644, &e);
	else
		rc = kernel_symlink(&m->kernel, m->nodes[dir].number, name,
				    documents[how & 4 ? 15 : 14], &e);
	check_change(rc);
	if (rc == 0)
		know(&e, dir);
}

static void remove_name(int dir)
{
	char name[KERNEL_NAME_MAX + 1];
	int node;

	if (!next_name(name) || !is_dir(dir) || !refresh(dir))
		return;
	node = look(dir, name);
	if (node < 0 || !may_remove(dir, node))
		return;
	if (is_dir(node))
		check_change(kernel_rmdir(&m->kernel, m->nodes[dir].number, name));
	else
		check_change(kernel_unlink(&m->kernel, m->nodes[dir].number, name));
}

static void rename_name(int dir, int newdir, uint8_t how)
{
	char name[KERNEL_NAME_MAX + 1], newname[KERNEL_NAME_MAX + 1];
	int node, old;

	if (!next_name(name) || !next_name(newname) || !is_dir(dir) || !is_dir(newdir) ||
	    !refresh(dir) || !refresh(newdir))
		return;
	node = look(dir, name);
	if (node < 0 || !may_remove(dir, node) || !may(newdir, 3))
		return;
	old = look(newdir, newname);
	if (old >= 0 && (how & 1 || is_dir(old) != is_dir(node) || !may_remove(newdir, old)))
		return;
	check_change(kernel_rename(&m->kernel, m->nodes[dir].number, name, m->nodes[newdir].number,
				   newname, how & 1 ? RENAME_NOREPLACE : 0));
}

static bool may_forget(int i)
{
	if (i < 1 || !m->nodes[i].number)
		return false;
	for (int child = 0; child < m->n_nodes; child++)
		if (m->nodes[child].number && m->nodes[child].parent == i && child != i)
			return false;
	return true;
}

static void forget(int i, int other)
{
	const struct node *a = &m->nodes[i], *b = &m->nodes[other];

	if (!may_forget(i))
		return;
	if (other != i && may_forget(other))
		kernel_forget_both(&m->kernel, a->number, a->lookups, b->number, b->lookups);
	else
		kernel_forget(&m->kernel, a->number, a->lookups);
	if (may_forget(other))
		m->nodes[other].number = 0;
	m->nodes[i].number = 0;
}

static void link_name(int i, int dir)
{
	char name[KERNEL_NAME_MAX + 1];
	int rc;

	if (!next_name(name) || is_dir(i) || !is_dir(dir) || !refresh(dir) || !may(dir, 3) ||
	    look(dir, name) != -ENOENT)
		return;
	rc = kernel_link(&m->kernel, m->nodes[i].number, m->nodes[dir].number, name);
	must(rc == -EPERM);
}

static void interrupt(uint8_t which)
{
	uint64_t number;

	if (!m->n_parked)
		return;
	which %= m->n_parked;
	number = m->parked[which];
	m->parked[which] = m->parked[--m->n_parked];
	if (!kernel_is_answered(&m->kernel, number))
		kernel_interrupt(&m->kernel, number);
	kernel_wait(&m->kernel, number);
}

/* --- the engine's part ------------------------------------------------------------------------------ */

#define AT "\"occurred_at\":\"2025-01-01T00:00:01Z\"}}"
#define RUN_BECOMES "{\"event\":{\"execution_id\":"
#define NODE_BECOMES "{\"event\":{\"id\":{\"node_id\":\"a\",\"execution_id\":"

/* Around the name of a run. */
static const struct {
	const char *rpc, *before, *behind;
} events[] = {
	{"CreateWorkflowEvent", RUN_BECOMES, ",\"phase\":\"RUNNING\"," AT},
	{"CreateWorkflowEvent", RUN_BECOMES,
	 ",\"phase\":\"SUCCEEDED\",\"output_data\":{\"literals\":{\"y\":{\"scalar\":{"
	 "\"primitive\":{\"integer\":\"3\"}}}}}," AT},
	{"CreateWorkflowEvent", RUN_BECOMES,
	 ",\"phase\":\"FAILED\",\"error\":{\"message\":\"died\"}," AT},
	{"CreateNodeEvent", NODE_BECOMES, "},\"phase\":\"RUNNING\"," AT},
	{"CreateNodeEvent", NODE_BECOMES, "},\"phase\":\"SUCCEEDED\"," AT},
};

static void engine(int i, uint8_t what)
{
	struct fly_db *db = place_reader(&place);
	struct fly_call call = {0};
	auto_arena arena = {0};
	struct fly_execution e;
	auto_buf text = {0};

	what %= FLY_ARRAY_LEN(events);
	if (kind_of(i) != FLY_INO_EXECUTION ||
	    fly_execution_get_id(db, fly_ino_unpack(m->nodes[i].number).id, FLY_EXECUTION_HEAD,
				 &arena, &e) < 0)
		return;
	fly_buf_printf(&text, "%s{\"project\":\"%s\",\"domain\":\"%s\",\"name\":\"%s\"}%s",
		       events[what].before, e.project, e.domain, e.name, events[what].behind);
	place_call(&place, events[what].rpc, text.data, &call);
	rows_check_refusal(call.rc, &call.why);
	fly_arena_release(&call.arena);
}

/* --- steps ---------------------------------------------------------------------------------------------- */

static void step(void)
{
	uint8_t what = next(), how = what >> 4;
	int i = next_node();
	char name[KERNEL_NAME_MAX + 1];

	switch (what & 15) {
	case 0:
	case 1:
		if (next_name(name) && is_dir(i) && refresh(i) && may(i, 1))
			look(i, name);
		break;
	case 2:
	case 3:
		read_any(i, how);
		break;
	case 4:
	case 5:
		make(i, how);
		break;
	case 6:
	case 7:
		write_file(i, how | (uint8_t)(next() & 0xf0));
		break;
	case 8:
		set_attributes(i, how);
		break;
	case 9:
		remove_name(i);
		break;
	case 10:
		rename_name(i, next_node(), how);
		break;
	case 11:
		forget(i, how & 1 ? next_node() : i);
		break;
	case 12:
		interrupt(how);
		break;
	case 13:
		engine(i, how);
		break;
	case 14:
		m->kernel.uid = how & 1 ? OTHER_UID : getuid();
		m->kernel.gid = how & 1 ? OTHER_UID : getgid();
		break;
	default:
		if (how & 1)
			check_change(kernel_statfs(&m->kernel, m->nodes[i].number));
		else if (how & 4)
			must(kernel_open(&m->kernel, m->nodes[i].number, is_dir(i)) == -ENOSYS);
		else if (how & 8)
			link_name(i, next_node());
		else if (!is_dir(i) && refresh(i) && may(i, 4))
			check_change(kernel_poll(&m->kernel, m->nodes[i].number, how & 2));
	}
}

/* Where most things happen: always the first nodes, in this order. */
static void walk_in(void)
{
	static const struct {
		int dir;
		const char *name;
	} steps[] = {
		{0, PLACE_PROJECT}, {1, PLACE_DOMAIN}, {2, "executions"}, {2, "archived"},
		{2, "launch_plans"}, {2, "workflows"}, {2, "tasks"}, {2, "query"}, {2, "by-phase"},
		{3, "queued"}, {3, "running"}, {3, "good"}, {3, "stopped"}, {4, "away"},
		{10, ".wait"}, {10, "terminate"}, {12, "relaunch"}, {14, "delete"}, {0, ".flytefs"},
	};

	m->nodes[0] = (struct node){.number = FUSE_ROOT_ID, .lookups = 1};
	m->n_nodes = 1;
	must(refresh(0));
	for (size_t i = 0; i < FLY_ARRAY_LEN(steps); i++)
		must(look(steps[i].dir, steps[i].name) == (int)i + 1);
}

/* On the committing thread, which is this one: the writer is idle when a request comes. */
static void note_changes(void *arg, const struct fly_change *changes, size_t n)
{
	rows_note(&m->changed, changes, n);
	fly_notify_changes(arg, changes, n);
}

static void begin(const uint8_t *data, size_t size)
{
	struct fly_fs_options options = {.source = "flyte.db", .mountpoint = "/mnt",
					 .allow_other = true};
	struct fly_why why = {0};

	place_restore(&place);
	must(place_open(&place, &why) == 0);
	options.admin = place.admin;
	m = calloc(1, sizeof(*m));
	must(m);
	m->at = data;
	m->end = data + size;
	must(fly_fs_create(&options, &m->fs, &why) == 0);
	fly_store_listen(place.store, note_changes, m->fs);
	must(kernel_begin(&m->kernel, m->fs) == 0);
}

/* The kernel gives back all it was given; then the mount ends. */
static void end(void)
{
	for (int i = m->n_nodes - 1; i > 0; i--)
		if (m->nodes[i].number)
			kernel_forget(&m->kernel, m->nodes[i].number, m->nodes[i].lookups);
	kernel_end(&m->kernel);
	fly_fs_destroy(m->fs);
	free(m);
	place_shut(&place);
}

static void leave(void)
{
	place_remove(&place);
}

int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	fly_log_open(true, FLY_ERROR);
	place_make(&place);
	atexit(leave);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	begin(data, size);
	walk_in();
	note_over();
	for (int i = 0; i < STEPS_MAX && m->at < m->end; i++) {
		if (m->kernel.n_sent > KERNEL_REQUESTS_MAX / 2 || m->n_nodes > NODES_MAX - 64)
			break;
		step();
		if (!m->changed.n)
			continue;
		check_over();
		note_over();
		rows_check_changed(place_reader(&place), &m->changed);
	}
	end();
	return 0;
}
