/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flytectl's exec files through the whole way, from the text to the stored run, against what
 * flytectl v1.16.8 and Flyte Admin made of them (tests/data/admin/cli): files that were refused are
 * refused here, others give the same inputs and the same spec.
 */
#include "check.h"
#include "driver.h"
#include "verdicts.h"

static struct driver d;
static struct verdicts verdicts;

static void set_up(json_t *call, void *arg)
{
	auto_answer answer = {0};

	driver_call(&d, call, &answer);
	CHECK_INT(answer.status, FLY_OK);
}

/* From the document to the stored run; false with the sentence when it is refused on the way. */
static bool launch(const char *name, const char *file, struct fly_why *why)
{
	Flyteidl__Admin__ExecutionCreateRequest *req;
	struct fly_call call = {.caller = d.caller};
	struct fly_db *db = fly_store_reader(d.store, why);
	int rc = fly_admin_read_execution(d.admin, db, FLY_DOCUMENT_YAML, "f.yaml", "vcli",
					  "development", name, file, strlen(file), NULL, 0,
					  &call.arena, &req, why);

	if (rc >= 0) {
		fly_admin_create_execution(d.admin, &call, req);
		rc = call.rc;
		if (rc < 0)
			*why = call.why;
	}
	fly_arena_release(&call.arena);
	return rc >= 0;
}

static void compare(json_t *line, const char *rpc, const char *member, struct fly_buf *where)
{
	const char *key = strcmp(member, "full_inputs") ? "spec" : "inputs";
	auto_answer answer = {0};
	char request[256];
	json_t *got;

	if (!json_object_get(line, key))
		return;
	snprintf(request, sizeof(request),
		 "{\"id\":{\"project\":\"vcli\",\"domain\":\"development\",\"name\":\"%s\"}}",
		 json_string_value(json_object_get(line, "name")));
	driver_ask(&d, rpc, request, &answer);
	got = json_object_get(answer.response, member);
	if (!strcmp(member, "spec"))	/* the recording leaves inputs out */
		json_object_del(got, "inputs");
	driver_matches(&d, json_object_get(line, key), got, member, where);
}

static void try_file(json_t *line, void *arg)
{
	const char *id = json_string_value(json_object_get(line, "id"));
	bool refused = json_is_true(json_object_get(line, "refused"));
	struct fly_why why = {0};
	auto_buf where = {0};

	if (launch(json_string_value(json_object_get(line, "name")),
		   json_string_value(json_object_get(line, "file")), &why) == refused) {
		fly_buf_printf(&where, "%s (%s)", refused ? "it is taken" : "it is refused",
			       why.text);
	} else if (!refused) {
		compare(line, "GetExecutionData", "full_inputs", &where);
		compare(line, "GetExecution", "spec", &where);
	}
	if (refused && !where.len)
		CHECK(strlen(why.text) > 10);
	CHECK(verdicts_judge(&verdicts, id, &where));
}

int main(int argc, char **argv)
{
	char dir[4096];

	snprintf(dir, sizeof(dir), "%s/cli", argc > 1 ? argv[1] : ".");
	verdicts_read(&verdicts, dir);
	driver_open(&d, true);
	driver_lines(dir, "setup.jsonl", set_up, NULL);
	driver_lines(dir, "exec_files.jsonl", try_file, NULL);
	driver_close(&d);
	CHECK(verdicts_end(&verdicts));
	return check_done();
}
