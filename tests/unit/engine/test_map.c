/* SPDX-License-Identifier: Apache-2.0 */
/* Maps: lists in, lists out, gaps, retries of one item, failure, abort, restart; their sizes and
 * sentences. */
#include "bench.h"

#include "array.h"

static struct bench b;

static void test_summary(void)
{
	const char *messages[] = {"a", "a", NULL, "b", "a", "b", "b"};
	auto_buf text = {0};

	fly_array_summary(messages, FLY_ARRAY_LEN(messages), &text);
	CHECK_STR(text.data, "[0-1][4]: a\n[3][5-6]: b\n");
}

static void test_lists(void)
{
	int64_t id;

	bench_register(&b, FLY_KIND_TASK, "mul",
		       "{\"inputs\": {\"x\": \"integer\", \"by\": \"integer\"}, "
		       "\"outputs\": {\"y\": \"integer\", \"f\": \"file\"}, "
		       "\"command\": \"echo item {{.inputs.x}}; echo $(( $(cat $INPUTS/x) * "
		       "$(cat $INPUTS/by) )) > $OUTPUTS/y; cp $INPUTS/x $OUTPUTS/f\"}");
	bench_register(
		&b, FLY_KIND_WORKFLOW, "map",
		"{\"inputs\": {\"xs\": \"[integer]\"}, \"steps\": [{\"id\": \"m\", \"task\": "
		"\"mul\", \"map\": \"x\", \"inputs\": {\"x\": \"$xs\", \"by\": 3}}], "
		"\"outputs\": {\"ys\": \"$m.y\"}}");
	id = bench_launch(&b, "map-1",
			  "{\"launch_plan\": \"map\", \"inputs\": {\"xs\": [1, 2, 3]}}");
	CHECK_STR(bench_wait(&b, id), "SUCCEEDED");
	CHECK_STR(bench_outputs(&b, id), "{\"literals\":{\"ys\":{\"collection\":{\"literals\":["
					 "{\"scalar\":{\"primitive\":{\"integer\":\"3\"}}},"
					 "{\"scalar\":{\"primitive\":{\"integer\":\"6\"}}},"
					 "{\"scalar\":{\"primitive\":{\"integer\":\"9\"}}}]}}}}");
	CHECK_STR(bench_nodes(&b, id), "m:SUCCEEDED");
	CHECK_STR(bench_attempts(&b, id, "m"), "SUCCEEDED");
	CHECK(strstr(bench_log(&b, id), "m[1]: item 2\n"));
	id = bench_launch(&b, "map-2", "{\"launch_plan\": \"map\", \"inputs\": {\"xs\": []}}");
	CHECK_STR(bench_wait(&b, id), "SUCCEEDED");
	CHECK_STR(bench_outputs(&b, id), "{\"literals\":{\"ys\":{\"collection\":{}}}}");
}

static void test_item_retries(void)
{
	char text[1024];
	int64_t id;

	snprintf(text, sizeof(text),
		 "{\"inputs\": {\"x\": \"integer\"}, \"retries\": 1, \"command\": \"echo x >> "
		 "%s/item.$(cat $INPUTS/x); test $(cat $INPUTS/x) -ne 2 || test $(wc -l < "
		 "%s/item.2) "
		 "-eq 2\"}",
		 b.dir, b.dir);
	bench_register(&b, FLY_KIND_TASK, "item", text);
	bench_register(&b, FLY_KIND_WORKFLOW, "items",
		       "{\"steps\": [{\"id\": \"m\", \"task\": \"item\", \"map\": \"x\", "
		       "\"inputs\": {\"x\": [1, 2, 3]}, \"concurrency\": 1}]}");
	id = bench_launch(&b, "items-1", "{\"launch_plan\": \"items\"}");
	CHECK_STR(bench_wait(&b, id), "SUCCEEDED");
}

