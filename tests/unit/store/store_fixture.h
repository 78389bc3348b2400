/* SPDX-License-Identifier: Apache-2.0 */
/* A store in a private directory, a project with scopes in it, and work by function. */
#ifndef FLYTEFS_TESTS_STORE_FIXTURE_H
#define FLYTEFS_TESTS_STORE_FIXTURE_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "flytefs/store.h"

#include "check.h"

struct fixture {
	char dir[64];
	char path[96];
	struct fly_store *store;
	struct fly_arena arena;
	int64_t project, scope, staging;
};

static inline int fixture_remove(const char *path, const struct stat *st, int type, struct FTW *at)
{
	return remove(path);
}

static inline void fixture_open(struct fixture *f)
{
	struct fly_why why = {0};

	f->store = NULL;
	if (fly_store_open(f->path, NULL, &f->store, &why) < 0) {
		fprintf(stderr, "%s\n", why.text);
		CHECK(!"opens");
		exit(1);
	}
}

/* Work whose apply is a function with an argument. */
struct job {
	struct fly_work work;
	int (*f)(struct fly_db *db, void *arg, struct fly_why *why);
	void *arg;
};

static inline int job_apply(struct fly_db *db, struct fly_work *work, struct fly_why *why)
{
	struct job *job = (struct job *)work;

	return job->f(db, job->arg, why);
}

static inline int fixture_run(struct fixture *f,
			      int (*apply)(struct fly_db *, void *, struct fly_why *), void *arg,
			      char *text)
{
	struct job job = {.work = {.apply = job_apply}, .f = apply, .arg = arg};
	int rc = fly_store_run(f->store, &job.work);

	if (text)
		strcpy(text, job.work.why.text);
	else if (rc < 0)
		fprintf(stderr, "%s\n", job.work.why.text);
	return rc;
}

static inline int fixture_project(struct fly_db *db, void *arg, struct fly_why *why)
{
	static const char *const domains[] = {"development", "staging", "production"};
	struct fixture *f = arg;
	struct fly_project p = {.identifier = "demo", .name = "Demo", .created_ns = 5};

	p.id = f->project = fly_store_new_id(f->store, why);
	return p.id < 0 ? (int)p.id : fly_project_insert(db, &p, domains, 3, why);
}

static inline struct fly_db *fixture_reader(struct fixture *f)
{
	return fly_store_reader(f->store, NULL);
}

/* Directory and path only. */
static inline void fixture_dir(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	snprintf(f->dir, sizeof(f->dir), "/tmp/flytefs-store.XXXXXX");
	if (!mkdtemp(f->dir)) {
		perror(f->dir);
		exit(1);
	}
	snprintf(f->path, sizeof(f->path), "%s/flyte.db", f->dir);
}

static inline void fixture_begin(struct fixture *f)
{
	struct fly_scope scope;

	fixture_dir(f);
	fixture_open(f);
	CHECK_INT(fixture_run(f, fixture_project, f, NULL), 0);
	CHECK_INT(fly_scope_get(fixture_reader(f), "demo", "development", &f->arena, &scope), 0);
	f->scope = scope.id;
	CHECK_INT(fly_scope_get(fixture_reader(f), "demo", "staging", &f->arena, &scope), 0);
	f->staging = scope.id;
}

static inline void fixture_end(struct fixture *f)
{
	fly_store_close(f->store);
	f->store = NULL;
	fly_arena_release(&f->arena);
	nftw(f->dir, fixture_remove, 8, FTW_DEPTH | FTW_PHYS);
}

static inline struct fly_bytes bytes_of(const char *text)
{
	return (struct fly_bytes){.data = (const uint8_t *)text, .len = strlen(text)};
}

static inline bool bytes_are(struct fly_bytes b, const char *text)
{
	return b.len == strlen(text) && (b.len == 0 || memcmp(b.data, text, b.len) == 0);
}

/* An execution with sensible columns; the caller gives it more. */
static inline struct fly_execution an_execution(int64_t id, int64_t scope, const char *name)
{
	struct fly_execution e = {
		.id = id,
		.scope = scope,
		.name = name,
		.phase = 1,
		.mode = 0755,
		.created_ns = 1000,
		.updated_ns = 1000,
		.started_ns = INT64_MIN,
		.duration_ns = INT64_MIN,
		.error_kind = -1,
		.launch_entity = "launch_plan",
	};

	memset(e.sizes, 0xff, sizeof(e.sizes));
	return e;
}

#endif
