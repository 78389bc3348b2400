/* SPDX-License-Identifier: Apache-2.0 */
/* Executions from launch to end: order, values, retries, timeouts, aborts, logs. */
#include "bench.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

static struct bench b;

#define RUN(name) "{\"launch_plan\": \"" name "\"}"

static void test_chain(void)
{
	int64_t id;

	bench_register(&b, FLY_KIND_TASK, "inc",
		       "{\"inputs\": {\"x\": \"integer\"}, \"outputs\": {\"y\": \"integer\"},"
		       " \"command\": \"echo x is {{.inputs.x}}; echo $(( $(cat $INPUTS/x) + 1 ))"
		       " > $OUTPUTS/y\"}");
	bench_register(&b, FLY_KIND_WORKFLOW, "chain",
		       "{\"inputs\": {\"x\": \"integer\"}, \"steps\": ["
		       "{\"id\": \"n0\", \"task\": \"inc\", \"inputs\": {\"x\": \"$x\"}},"
		       "{\"id\": \"n1\", \"task\": \"inc\", \"inputs\": {\"x\": \"$n0.y\"}},"
		       "{\"id\": \"n2\", \"task\": \"inc\", \"inputs\": {\"x\": \"$n1.y\"}}],"
		       "\"outputs\": {\"y\": \"$n2.y\"}}");
	id = bench_launch(&b, "chain-1", "{\"launch_plan\": \"chain\", \"inputs\": {\"x\": 4}}");
	CHECK_STR(bench_wait(&b, id), "SUCCEEDED");
	CHECK_STR(bench_nodes(&b, id), "n0:SUCCEEDED n1:SUCCEEDED n2:SUCCEEDED");
	CHECK_STR(bench_outputs(&b, id),
		  "{\"literals\":{\"y\":{\"scalar\":{\"primitive\":{\"integer\":\"7\"}}}}}");
	CHECK_STR(bench_log(&b, id), "n0: x is 4\nn1: x is 5\nn2: x is 6\n");
	CHECK_STR(bench_error(&b, id), "(none)");
}

static void test_single_task(void)
{
	int64_t id = bench_launch(&b, "single-1", "{\"task\": \"inc\", \"inputs\": {\"x\": -1}}");

	CHECK_STR(bench_wait(&b, id), "SUCCEEDED");
	CHECK_STR(bench_nodes(&b, id), "inc:SUCCEEDED");
	CHECK_STR(bench_outputs(&b, id),
		  "{\"literals\":{\"y\":{\"scalar\":{\"primitive\":{\"integer\":\"0\"}}}}}");
}

static void test_fan_out(void)
{
	auto_buf text = {0};
	int64_t id;

	fly_buf_puts(&text, "{\"steps\": [");
	for (int i = 0; i < 40; i++)
		fly_buf_printf(&text,
			       "%s{\"id\": \"n%d\", \"task\": \"inc\", \"inputs\": {\"x\": %d}}",
			       i ? "," : "", i, i);
	fly_buf_puts(&text, "], \"outputs\": {\"all\": {\"type\": \"[integer]\", \"value\": [");
	for (int i = 0; i < 40; i++)
		fly_buf_printf(&text, "%s\"$n%d.y\"", i ? "," : "", i);
	fly_buf_puts(&text, "]}}}");
	bench_register(&b, FLY_KIND_WORKFLOW, "fan", text.data);
	id = bench_launch(&b, "fan-1", RUN("fan"));
	CHECK_STR(bench_wait(&b, id), "SUCCEEDED");
	CHECK(strstr(bench_outputs(&b, id), "\"40\"}}}]}"));
}

/* What the command writes into a file of its own tells how often it ran. */
static void test_retries(void)
{
	char script[512];
	int64_t id;

	snprintf(script, sizeof(script),
		 "echo x >> %s/tries; test $(wc -l < %s/tries) -ge 3 || { echo no >&2; exit 7; }",
		 b.dir, b.dir);
	id = bench_run(&b, "flaky", script, 3, NULL);
	CHECK_STR(bench_wait(&b, id), "SUCCEEDED");
	CHECK_STR(bench_attempts(&b, id, "flaky"), "FAILED FAILED SUCCEEDED");
	CHECK_STR(bench_log(&b, id), "flaky: no\nflaky: no\n");
}

