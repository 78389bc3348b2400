/* SPDX-License-Identifier: Apache-2.0 */
/* job: the written form of struct fly_job. See job.h. */
#include "job.h"

#include "parcel.h"

static const char *const step_names[FLY_N_STEPS] = {
	[FLY_STEP_FRESH] = "step-fresh", [FLY_STEP_DIR] = "step-dir",
	[FLY_STEP_FILE] = "step-file",	 [FLY_STEP_LINK] = "step-link",
	[FLY_STEP_COPY] = "step-copy",
};

static const char *const want_names[FLY_N_WANTS] = {
	[FLY_WANT_FILE] = "want-file",
	[FLY_WANT_ANY] = "want-any",
	[FLY_WANT_BLOB] = "want-blob",
	[FLY_WANT_DIR] = "want-dir",
};

void fly_job_print(const struct fly_job *job, struct fly_buf *b)
{
	size_t start = b->len;

	fly_parcel_number(b, "n-groups", (int64_t)job->n_groups);
	fly_parcel_number(b, "n-argv", (int64_t)job->n_argv);
	fly_parcel_number(b, "n-env", (int64_t)job->n_env);
	fly_parcel_number(b, "n-steps", (int64_t)job->n_steps);
	fly_parcel_number(b, "n-wants", (int64_t)job->n_wants);
	fly_parcel_number(b, "n-binds", (int64_t)job->n_binds);
	fly_parcel_number(b, "switch-user", job->switch_user);
	fly_parcel_number(b, "uid", job->uid);
	fly_parcel_number(b, "gid", job->gid);
	for (size_t i = 0; i < job->n_groups; i++)
		fly_parcel_number(b, "group", job->groups[i]);
	fly_parcel_text(b, "prefix", job->prefix);
	fly_parcel_text(b, "workdir", job->workdir);
	fly_parcel_text(b, "home", job->home);
	fly_parcel_number(b, "timeout-ns", job->timeout_ns);
	fly_parcel_number(b, "grace-ns", job->grace_ns);
	for (size_t i = 0; i < job->n_argv; i++)
		fly_parcel_text(b, "arg", job->argv[i]);
	for (size_t i = 0; i < job->n_env; i++)
		fly_parcel_text(b, "env", job->env[i]);
	for (size_t i = 0; i < job->n_steps; i++) {
		const struct fly_step *s = &job->steps[i];

		fly_parcel_text(b, step_names[s->kind], s->path);
		fly_parcel_add(b, "data", s->data.data, s->data.len);
	}
	for (size_t i = 0; i < job->n_wants; i++) {
		const struct fly_want *w = &job->wants[i];

		fly_parcel_text(b, want_names[w->kind], w->path);
		fly_parcel_text(b, "to", w->to);
		fly_parcel_number(b, "max-bytes", (int64_t)w->max_bytes);
	}
	for (size_t i = 0; i < job->n_binds; i++) {
		fly_parcel_text(b, "bind", job->binds[i].source);
		fly_parcel_text(b, "target", job->binds[i].target);
	}
	fly_parcel_end(b, start);
}

/* How many of each list were announced, and how many came so far. */
struct counts {
	size_t groups, argv, env, steps, wants, binds;
};

static int find_name(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(names[i], name))
			return (int)i;
	return -1;
}

/* The lists' lengths come first: true when the field was one of them. */
static bool read_length(struct fly_job *job, const char *name, int64_t n, struct fly_arena *arena,
			struct counts *max)
{
	if (n < 0 || n > 1 << 24)
		n = 0;
	if (!strcmp(name, "n-groups")) {
		max->groups = (size_t)n;
		job->groups = fly_arena_zalloc(arena, max->groups, sizeof(*job->groups));
	} else if (!strcmp(name, "n-argv")) {
		max->argv = (size_t)n;
		job->argv = fly_arena_zalloc(arena, max->argv + 1, sizeof(*job->argv));
	} else if (!strcmp(name, "n-env")) {
		max->env = (size_t)n;
		job->env = fly_arena_zalloc(arena, max->env + 1, sizeof(*job->env));
	} else if (!strcmp(name, "n-steps")) {
		max->steps = (size_t)n;
		job->steps = fly_arena_zalloc(arena, max->steps, sizeof(*job->steps));
	} else if (!strcmp(name, "n-wants")) {
		max->wants = (size_t)n;
		job->wants = fly_arena_zalloc(arena, max->wants, sizeof(*job->wants));
	} else if (!strcmp(name, "n-binds")) {
		max->binds = (size_t)n;
		job->binds = fly_arena_zalloc(arena, max->binds, sizeof(*job->binds));
	} else {
		return false;
	}
	return true;
}

