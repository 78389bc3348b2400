/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The service as a thing: what it stands on, who carries executions out, and the first project of a
 * new store. It knows no RPC.
 */
#include "admin_private.h"

static const char *const domains[] = {"development", "staging", "production", NULL};

const char *const *fly_admin_domains(void)
{
	return domains;
}

/* A store without any project has just been made. Returns 1 when it is so. */
static int store_is_new(struct fly_admin *a, struct fly_why *why)
{
	struct fly_db *db = fly_store_reader(a->store, why);
	struct fly_project *found;
	auto_arena arena = {0};
	int rc;

	if (!db)
		return why && why->error ? -why->error : -EIO;
	rc = fly_project_list(db, NULL, 1, &arena, &found);
	if (rc < 0)
		return fly_fail(why, -rc, "cannot list the projects of %s",
				fly_store_path(a->store));
	return rc == 0;
}

static int register_first_project(struct fly_admin *a, const char *identifier, struct fly_why *why)
{
	Flyteidl__Admin__Project project = FLYTEIDL__ADMIN__PROJECT__INIT;
	Flyteidl__Admin__ProjectRegisterRequest req =
		FLYTEIDL__ADMIN__PROJECT_REGISTER_REQUEST__INIT;
	struct fly_call call = {.caller = {.uid = getuid(), .gid = getgid(), .pid = getpid()}};
	int rc;

	project.id = project.name = (char *)identifier;
	req.project = &project;
	fly_admin_register_project(a, &call, &req);
	rc = call.rc;
	if (rc < 0)
		fly_refuse(why, call.why.status, "%s", call.why.text);
	fly_arena_release(&call.arena);
	return rc;
}

int fly_admin_create(const struct fly_admin_options *options, struct fly_admin **out,
		     struct fly_why *why)
{
	struct fly_admin *a = calloc(1, sizeof(*a));
	const char *first = options->default_project;
	int rc = 0;

	if (!a)
		return fly_no_memory(why);
	a->store = options->store;
	a->read_only = options->read_only;
	a->clock_ns = options->clock_ns;
	if (!a->read_only)
		rc = store_is_new(a, why);
	if (rc > 0)
		rc = register_first_project(a, first ? first : "flytesnacks", why);
	if (rc < 0) {
		free(a);
		return rc;
	}
	*out = a;
	return 0;
}

void fly_admin_destroy(struct fly_admin *admin)
{
	free(admin);
}

void fly_admin_set_backend(struct fly_admin *admin, struct fly_backend *backend)
{
	admin->backend = backend;
}

struct fly_store *fly_admin_store(struct fly_admin *admin)
{
	return admin->store;
}
