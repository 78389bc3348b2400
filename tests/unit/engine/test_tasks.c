/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What tasks are given and what is taken from them: raw containers, Flyte's own files, other users,
 * the cache, recovery, branches, mail, an engine that runs nothing.
 */
#include "bench.h"

#include <fcntl.h>
#include <sys/stat.h>

static struct bench b;

#define INT_IN "{\"type\": {\"simple\": \"INTEGER\"}}"
#define TEXT_IN "{\"type\": {\"simple\": \"STRING\"}}"

static void register_template(const char *name, const char *type, const char *interface,
			      const char *container)
{
	auto_buf text = {0};

	fly_buf_printf(&text,
		       "{\"template\": {\"type\": \"%s\", \"interface\": %s, \"metadata\": "
		       "{\"runtime\": {\"type\": \"OTHER\", \"version\": \"1\"}}, \"container\": "
		       "{\"image\": \"none\", %s}}}",
		       type, interface, container);
	bench_register(&b, FLY_KIND_TASK, name, text.data);
}

/* Inputs and outputs stand where the container's definition says, and nowhere on the machine. */
static void test_raw_container(void)
{
	int64_t id;

	register_template(
		"raw", "raw-container",
		"{\"inputs\": {\"variables\": {\"x\": " INT_IN ", \"l\": {\"type\": "
		"{\"collectionType\": {\"simple\": \"STRING\"}}}}}, \"outputs\": "
		"{\"variables\": {\"y\": " INT_IN ", \"t\": " TEXT_IN "}}}",
		"\"command\": [\"sh\", \"-c\", \"cat /var/flytefs-none/in/l/1 "
		"/var/flytefs-none/in/inputs.json > /var/flytefs-none/out/t; echo "
		"$(( $(cat /var/flytefs-none/in/x) * 2 )) > /var/flytefs-none/out/y.txt\"], "
		"\"dataConfig\": {\"enabled\": true, \"inputPath\": "
		"\"/var/flytefs-none/in\", \"outputPath\": \"/var/flytefs-none/out\"}");
	id = bench_launch(&b, "raw-1",
			  "{\"task\": \"raw\", \"inputs\": {\"x\": 21, \"l\": [\"a\", \"<b>\"]}}");
	CHECK_STR(bench_wait(&b, id), "SUCCEEDED");
	CHECK_STR(bench_outputs(&b, id),
		  "{\"literals\":{\"t\":{\"scalar\":{\"primitive\":{\"string_value\":"
		  "\"<b>{\\\"l\\\":[\\\"a\\\",\\\"\\\\u003cb\\\\u003e\\\"],\\\"x\\\":21}\"}}},"
		  "\"y\":{\"scalar\":{\"primitive\":{\"integer\":\"42\"}}}}}");
	CHECK(access("/var/flytefs-none", F_OK) < 0);
}

/* inputs.pb is there; outputs.pb, error.pb and futures.pb are believed in Flyte's order. */
static void test_flyte_files(void)
{
	static const char wire[] = "\\n\\013\\n\\001y\\022\\006\\n\\004\\n\\002\\b\\007";
	char command[1024];
	int64_t id;

	snprintf(command, sizeof(command),
		 "\"args\": [\"sh\", \"-c\", \"test -e $0 && mkdir -p $1 && printf '%s' > "
		 "$1/outputs.pb\", \"{{.input}}\", \"{{.outputPrefix}}\"]",
		 wire);
	/* {"literals": {"y": integer 7}} as wire bytes, written by printf */
	for (char *p = command; (p = strchr(p, '\\')); p += 2)
		memmove(p + 1, p, strlen(p) + 1);
	register_template("files", "python-task",
			  "{\"outputs\": {\"variables\": {\"y\": " INT_IN "}}}", command);
	id = bench_launch(&b, "files-1", "{\"task\": \"files\"}");
	CHECK_STR(bench_wait(&b, id), "SUCCEEDED");
	CHECK_STR(bench_outputs(&b, id),
		  "{\"literals\":{\"y\":{\"scalar\":{\"primitive\":{\"integer\":\"7\"}}}}}");
	register_template("nothing", "python-task",
			  "{\"outputs\": {\"variables\": {\"y\": " INT_IN "}}}",
			  "\"args\": [\"true\"]");
	id = bench_launch(&b, "nothing-1", "{\"task\": \"nothing\"}");
	CHECK_STR(bench_wait(&b, id), "FAILED");
	CHECK(!strncmp(bench_error(&b, id), "RetriesExhausted|OutputsNotFound|USER|", 38));
	register_template("exits", "python-task", "{}",
			  "\"args\": [\"sh\", \"-c\", \"echo out; exit 4\"]");
	id = bench_launch(&b, "exits-1", "{\"task\": \"exits\"}");
	CHECK_STR(bench_wait(&b, id), "FAILED");
	CHECK_STR(bench_attempts(&b, id, "exits"), "FAILED FAILED FAILED FAILED");
	CHECK(strstr(bench_error(&b, id),
		     "-exits-3] terminated with exit code (4). Reason [Error]. "
		     "Message: \nout\n."));
}