static void test_exhausted(void)
{
	int64_t id;

	bench_task(&b, "broken", "echo one; echo two >&2; exit 9", 1, NULL);
	bench_task(&b, "fine", "true", 0, NULL);
	bench_register(&b, FLY_KIND_WORKFLOW, "broken",
		       "{\"steps\": [{\"task\": \"broken\"}, {\"task\": \"fine\", "
		       "\"after\": \"broken\"}]}");
	id = bench_launch(&b, "broken-1", RUN("broken"));
	CHECK_STR(bench_wait(&b, id), "FAILED");
	CHECK_STR(bench_nodes(&b, id), "broken:FAILED");
	CHECK_STR(bench_attempts(&b, id, "broken"), "FAILED FAILED");
	CHECK_STR(bench_error(&b, id), "RetriesExhausted|Error|USER|[2/2] currentAttempt done. "
				       "Last Error: USER::the command "
				       "exited with code 9:\ntwo\n");
}

static void test_missing_output(void)
{
	int64_t id;

	bench_register(&b, FLY_KIND_TASK, "silent",
		       "{\"outputs\": {\"out\": \"string\"}, \"command\": \"true\"}");
	id = bench_launch(&b, "silent-1", "{\"task\": \"silent\"}");
	CHECK_STR(bench_wait(&b, id), "FAILED");
	CHECK(strstr(bench_error(&b, id), "output out: the command did not write it to $OUTPUTS"));
	bench_register(
		&b, FLY_KIND_TASK, "wordy",
		"{\"outputs\": {\"n\": \"integer\"}, \"command\": \"echo many > $OUTPUTS/n\"}");
	id = bench_launch(&b, "wordy-1", "{\"task\": \"wordy\"}");
	CHECK_STR(bench_wait(&b, id), "FAILED");
	CHECK(strstr(bench_error(&b, id), "output n: "));
}

static void test_no_such_command(void)
{
	int64_t id;

	bench_register(&b, FLY_KIND_TASK, "absent", "{\"command\": [\"no-such-command\"]}");
	id = bench_launch(&b, "absent-1", "{\"task\": \"absent\"}");
	CHECK_STR(bench_wait(&b, id), "FAILED");
	CHECK_STR(
		bench_error(&b, id),
		"FailedToBuildResource|USER|cannot run no-such-command: No such file or directory");
}

static void test_timeout(void)
{
	int64_t id;

	id = bench_run(&b, "slow", "sleep 1000", 0, "200ms");
	CHECK_STR(bench_wait(&b, id), "FAILED");
	CHECK_STR(bench_attempts(&b, id, "slow"), "ABORTED");
	CHECK_STR(
		bench_error(&b, id),
		"RetriesExhausted|TimeoutExpired|USER|[1/1] currentAttempt done. Last Error: USER::"
		"task execution timeout [200ms] expired");
}

/* Two tries into the same timeout: the node's own, twice as long, is over before the second one. */
static void test_timeout_twice(void)
{
	int64_t id;

	id = bench_run(&b, "slow2", "sleep 1000", 1, "300ms");
	CHECK_STR(bench_wait(&b, id), "FAILED");
	CHECK_STR(bench_nodes(&b, id), "slow2:TIMED_OUT");
	CHECK_STR(bench_attempts(&b, id, "slow2"), "ABORTED ABORTED");
	CHECK_STR(bench_error(&b, id), "Timeout|USER|Timeout in node");
}