static void test_failure(void)
{
	int64_t id;

	bench_register(
		&b, FLY_KIND_TASK, "picky",
		"{\"inputs\": {\"x\": \"integer\"}, \"command\": \"test {{.inputs.x}} -ne 2\"}");
	bench_register(&b, FLY_KIND_WORKFLOW, "picky",
		       "{\"steps\": [{\"id\": \"m\", \"task\": \"picky\", \"map\": \"x\", "
		       "\"inputs\": {\"x\": [1, 2, 3]}, \"concurrency\": 1}]}");
	id = bench_launch(&b, "picky-1", "{\"launch_plan\": \"picky\"}");
	CHECK_STR(bench_wait(&b, id), "FAILED");
	CHECK_STR(bench_error(&b, id), "|UNKNOWN|[1]: [1/1] currentAttempt done. Last Error: "
				       "USER::the command exited with "
				       "code 1\n");
}

/* The task may be seen before its start is reported. */
static bool is_reported(int64_t execution, const char *node)
{
	int64_t until = fly_tick_ns() + INT64_C(10000000000);

	while (strcmp(bench_items(&b, execution, node), "RUNNING UNDEFINED UNDEFINED") != 0) {
		if (fly_tick_ns() > until)
			return false;
		usleep(500);
	}
	return true;
}

static void test_abort(void)
{
	char text[512];
	int64_t id;
	int pid;

	snprintf(text, sizeof(text),
		 "{\"inputs\": {\"x\": \"integer\"}, \"command\": \"echo $$ > %s/mapped; "
		 "exec sleep 1000\"}",
		 b.dir);
	bench_register(&b, FLY_KIND_TASK, "hang", text);
	bench_register(&b, FLY_KIND_WORKFLOW, "hang",
		       "{\"steps\": [{\"id\": \"m\", \"task\": \"hang\", \"map\": \"x\", "
		       "\"inputs\": {\"x\": [1, 2, 3]}, \"concurrency\": 1}]}");
	id = bench_launch(&b, "hang-1", "{\"launch_plan\": \"hang\"}");
	CHECK(bench_appears(&b, "mapped"));
	pid = bench_pid(&b, "mapped");
	CHECK(is_reported(id, "m"));
	bench_terminate(&b, "hang-1", "enough");
	CHECK_STR(bench_wait(&b, id), "ABORTED");
	bench_await_end(pid);
	CHECK(!bench_is_alive(pid));
	CHECK_STR(bench_nodes(&b, id), "m:ABORTED");
	CHECK_STR(bench_attempts(&b, id, "m"), "ABORTED");
	/* One at a time: the others never began. */
	CHECK_STR(bench_items(&b, id, "m"), "ABORTED UNDEFINED UNDEFINED");
}

/* Items that are done stay done, the one under way is joined. */
static void test_restart(void)
{
	char text[1024];
	unsigned seed = 5;
	int64_t id;

	snprintf(text, sizeof(text),
		 "{\"inputs\": {\"x\": \"integer\"}, \"outputs\": {\"y\": \"integer\"}, "
		 "\"command\": "
		 "\"sleep 0.01; echo x >> %s/mapped.$(cat $INPUTS/x); cp $INPUTS/x $OUTPUTS/y\"}",
		 b.dir);
	bench_register(&b, FLY_KIND_TASK, "once", text);
	bench_register(&b, FLY_KIND_WORKFLOW, "once",
		       "{\"steps\": [{\"id\": \"m\", \"task\": \"once\", \"map\": \"x\", "
		       "\"inputs\": {\"x\": [0, 1, 2, 3, 4, 5, 6, 7]}}], \"outputs\": "
		       "{\"ys\": \"$m.y\"}}");
	id = bench_launch(&b, "once-1", "{\"launch_plan\": \"once\"}");
	for (int i = 0; i < 8; i++) {
		usleep((useconds_t)rand_r(&seed) % 6000);
		bench_stop(&b);
		bench_start(&b);
	}
	CHECK_STR(bench_wait(&b, id), "SUCCEEDED");
	for (int i = 0; i < 8; i++) {
		char path[128];
		auto_buf lines = {0};

		snprintf(path, sizeof(path), "%s/mapped.%d", b.dir, i);
		fly_read_file(-100, path, 100, &lines);
		CHECK_STR(lines.data, "x\n");
	}
	CHECK(strstr(bench_outputs(&b, id), "\"7\"}}}]}"));
}

int main(int argc, char **argv)
{
	test_summary();
	bench_open(&b, argv[1], 4);
	test_lists();
	test_item_retries();
	test_failure();
	test_abort();
	test_restart();
	bench_close(&b);
	return check_done();
}