static void test_environment(void)
{
	int64_t id;

	bench_register(&b, FLY_KIND_TASK, "env",
		       "{\"env\": {\"MINE\": \"1\"}, \"command\": \"echo "
		       "$FLYTE_INTERNAL_EXECUTION_ID $FLYTE_INTERNAL_EXECUTION_PROJECT "
		       "$FLYTE_INTERNAL_TASK_NAME $FLYTE_ATTEMPT_NUMBER $MINE $BENCH; pwd\"}");
	id = bench_launch(&b, "env-1", "{\"task\": \"env\"}");
	CHECK_STR(bench_wait(&b, id), "SUCCEEDED");
	CHECK(strstr(bench_log(&b, id), "env: env-1 flytesnacks env 0 1 1\n"));
	CHECK(strstr(bench_log(&b, id), b.dir));
}

/* A task of another user: its ids, a clean environment, its own directory, nothing of the daemon's.
 */
static void test_other_user(void)
{
	struct fly_caller own = b.caller;
	struct stat st;
	char path[160];
	int64_t id;

	if (geteuid() != 0)
		return;
	b.caller = (struct fly_caller){.uid = 65534, .gid = 65534, .pid = getpid()};
	bench_register(
		&b, FLY_KIND_TASK, "other",
		"{\"inputs\": {\"x\": \"string\"}, \"outputs\": {\"who\": \"string\", "
		"\"f\": \"file\", \"secret\": \"string | none\"}, \"command\": "
		"\"id -u > $OUTPUTS/who; echo ${BENCH-unset} $HOME; cp $INPUTS/x $OUTPUTS/f; "
		"ln -s /etc/shadow $OUTPUTS/secret; cat ../../../a/*/job && exit 9; ls /root\"}");
	id = bench_launch(&b, "other-1", "{\"task\": \"other\", \"inputs\": {\"x\": \"hi\"}}");
	CHECK_STR(bench_wait(&b, id), "FAILED");
	CHECK(!strstr(bench_log(&b, id), "BENCH=1"));
	CHECK(strstr(bench_log(&b, id), "other: unset "));
	bench_register(&b, FLY_KIND_TASK, "other2",
		       "{\"outputs\": {\"who\": \"string\", \"f\": \"file\"}, \"command\": "
		       "\"id -u > $OUTPUTS/who; echo hi > $OUTPUTS/f\"}");
	id = bench_launch(&b, "other-2", "{\"task\": \"other2\"}");
	CHECK_STR(bench_wait(&b, id), "SUCCEEDED");
	CHECK(strstr(bench_outputs(&b, id), "\"string_value\":\"65534\""));
	snprintf(path, sizeof(path), "%s/runs/%lld/run", b.dir, (long long)id);
	CHECK(stat(path, &st) == 0 && st.st_uid == 65534 && (st.st_mode & 0777) == 0700);
	/* What a link shows that the user may not see is not seen by us on the user's behalf. */
	bench_register(&b, FLY_KIND_TASK, "other3",
		       "{\"outputs\": {\"secret\": \"string\"}, \"command\": "
		       "\"ln -s /etc/shadow $OUTPUTS/secret\"}");
	id = bench_launch(&b, "other-3", "{\"task\": \"other3\"}");
	CHECK_STR(bench_wait(&b, id), "FAILED");
	CHECK(strstr(bench_error(&b, id), "output secret: Permission denied"));
	b.caller = own;
}