/* A single value: true when the field was one of them. */
static bool read_value(struct fly_job *job, const char *name, struct fly_bytes v)
{
	if (!strcmp(name, "switch-user"))
		job->switch_user = fly_parcel_int(v) != 0;
	else if (!strcmp(name, "uid"))
		job->uid = (uid_t)fly_parcel_int(v);
	else if (!strcmp(name, "gid"))
		job->gid = (gid_t)fly_parcel_int(v);
	else if (!strcmp(name, "prefix"))
		job->prefix = (const char *)v.data;
	else if (!strcmp(name, "workdir"))
		job->workdir = (const char *)v.data;
	else if (!strcmp(name, "home"))
		job->home = (const char *)v.data;
	else if (!strcmp(name, "timeout-ns"))
		job->timeout_ns = fly_parcel_int(v);
	else if (!strcmp(name, "grace-ns"))
		job->grace_ns = fly_parcel_int(v);
	else
		return false;
	return true;
}

/* An element of a list; details ("data", "to", …) belong to the newest element. */
static bool read_element(struct fly_job *job, const char *name, struct fly_bytes v,
			 const struct counts *max)
{
	const char *text = (const char *)v.data;
	int kind;

	if (!strcmp(name, "group") && job->n_groups < max->groups) {
		job->groups[job->n_groups++] = (gid_t)fly_parcel_int(v);
	} else if (!strcmp(name, "arg") && job->n_argv < max->argv) {
		job->argv[job->n_argv++] = text;
	} else if (!strcmp(name, "env") && job->n_env < max->env) {
		job->env[job->n_env++] = text;
	} else if (!strcmp(name, "bind") && job->n_binds < max->binds) {
		job->binds[job->n_binds++].source = text;
	} else if (!strcmp(name, "target") && job->n_binds) {
		job->binds[job->n_binds - 1].target = text;
	} else if (!strcmp(name, "data") && job->n_steps) {
		job->steps[job->n_steps - 1].data = v;
	} else if (!strcmp(name, "to") && job->n_wants) {
		job->wants[job->n_wants - 1].to = text;
	} else if (!strcmp(name, "max-bytes") && job->n_wants) {
		job->wants[job->n_wants - 1].max_bytes = (uint64_t)fly_parcel_int(v);
	} else if ((kind = find_name(step_names, FLY_N_STEPS, name)) >= 0 &&
		   job->n_steps < max->steps) {
		job->steps[job->n_steps++] = (struct fly_step){.kind = kind, .path = text};
	} else if ((kind = find_name(want_names, FLY_N_WANTS, name)) >= 0 &&
		   job->n_wants < max->wants) {
		job->wants[job->n_wants++] =
			(struct fly_want){.kind = kind, .path = text, .to = ""};
	} else {
		return false;
	}
	return true;
}

int fly_job_parse(char *data, size_t len, struct fly_arena *arena, struct fly_job *out)
{
	struct fly_job job = {.prefix = "", .workdir = "/", .home = ""};
	struct counts max = {0};
	struct fly_parcel p;
	struct fly_bytes v;
	const char *name;

	if (fly_parcel_open(&p, data, len) < 0)
		return -EBADMSG;
	while (fly_parcel_next(&p, &name, &v))
		if (!read_length(&job, name, fly_parcel_int(v), arena, &max) &&
		    !read_value(&job, name, v) && !read_element(&job, name, v, &max))
			return -EBADMSG;
	if (p.failed || !job.argv || !job.env || !job.n_argv)
		return -EBADMSG;
	*out = job;
	return 0;
}