/* Nothing of it escapes: not what left its session, not what ignores SIGTERM. */
static void test_terminate(void)
{
	char script[1024];
	int64_t id;
	int first, second;

	snprintf(script, sizeof(script),
		 "(setsid sh -c 'echo $$ > %s/first; exec sleep 1000' &); "
		 "setsid sh -c 'echo $$ > %s/second; while :; do sleep 1000; done'",
		 b.dir, b.dir);
	bench_task(&b, "hiding", script, 5, NULL);
	bench_register(&b, FLY_KIND_WORKFLOW, "hiding",
		       "{\"steps\": [{\"task\": \"hiding\"}, {\"task\": \"fine\", "
		       "\"after\": \"hiding\"}]}");
	id = bench_launch(&b, "hiding-1", RUN("hiding"));
	CHECK(bench_appears(&b, "first") && bench_appears(&b, "second"));
	first = bench_pid(&b, "first");
	second = bench_pid(&b, "second");
	bench_terminate(&b, "hiding-1", "enough");
	CHECK_STR(bench_wait(&b, id), "ABORTED");
	bench_await_end(first);
	bench_await_end(second);
	CHECK(!bench_is_alive(first) && !bench_is_alive(second));
	CHECK_STR(bench_nodes(&b, id), "hiding:ABORTED");
	CHECK_STR(bench_attempts(&b, id, "hiding"), "ABORTED");
}

/* The first failure stops what runs beside it; what cleans up runs after that and is told why. */
static void test_failure_node(void)
{
	char text[1024];
	int64_t id;

	snprintf(
		text, sizeof(text),
		"{\"inputs\": {\"err\": \"error | none\"}, \"command\": \"cp $INPUTS/err %s/why\"}",
		b.dir);
	bench_register(&b, FLY_KIND_TASK, "clean", text);
	bench_task(&b, "wait", "exec sleep 1000", 0, NULL);
	bench_task(&b, "boom", "sleep 0.1; exit 1", 0, NULL);
	bench_register(
		&b, FLY_KIND_WORKFLOW, "cleaned",
		"{\"steps\": [{\"task\": \"boom\"}, {\"task\": \"wait\"}, {\"task\": \"fine\", "
		"\"after\": \"wait\"}], \"on_failure\": {\"task\": \"clean\"}}");
	id = bench_launch(&b, "cleaned-1", RUN("cleaned"));
	CHECK_STR(bench_wait(&b, id), "FAILED");
	CHECK_STR(bench_nodes(&b, id), "boom:FAILED on-failure:SUCCEEDED wait:ABORTED");
	CHECK(bench_appears(&b, "why"));
	CHECK(strstr(bench_error(&b, id), "RetriesExhausted|Error|USER|"));
}

static void test_subworkflow(void)
{
	int64_t id;

	bench_register(&b, FLY_KIND_WORKFLOW, "outer",
		       "{\"inputs\": {\"x\": \"integer\"}, \"steps\": ["
		       "{\"id\": \"sub\", \"workflow\": \"chain\", \"inputs\": {\"x\": \"$x\"}},"
		       "{\"id\": \"last\", \"task\": \"inc\", \"inputs\": {\"x\": \"$sub.y\"}}],"
		       "\"outputs\": {\"y\": \"$last.y\"}}");
	id = bench_launch(&b, "outer-1", "{\"launch_plan\": \"outer\", \"inputs\": {\"x\": 0}}");
	CHECK_STR(bench_wait(&b, id), "SUCCEEDED");
	CHECK_STR(bench_nodes(&b, id), "last:SUCCEEDED sub:SUCCEEDED sub-0-n0:SUCCEEDED "
				       "sub-0-n1:SUCCEEDED sub-0-n2:SUCCEEDED");
	CHECK(strstr(bench_outputs(&b, id), "\"integer\":\"4\""));
}

