/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gestures in a mount, with each allocation, I/O of the store and system call failing once: every
 * request is answered once, with an errno that says so or as if nothing had been; nothing is half
 * done; and, with "-again", the same request in the same mount then works.
 */
#include "sweep.h"

#include <stdio.h>

#include "kernel.h"

#define DOCUMENT "{\"launch_plan\": \"twice\", \"inputs\": {\"x\": 5}}"

/* A mount on the sweep's store, and places in it. */
struct mount {
	struct kernel kernel;
	struct fly_fs *fs;
	uint64_t executions, archived, tasks, workflows, query;
	uint64_t node;		/* what the gesture is about */
};

static struct mount m;
static bool insists;

static void die(const char *what, int rc)
{
	fprintf(stderr, "getting ready: %s: %s\n", what, strerror(-rc));
	exit(2);
}

static uint64_t find(uint64_t dir, const char *name)
{
	struct fuse_entry_out e;
	int rc = kernel_lookup(&m.kernel, dir, name, &e);

	if (rc < 0)
		die(name, rc);
	return e.nodeid;
}

static void begin(struct sweep *s)
{
	struct fly_fs_options options = {.admin = s->place.admin, .source = "flyte.db",
					 .mountpoint = "/mnt"};
	struct fly_why why = {0};
	uint64_t domain;

	if (fly_fs_create(&options, &m.fs, &why) < 0)
		die("fs", -why.error);
	if (kernel_begin(&m.kernel, m.fs) < 0)
		die("session", -EIO);
	domain = find(find(FUSE_ROOT_ID, PLACE_PROJECT), PLACE_DOMAIN);
	m.executions = find(domain, "executions");
	m.archived = find(domain, "archived");
	m.tasks = find(domain, "tasks");
	m.workflows = find(domain, "workflows");
	m.query = find(domain, "query");
}

static void end(void)
{
	kernel_end(&m.kernel);
	fly_fs_destroy(m.fs);
}

/* Get ready, ask, and perhaps ask again. */
static int attempt(struct sweep *s, struct fly_why *why, void (*prepare)(void), int (*ask)(void))
{
	int rc;

	begin(s);
	if (prepare)
		prepare();
	sweep_begin(s);
	rc = ask();
	sweep_end(s);
	if (rc < 0 && insists && s->struck)
		rc = ask();
	end();
	/* Requests have an errno; the sentence is in .flytefs/errors where there was memory for it. */
	return rc < 0 ? fly_fail(why, -rc, "%s", strerror(-rc)) : 0;
}

/* --- launching ------------------------------------------------------------------ */

static uint64_t make(uint64_t dir, const char *name)
{
	struct fuse_entry_out e;
	int rc = kernel_mkdir(&m.kernel, dir, name, 0755, &e);

	if (rc < 0)
		die(name, rc);
	return e.nodeid;
}

static uint64_t make_file(uint64_t dir, const char *name)
{
	struct fuse_entry_out e;
	int rc = kernel_create(&m.kernel, dir, name, 0644, &e);

	if (rc < 0)
		die(name, rc);
	return e.nodeid;
}

static int write_text(uint64_t node, const char *text)
{
	int rc = kernel_write(&m.kernel, node, 0, text, strlen(text));

	return rc < 0 ? rc : 0;
}

static void draft_with_inputs(void)
{
	uint64_t draft = make(m.executions, "n1"), inputs = find(draft, "inputs");
	int rc = write_text(make_file(inputs, "x"), "7\n");

	if (rc < 0)
		die("x", rc);
	m.node = make_file(draft, "spec.json");
}

static int write_document(void)
{
	return write_text(m.node, DOCUMENT);
}

static void draft_to_rename(void)
{
	int rc;

	m.node = make(m.executions, "n1");
	rc = write_text(make_file(m.node, "new"), DOCUMENT);
	if (rc < 0)
		die("new", rc);
}

static int rename_document(void)
{
	return kernel_rename(&m.kernel, m.node, "new", m.node, "spec.json", 0);
}

static void open_gesture(void)
{
	m.node = make_file(m.executions, "n1.json");
}

static void draft_of_task(void)
{
	m.node = make_file(make(make(m.tasks, "new"), "v1"), "spec.json");
}

static int write_task(void)
{
	return write_text(m.node, "{\"inputs\": {\"x\": \"integer\"}, \"command\": \"true\"}");
}

static void draft_of_workflow(void)
{
	m.node = make_file(make(make(m.workflows, "new"), "v1"), "spec.json");
}

static int write_workflow(void)
{
	return write_text(m.node, "{\"steps\": [{\"task\": \"double\", \"inputs\": {\"x\": 1}}]}");
}

/* --- control files and moves ------------------------------------------------------ */

static void find_terminate(void)
{
	m.node = find(find(m.executions, "running"), "terminate");
}

static int terminate(void)
{
	return write_text(m.node, "enough\n");
}

static void find_relaunch(void)
{
	m.node = find(find(m.executions, "good"), "relaunch");
}

static int relaunch(void)
{
	return write_text(m.node, "n1\n");
}

static void find_delete(void)
{
	m.node = find(find(m.archived, "away"), "delete");
}

static int delete(void)
{
	return write_text(m.node, "away\n");
}

static int archive(void)
{
	return kernel_rename(&m.kernel, m.executions, "good", m.archived, "good", 0);
}

static int make_project(void)
{
	struct fuse_entry_out e;

	return kernel_mkdir(&m.kernel, FUSE_ROOT_ID, "new", 0755, &e);
}