static void test_cache(void)
{
	char text[512], path[128];
	auto_buf lines = {0};
	int64_t id;

	snprintf(text, sizeof(text),
		 "{\"inputs\": {\"x\": \"integer\"}, \"outputs\": {\"y\": \"integer\"}, \"cache\": "
		 "\"1\", \"command\": \"echo x >> %s/made; cp $INPUTS/x $OUTPUTS/y\"}",
		 b.dir);
	bench_register(&b, FLY_KIND_TASK, "make", text);
	id = bench_launch(&b, "make-1", "{\"task\": \"make\", \"inputs\": {\"x\": 1}}");
	CHECK_STR(bench_wait(&b, id), "SUCCEEDED");
	id = bench_launch(&b, "make-2", "{\"task\": \"make\", \"inputs\": {\"x\": 1}}");
	CHECK_STR(bench_wait(&b, id), "SUCCEEDED");
	CHECK_STR(bench_attempts(&b, id, "make"), "");
	CHECK_STR(bench_outputs(&b, id),
		  "{\"literals\":{\"y\":{\"scalar\":{\"primitive\":{\"integer\":\"1\"}}}}}");
	id = bench_launch(&b, "make-3", "{\"task\": \"make\", \"inputs\": {\"x\": 2}}");
	CHECK_STR(bench_wait(&b, id), "SUCCEEDED");
	snprintf(path, sizeof(path), "%s/made", b.dir);
	fly_read_file(AT_FDCWD, path, 100, &lines);
	CHECK_STR(lines.data, "x\nx\n");
}

static void test_recovery(void)
{
	struct fly_call call = {.caller = b.caller};
	Flyteidl__Core__WorkflowExecutionIdentifier id =
		FLYTEIDL__CORE__WORKFLOW_EXECUTION_IDENTIFIER__INIT;
	Flyteidl__Admin__ExecutionRecoverRequest req =
		FLYTEIDL__ADMIN__EXECUTION_RECOVER_REQUEST__INIT;
	char script[256], path[128];
	int64_t run;

	snprintf(script, sizeof(script), "test -e %s/flag", b.dir);
	bench_task(&b, "first", "true", 0, NULL);
	bench_task(&b, "second", script, 0, NULL);
	bench_register(&b, FLY_KIND_WORKFLOW, "twice",
		       "{\"steps\": [{\"task\": \"first\"}, {\"task\": \"second\", \"after\": "
		       "\"first\"}]}");
	run = bench_launch(&b, "twice-1", "{\"launch_plan\": \"twice\"}");
	CHECK_STR(bench_wait(&b, run), "FAILED");
	snprintf(path, sizeof(path), "%s/flag", b.dir);
	CHECK_INT(fly_write_file(AT_FDCWD, path, 0600, "", 0, false), 0);
	id.project = "flytesnacks";
	id.domain = "development";
	id.name = "twice-1";
	req.id = &id;
	req.name = "twice-2";
	fly_admin_recover_execution(b.admin, &call, &req);
	CHECK_INT(call.rc, 0);
	CHECK_STR(bench_wait(&b, call.id), "SUCCEEDED");
	CHECK_STR(bench_nodes(&b, call.id), "first:RECOVERED second:SUCCEEDED");
	fly_arena_release(&call.arena);
}

static void test_branch(void)
{
	int64_t id;

	bench_register(
		&b, FLY_KIND_WORKFLOW, "branch",
		"{\"template\": {\"interface\": {\"inputs\": {\"variables\": {\"x\": " INT_IN
		"}}}, \"nodes\": [{\"id\": \"n0\", \"inputs\": [{\"var\": \".x\", \"binding\": "
		"{\"promise\": {\"var\": \"x\"}}}], \"branchNode\": {\"ifElse\": {\"case\": "
		"{\"condition\": {\"comparison\": {\"operator\": \"LT\", \"leftValue\": "
		"{\"var\": \".x\"}, \"rightValue\": {\"primitive\": {\"integer\": \"10\"}}}}, "
		"\"thenNode\": {\"id\": \"n0\", \"taskNode\": {\"referenceId\": "
		"{\"resourceType\": \"TASK\", \"project\": \"flytesnacks\", \"domain\": "
		"\"development\", \"name\": \"first\", \"version\": \"v1\"}}}}, \"error\": "
		"{\"message\": \"too large\"}}}}]}}");
	id = bench_launch(&b, "branch-1", "{\"launch_plan\": \"branch\", \"inputs\": {\"x\": 3}}");
	CHECK_STR(bench_wait(&b, id), "SUCCEEDED");
	CHECK_STR(bench_nodes(&b, id), "n0:SUCCEEDED n0-0-n0-n0:SUCCEEDED");
	id = bench_launch(&b, "branch-2", "{\"launch_plan\": \"branch\", \"inputs\": {\"x\": 30}}");
	CHECK_STR(bench_wait(&b, id), "FAILED");
	CHECK_STR(bench_error(&b, id), "UserProvidedError|USER|[UserProvidedError] too large");
}