static void test_child_execution(void)
{
	int64_t id;

	bench_register(&b, FLY_KIND_WORKFLOW, "parent",
		       "{\"steps\": [{\"id\": \"n0\", \"launch_plan\": \"chain\", "
		       "\"inputs\": {\"x\": 10}}], \"outputs\": {\"y\": \"$n0.y\"}}");
	id = bench_launch(&b, "parent-1", RUN("parent"));
	CHECK_STR(bench_wait(&b, id), "SUCCEEDED");
	CHECK(strstr(bench_outputs(&b, id), "\"integer\":\"13\""));
	bench_register(&b, FLY_KIND_WORKFLOW, "grandparent",
		       "{\"steps\": [{\"id\": \"n0\", \"launch_plan\": \"broken\"}]}");
	id = bench_launch(&b, "grandparent-1", RUN("grandparent"));
	CHECK_STR(bench_wait(&b, id), "FAILED");
	CHECK(strstr(bench_error(&b, id), "exited with code 9"));
}

/* Files go on as links to the real thing; lists and json as JSON. */
static void test_files(void)
{
	int64_t id;

	bench_register(&b, FLY_KIND_TASK, "make",
		       "{\"outputs\": {\"f\": \"file\", \"d\": \"directory\", \"l\": \"[string]\", "
		       "\"j\": \"json\"}, \"command\": \"echo hi > $OUTPUTS/f; mkdir $OUTPUTS/d; "
		       "echo in > $OUTPUTS/d/x; echo '[\\\"a\\\", \\\"b c\\\"]' > $OUTPUTS/l; "
		       "echo '{\\\"k\\\": [1, 2.5]}' > $OUTPUTS/j\"}");
	bench_register(&b, FLY_KIND_TASK, "use",
		       "{\"inputs\": {\"f\": \"file\", \"d\": \"directory\", \"l\": \"[string]\", "
		       "\"j\": \"json\"}, \"outputs\": {\"t\": \"string\"}, \"command\": "
		       "\"test -L $INPUTS/f && cat $INPUTS/f $INPUTS/d/x $INPUTS/l $INPUTS/j | "
		       "tr -d ' \\\\n' > $OUTPUTS/t\"}");
	bench_register(&b, FLY_KIND_WORKFLOW, "files",
		       "{\"steps\": [{\"task\": \"make\"}, {\"task\": \"use\", \"inputs\": "
		       "{\"f\": \"$make.f\", \"d\": \"$make.d\", \"l\": \"$make.l\", "
		       "\"j\": \"$make.j\"}}], \"outputs\": {\"t\": \"$use.t\"}}");
	id = bench_launch(&b, "files-1", RUN("files"));
	CHECK_STR(bench_wait(&b, id), "SUCCEEDED");
	CHECK_STR(bench_outputs(&b, id),
		  "{\"literals\":{\"t\":{\"scalar\":{\"primitive\":{\"string_value\":"
		  "\"hiin[\\\"a\\\",\\\"bc\\\"]{\\\"k\\\":[1,2.5]}\"}}}}}");
}

/* An execution that is deleted takes its directory along. */
static void test_forget(void)
{
	struct fly_backend *backend = fly_engine_backend(b.engine);
	int64_t id = bench_launch(&b, "gone-1", "{\"task\": \"fine\"}");
	char path[128];

	CHECK_STR(bench_wait(&b, id), "SUCCEEDED");
	snprintf(path, sizeof(path), "%s/runs/%lld", b.dir, (long long)id);
	CHECK(access(path, F_OK) == 0);
	backend->ops->forget(backend, id);
	for (int i = 0; i < 10000 && access(path, F_OK) == 0; i++)
		usleep(1000);
	CHECK(access(path, F_OK) < 0);
}

int main(int argc, char **argv)
{
	static void (*const tests[])(void) = {
		test_chain,	      test_single_task,	   test_fan_out,	 test_retries,
		test_exhausted,	      test_missing_output, test_no_such_command, test_timeout,
		test_timeout_twice,   test_terminate,	   test_failure_node,	 test_subworkflow,
		test_child_execution, test_files,	   test_forget,
	};

	bench_open(&b, argv[1], 4);
	bench_do(tests, FLY_ARRAY_LEN(tests), argc > 2);
	bench_close(&b);
	return check_done();
}