/* Somebody waits, and is told when it is over. */
static void wait_for_running(void)
{
	kernel_send(&m.kernel, FUSE_READLINK, find(find(m.executions, "running"), ".wait"), NULL,
		    0);
	find_terminate();
}

/* --- reading ------------------------------------------------------------------------ */

static int crawl(uint64_t dir, int depth);

static int visit(const struct fuse_direntplus *d, int depth)
{
	struct fly_bytes b;

	switch (d->dirent.type << 12) {
	case S_IFDIR:
		return d->entry_out.nodeid && depth ? crawl(d->entry_out.nodeid, depth - 1) : 0;
	case S_IFLNK:
		return kernel_readlink(&m.kernel, d->dirent.ino, &b);
	default:
		return kernel_read(&m.kernel, d->dirent.ino, 0, 1 << 17, &b);
	}
}

static int crawl(uint64_t dir, int depth)
{
	uint64_t off = 0;
	struct fly_bytes b;
	int rc;

	do {
		rc = kernel_readdir(&m.kernel, dir, off, 4096, &b);
		for (size_t at = 0; rc == 0 && at < b.len;) {
			const struct fuse_direntplus *d = (const void *)(b.data + at);

			if (d->dirent.name[0] != '.')
				rc = visit(d, depth);
			off = d->dirent.off;
			at += FUSE_DIRENTPLUS_SIZE(d);
		}
	} while (rc == 0 && b.len);
	return rc;
}

static void find_bad(void)
{
	m.node = find(m.executions, "bad");
}

static void find_plan(void)
{
	m.node = find(find(find(find(find(FUSE_ROOT_ID, PLACE_PROJECT), PLACE_DOMAIN),
				"launch_plans"), "all"), "v1");
}

static void find_executions(void)
{
	m.node = m.executions;
}

static int crawl_node(void)
{
	return crawl(m.node, 3);
}

static int list_node(void)
{
	return crawl(m.node, 0);
}

static int ask_query(void)
{
	struct fuse_entry_out e;
	struct fly_bytes b;
	int rc = kernel_lookup(&m.kernel, m.query, "phase=FAILED;SUCCEEDED,limit=1", &e);

	if (rc == 0)
		rc = crawl(e.nodeid, 0);
	if (rc == 0)
		rc = kernel_lookup(&m.kernel, e.nodeid, "next", &e);
	return rc ? rc : kernel_readlink(&m.kernel, e.nodeid, &b);
}

/* What is there is found, whatever fails. */
static int look_up_all(void)
{
	static const char *const way[] = {PLACE_PROJECT, PLACE_DOMAIN, "executions", "bad"};
	static const char *const names[] = {"phase", "status", "error", "closure.json", "nodes",
					    "inputs"};
	uint64_t node = FUSE_ROOT_ID;
	struct fuse_entry_out e;
	struct fuse_attr a;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < FLY_ARRAY_LEN(way); i++) {
		rc = kernel_lookup(&m.kernel, node, way[i], &e);
		node = e.nodeid;
	}
	for (size_t i = 0; rc == 0 && i < FLY_ARRAY_LEN(names); i++) {
		rc = kernel_lookup(&m.kernel, node, names[i], &e);
		if (rc == 0)
			rc = kernel_getattr(&m.kernel, e.nodeid, &a);
	}
	return rc;
}

/* --- the table ------------------------------------------------------------------------- */

#define GESTURE(name, prepare, ask)                                                                \
	static int name(struct sweep *s, struct fly_why *why)                                      \
	{                                                                                          \
		insists = false;                                                                   \
		return attempt(s, why, prepare, ask);                                              \
	}                                                                                          \
	static int name##_again(struct sweep *s, struct fly_why *why)                              \
	{                                                                                          \
		insists = true;                                                                    \
		return attempt(s, why, prepare, ask);                                              \
	}

GESTURE(do_launch, draft_with_inputs, write_document)
GESTURE(do_rename, draft_to_rename, rename_document)
GESTURE(do_gesture, open_gesture, write_document)
GESTURE(do_task, draft_of_task, write_task)
GESTURE(do_workflow, draft_of_workflow, write_workflow)
GESTURE(do_terminate, wait_for_running, terminate)
GESTURE(do_relaunch, find_relaunch, relaunch)
GESTURE(do_delete, find_delete, delete)
GESTURE(do_archive, NULL, archive)
GESTURE(do_project, NULL, make_project)
GESTURE(do_crawl, find_bad, crawl_node)
GESTURE(do_plan, find_plan, crawl_node)
GESTURE(do_list, find_executions, list_node)
GESTURE(do_query, NULL, ask_query)
GESTURE(do_lookups, NULL, look_up_all)

#define BOTH(words, name, reads) {words, name, reads}, {words "-again", name##_again, reads}

int main(void)
{
	static const struct gesture gestures[] = {
		BOTH("launch", do_launch, false),
		BOTH("rename", do_rename, false),
		BOTH("gesture", do_gesture, false),
		BOTH("task", do_task, false),
		BOTH("workflow", do_workflow, false),
		BOTH("terminate", do_terminate, false),
		BOTH("relaunch", do_relaunch, false),
		BOTH("delete", do_delete, false),
		BOTH("archive", do_archive, false),
		BOTH("project", do_project, false),
		BOTH("crawl", do_crawl, true),
		BOTH("plan", do_plan, true),
		BOTH("list", do_list, true),
		BOTH("query", do_query, true),
		BOTH("lookups", do_lookups, true),
	};

	return sweep_run(gestures, FLY_ARRAY_LEN(gestures));
}