static void test_mail(void)
{
	char path[128];
	auto_buf mail = {0};
	int64_t id;

	id = bench_launch(
		&b, "mail-1",
		"{\"launch_plan\": {\"resource_type\": \"TASK\", \"project\": "
		"\"flytesnacks\", \"domain\": \"development\", \"name\": \"first\", "
		"\"version\": \"v1\"}, \"notifications\": {\"notifications\": [{\"phases\": "
		"[\"SUCCEEDED\"], \"email\": {\"recipients_email\": [\"a@example.org\\nBcc: "
		"b@example.org\"]}}, {\"phases\": [\"FAILED\"], \"email\": "
		"{\"recipients_email\": [\"c@example.org\"]}}]}}");
	CHECK_STR(bench_wait(&b, id), "SUCCEEDED");
	CHECK(bench_appears(&b, "mail"));
	snprintf(path, sizeof(path), "%s/mail", b.dir);
	fly_read_file(AT_FDCWD, path, 10000, &mail);
	CHECK(mail.data && !strncmp(mail.data,
				    "-t -oi\nTo: a@example.orgBcc: b@example.org\n"
				    "Subject: mail-1 succeeded\n",
				    60));
	CHECK(mail.data && !strstr(mail.data, "c@example.org"));
}

/* jobs=0: executions are taken and wait. */
static void test_no_jobs(void)
{
	int64_t id;

	bench_stop(&b);
	b.jobs = 0;
	bench_start(&b);
	id = bench_launch(&b, "waits-1", "{\"task\": \"first\"}");
	bench_terminate(&b, "waits-1", "never ran");
	CHECK_STR(bench_wait(&b, id), "ABORTED");
	id = bench_launch(&b, "waits-2", "{\"task\": \"first\"}");
	bench_stop(&b);
	CHECK_STR(bench_nodes(&b, id), "");
	b.jobs = 2;
	bench_start(&b);
	CHECK_STR(bench_wait(&b, id), "SUCCEEDED");
}

static void make_sendmail(char path[128])
{
	char script[256], dir[] = "/tmp/flytefs-sendmail-XXXXXX";

	if (!mkdtemp(dir))
		exit(1);
	snprintf(path, 128, "%s/sendmail", dir);
	snprintf(script, sizeof(script),
		 "#!/bin/sh\n{ echo $*; cat; } > $(cat %s/to).tmp\n"
		 "mv $(cat %s/to).tmp $(cat %s/to)\n",
		 dir, dir, dir);
	fly_write_file(AT_FDCWD, path, 0700, script, strlen(script), false);
}

int main(int argc, char **argv)
{
	char sendmail[128], to[160], text[160];

	make_sendmail(sendmail);
	b.sendmail = sendmail;
	bench_open(&b, argv[1], 4);
	snprintf(to, sizeof(to), "%.*s/to", (int)(strrchr(sendmail, '/') - sendmail), sendmail);
	snprintf(text, sizeof(text), "%s/mail", b.dir);
	fly_write_file(AT_FDCWD, to, 0600, text, strlen(text), false);
	test_raw_container();
	test_flyte_files();
	test_environment();
	test_other_user();
	test_cache();
	test_recovery();
	test_branch();
	test_mail();
	test_no_jobs();
	bench_close(&b);
	unlink(to);
	unlink(sendmail);
	*strrchr(sendmail, '/') = '\0';
	CHECK_INT(rmdir(sendmail), 0);
	return check_done();
}
