/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Restarts: the engine stops, or is killed, at any moment, and another one goes on: what was done
 * is not done again, what runs is joined, what is lost is tried again.
 */
#include "bench.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "model.h"

static struct bench b;

static int count_lines(const char *name)
{
	char path[256];
	auto_buf text = {0};
	int n = 0;

	snprintf(path, sizeof(path), "%s/%s", b.dir, name);
	fly_read_file(AT_FDCWD, path, 1 << 20, &text);
	for (size_t i = 0; i < text.len; i++)
		n += text.data[i] == '\n';
	return n;
}

/* A task that is under way when the engine stops is joined by the next one. */
static void test_join(void)
{
	char script[512];
	int64_t id;

	snprintf(script, sizeof(script),
		 "echo $$ > %s/joined; while ! test -e %s/go; do sleep 0.01; "
		 "done; echo x >> %s/joins",
		 b.dir, b.dir, b.dir);
	bench_task(&b, "join", script, 0, NULL);
	bench_register(&b, FLY_KIND_WORKFLOW, "join",
		       "{\"steps\": [{\"task\": \"join\"}, {\"id\": \"n1\", \"task\": \"join\", "
		       "\"after\": \"join\"}]}");
	id = bench_launch(&b, "join-1", "{\"launch_plan\": \"join\"}");
	CHECK(bench_appears(&b, "joined"));
	bench_stop(&b);
	CHECK(bench_is_alive(bench_pid(&b, "joined")));
	bench_start(&b);
	snprintf(script, sizeof(script), "%s/go", b.dir);
	CHECK_INT(fly_write_file(AT_FDCWD, script, 0600, "x", 1, false), 0);
	CHECK_STR(bench_wait(&b, id), "SUCCEEDED");
	CHECK_STR(bench_nodes(&b, id), "join:SUCCEEDED n1:SUCCEEDED");
	CHECK_STR(bench_attempts(&b, id, "join"), "SUCCEEDED");
	CHECK_INT(count_lines("joins"), 2);
}

/* What ended while no engine was there is found by its record. */
static void test_record(void)
{
	char script[512];
	int64_t id;
	int pid;

	snprintf(script, sizeof(script), "echo $$ > %s/recorded; sleep 0.2; exit 3", b.dir);
	id = bench_run(&b, "record", script, 0, NULL);
	CHECK(bench_appears(&b, "recorded"));
	pid = bench_pid(&b, "recorded");
	bench_stop(&b);
	bench_await_end(pid);
	bench_start(&b);
	CHECK_STR(bench_wait(&b, id), "FAILED");
	CHECK(strstr(bench_error(&b, id), "exited with code 3"));
	CHECK_STR(bench_attempts(&b, id, "record"), "FAILED");
}

static int supervisor_of(int pid)
{
	char path[64];
	auto_buf stat = {0};
	int parent = 0;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (!fly_read_file(AT_FDCWD, path, 1000, &stat))
		sscanf(strrchr(stat.data, ')') + 1, " %*c %d", &parent);
	return parent;
}

/* The supervisor is killed: a system failure, tried again without asking for user retries. */
static void test_killed_supervisor(void)
{
	char script[512];
	int64_t id;

	snprintf(script, sizeof(script),
		 "echo x >> %s/kills; echo $$ > %s/killed.tmp; mv %s/killed.tmp %s/killed; "
		 "test $(wc -l < %s/kills) -ge 2 || exec sleep 1000",
		 b.dir, b.dir, b.dir, b.dir, b.dir);
	id = bench_run(&b, "kill", script, 0, NULL);
	CHECK(bench_appears(&b, "killed"));
	kill(supervisor_of(bench_pid(&b, "killed")), SIGKILL);
	CHECK_STR(bench_wait(&b, id), "SUCCEEDED");
	CHECK_STR(bench_attempts(&b, id, "kill"), "FAILED SUCCEEDED");
}

/* The same, but something of the task lives on: it is killed, and never retried beside. */
static void test_survivor(void)
{
	char script[1024];
	int64_t id;

	snprintf(script, sizeof(script),
		 "echo x >> %s/tries; if test $(wc -l < %s/tries) -ge 2; then ! grep -q sleep "
		 "/proc/$(cat %s/survivor)/cmdline; exit; fi; "
		 "setsid sh -c 'echo $$ > %s/survivor.tmp; mv %s/survivor.tmp %s/survivor; exec "
		 "sleep 1000' & exec sleep 1000",
		 b.dir, b.dir, b.dir, b.dir, b.dir, b.dir);
	id = bench_run(&b, "survive", script, 0, NULL);
	CHECK(bench_appears(&b, "survivor"));
	kill(supervisor_of(supervisor_of(bench_pid(&b, "survivor"))), SIGKILL);
	CHECK_STR(bench_wait(&b, id), "SUCCEEDED");
	CHECK_STR(bench_attempts(&b, id, "survive"), "FAILED SUCCEEDED");
}

/* Stops at random moments, right after starts too: every step is done exactly once. */
static void test_random_stops(void)
{
	char script[256], name[32];
	unsigned seed = 20240131;
	int64_t ids[12];

	snprintf(script, sizeof(script), "echo x >> %s/steps", b.dir);
	bench_task(&b, "step", script, 0, NULL);
	bench_register(
		&b, FLY_KIND_WORKFLOW, "steps",
		"{\"steps\": [{\"id\": \"a\", \"task\": \"step\"}, {\"id\": \"b\", \"task\": "
		"\"step\", \"after\": \"a\"}, {\"id\": \"c\", \"task\": \"step\", \"after\": "
		"\"a\"}, {\"id\": \"d\", \"task\": \"step\", \"after\": [\"b\", \"c\"]}]}");
	for (size_t i = 0; i < FLY_ARRAY_LEN(ids); i++) {
		snprintf(name, sizeof(name), "steps-%zu", i);
		ids[i] = bench_launch(&b, name, "{\"launch_plan\": \"steps\"}");
		for (int j = 0; j < 4; j++) {
			usleep((useconds_t)rand_r(&seed) % 4000);
			bench_stop(&b);
			bench_start(&b);
		}
	}
	for (size_t i = 0; i < FLY_ARRAY_LEN(ids); i++) {
		CHECK_STR(bench_wait(&b, ids[i]), "SUCCEEDED");
		CHECK_STR(bench_nodes(&b, ids[i]),
			  "a:SUCCEEDED b:SUCCEEDED c:SUCCEEDED d:SUCCEEDED");
		CHECK_STR(bench_attempts(&b, ids[i], "a"), "SUCCEEDED");
		CHECK_STR(bench_attempts(&b, ids[i], "d"), "SUCCEEDED");
	}
	CHECK_INT(count_lines("steps"), 4 * (int)FLY_ARRAY_LEN(ids));
}

/* The same through subworkflows, child executions, maps, failures and what cleans up after them. */
static void test_random_stops_nested(void)
{
	char text[512], name[32];
	unsigned seed = 4711;
	int64_t ids[10];

	snprintf(text, sizeof(text),
		 "{\"inputs\": {\"x\": \"integer\"}, \"command\": \"echo x >> %s/deep-steps\"}",
		 b.dir);
	bench_register(&b, FLY_KIND_TASK, "deep", text);
	snprintf(text, sizeof(text), "echo x >> %s/cleanings", b.dir);
	bench_task(&b, "cleaning", text, 0, NULL);
	bench_task(&b, "failing", "exit 1", 0, NULL);
	bench_register(&b, FLY_KIND_WORKFLOW, "inner",
		       "{\"steps\": [{\"id\": \"a\", \"task\": \"deep\", \"inputs\": {\"x\": 1}}, "
		       "{\"id\": \"b\", \"task\": \"deep\", \"map\": \"x\", \"inputs\": {\"x\": "
		       "[1, 2, 3]}, \"after\": \"a\"}]}");
	bench_register(&b, FLY_KIND_WORKFLOW, "nest",
		       "{\"steps\": [{\"id\": \"s\", \"workflow\": \"inner\"}, {\"id\": \"l\", "
		       "\"launch_plan\": \"inner\"}, {\"id\": \"f\", \"task\": \"failing\", "
		       "\"after\": [\"s\", \"l\"]}], \"on_failure\": {\"task\": \"cleaning\"}}");
	for (size_t i = 0; i < FLY_ARRAY_LEN(ids); i++) {
		snprintf(name, sizeof(name), "nest-%zu", i);
		ids[i] = bench_launch(&b, name, "{\"launch_plan\": \"nest\"}");
		for (int j = 0; j < 6; j++) {
			usleep((useconds_t)rand_r(&seed) % 6000);
			bench_stop(&b);
			bench_start(&b);
		}
	}
	for (size_t i = 0; i < FLY_ARRAY_LEN(ids); i++) {
		CHECK_STR(bench_wait(&b, ids[i]), "FAILED");
		CHECK_STR(bench_nodes(&b, ids[i]),
			  "f:FAILED l:SUCCEEDED on-failure:SUCCEEDED s:SUCCEEDED s-0-a:SUCCEEDED "
			  "s-0-b:SUCCEEDED");
	}
	CHECK_INT(count_lines("deep-steps"), 8 * (int)FLY_ARRAY_LEN(ids));
	CHECK_INT(count_lines("cleanings"), (int)FLY_ARRAY_LEN(ids));
}

/* A process with store, service and engine over the bench's folder; it is killed from outside. */
static pid_t start_daemon(void)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	execl("/proc/self/exe", "daemon", b.task_program, b.dir, NULL);
	_exit(127);
}

static _Noreturn void be_daemon(const char *task_program, const char *dir)
{
	static struct bench d;

	bench_reopen(&d, task_program, dir, 4);
	for (;;)
		pause();
}

/* kill -9 at random moments: nothing is lost, nothing is done beside itself. */
static void test_random_kills(void)
{
	char script[1024], name[32];
	unsigned seed = 77;
	int64_t ids[10];

	/* Each step holds a lock of its own kind: a second one at the same time says so. */
	snprintf(script, sizeof(script),
		 "mkdir %s/busy.$FLYTE_INTERNAL_EXECUTION_ID || { echo beside >> %s/beside; exit "
		 "0; }; "
		 "sleep 0.01; rmdir %s/busy.$FLYTE_INTERNAL_EXECUTION_ID; echo x >> %s/kill-steps",
		 b.dir, b.dir, b.dir, b.dir);
	bench_task(&b, "kstep", script, 0, NULL);
	bench_register(
		&b, FLY_KIND_WORKFLOW, "ksteps",
		"{\"steps\": [{\"id\": \"a\", \"task\": \"kstep\"}, {\"id\": \"b\", \"task\": "
		"\"kstep\", \"after\": \"a\"}, {\"id\": \"c\", \"task\": \"kstep\", "
		"\"after\": \"b\"}]}");
	bench_stop(&b);
	for (size_t i = 0; i < FLY_ARRAY_LEN(ids); i++) {
		snprintf(name, sizeof(name), "ksteps-%zu", i);
		ids[i] = bench_launch(&b, name, "{\"launch_plan\": \"ksteps\"}");
	}
	bench_close_store(&b);
	for (int i = 0; i < 12; i++) {
		pid_t pid = start_daemon();

		usleep(20000 + (useconds_t)rand_r(&seed) % 30000);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	bench_open_store(&b);
	bench_start(&b);
	for (size_t i = 0; i < FLY_ARRAY_LEN(ids); i++) {
		CHECK_STR(bench_wait(&b, ids[i]), "SUCCEEDED");
		CHECK_STR(bench_nodes(&b, ids[i]), "a:SUCCEEDED b:SUCCEEDED c:SUCCEEDED");
		CHECK_STR(bench_attempts(&b, ids[i], "c"), "SUCCEEDED");
	}
	CHECK_INT(count_lines("kill-steps"), 3 * (int)FLY_ARRAY_LEN(ids));
	CHECK_INT(count_lines("beside"), 0);
}

/* Terminated while no engine is there: the process is ended by the next one. */
static void check_swept(const char *name, int64_t id, int pid)
{
	bench_terminate(&b, name, "nobody listens");
	CHECK_STR(bench_wait(&b, id), "ABORTED");
	CHECK(bench_is_alive(pid));
	bench_start(&b);
	bench_await_end(pid);
	CHECK(!bench_is_alive(pid));
}

/* Terminated, and the engine killed before it could signal: the next one ends what runs on. */
static void test_sweep(void)
{
	char script[256];
	int64_t id;
	int pid;

	snprintf(script, sizeof(script), "echo $$ > %s/swept; exec sleep 1000", b.dir);
	id = bench_run(&b, "sweep", script, 0, NULL);
	CHECK(bench_appears(&b, "swept"));
	pid = bench_pid(&b, "swept");
	bench_stop(&b);
	check_swept("sweep-1", id, pid);
}

/* The same, with the supervisor killed too, and a process left that has closed the lock. */
static void test_sweep_unlocked(void)
{
	char script[512];
	int64_t id;
	int pid;

	snprintf(script, sizeof(script),
		 "setsid python3 -c 'import os; os.closerange(3, 2000); "
		 "open(\"%s/unlocked\", \"w\").write(str(os.getpid())); "
		 "os.execvp(\"sleep\", [\"sleep\", \"1000\"])' & exec sleep 1000",
		 b.dir);
	id = bench_run(&b, "unlocked", script, 0, NULL);
	CHECK(bench_appears(&b, "unlocked"));
	pid = bench_pid(&b, "unlocked");
	bench_stop(&b);
	kill(supervisor_of(supervisor_of(pid)), SIGKILL);
	check_swept("unlocked-1", id, pid);
}

/* No descriptor is free: that says nothing of an attempt, which must not be taken for lost. */
static void set_descriptors(rlim_t n)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = n ? n : limit.rlim_max;
	CHECK_INT(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static int open_attempt(int64_t execution)
{
	char path[256];
	struct dirent *entry;
	DIR *dir;
	int fd = -1;

	snprintf(path, sizeof(path), "%s/runs/%lld/a", b.dir, (long long)execution);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			fd = openat(dirfd(dir), entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir)
		closedir(dir);
	return fd;
}

static void test_no_descriptors(void)
{
	char script[256];
	int64_t id;
	int pid, dir, fd;

	snprintf(script, sizeof(script), "echo $$ > %s/scarce; exec sleep 1000", b.dir);
	id = bench_run(&b, "scarce", script, 0, NULL);
	CHECK(bench_appears(&b, "scarce"));
	pid = bench_pid(&b, "scarce");
	dir = open_attempt(id);
	bench_stop(&b);
	set_descriptors(3);
	CHECK_INT(fly_supervisor_open(dir), -EMFILE);
	CHECK_INT(fly_proc_is_locked(dir), -EMFILE);
	set_descriptors(0);
	fd = fly_supervisor_open(dir);
	CHECK(fd >= 0);
	CHECK_INT(fly_proc_is_locked(dir), 1);
	close(fd);
	close(dir);
	bench_start(&b);
	bench_terminate(&b, "scarce-1", "enough");
	CHECK_STR(bench_wait(&b, id), "ABORTED");
	bench_await_end(pid);
	CHECK(!bench_is_alive(pid));
}

/* Let go for want of descriptors, and terminated before it is loaded again. */
static void test_terminated_unloaded(void)
{
	struct fly_engine_stats stats = {0};
	char script[256];
	int64_t id;
	int pid;

	snprintf(script, sizeof(script), "echo $$ > %s/unloaded; exec sleep 1000", b.dir);
	bench_task(&b, "unloaded", script, 0, NULL);
	snprintf(script, sizeof(script), "while ! test -e %s/end; do sleep 0.01; done", b.dir);
	bench_task(&b, "ending", script, 0, NULL);
	bench_register(&b, FLY_KIND_WORKFLOW, "unloaded",
		       "{\"steps\": [{\"task\": \"unloaded\"}, {\"task\": \"ending\"}]}");
	id = bench_launch(&b, "unloaded-1", "{\"launch_plan\": \"unloaded\"}");
	CHECK(bench_appears(&b, "unloaded"));
	CHECK(bench_wait_node(&b, id, "ending", FLY_PHASE_NODE(RUNNING)));
	pid = bench_pid(&b, "unloaded");
	snprintf(script, sizeof(script), "%s/end", b.dir);
	set_descriptors(3);
	CHECK_INT(mkdir(script, 0700), 0);
	for (int i = 0; i < 10000 && (!i || stats.executions); i++) {
		usleep(1000);
		fly_engine_stats(b.engine, &stats);
	}
	CHECK_INT(stats.executions, 0);
	set_descriptors(0);
	bench_terminate(&b, "unloaded-1", "meanwhile");
	CHECK_STR(bench_wait(&b, id), "ABORTED");
	bench_await_end(pid);
	CHECK(!bench_is_alive(pid));
}

static bool is_burying(const char *pid)
{
	char path[300];
	auto_buf words = {0};
	const char *verb, *dir;

	snprintf(path, sizeof(path), "/proc/%s/cmdline", pid);
	if (fly_read_file(AT_FDCWD, path, 4096, &words) < 0 || !words.len)
		return false;
	verb = words.data + strlen(words.data) + 1;
	dir = verb < words.data + words.len ? verb + strlen(verb) + 1 : verb;
	return dir < words.data + words.len && !strcmp(verb, "bury") &&
	       !strncmp(dir, b.dir, strlen(b.dir));
}

/* Who kills what is left of an attempt of ours; 0: nobody within ten seconds. */
static int find_bury(void)
{
	for (int i = 0; i < 1000; i++, usleep(10000)) {
		DIR *proc = opendir("/proc");
		struct dirent *entry;
		int pid = 0;

		while (proc && !pid && (entry = readdir(proc)))
			if (atoi(entry->d_name) > 0 && is_burying(entry->d_name))
				pid = atoi(entry->d_name);
		if (proc)
			closedir(proc);
		if (pid)
			return pid;
	}
	return 0;
}

/* Who was to kill what is left of an attempt is killed: it is begun again, and no try before. */
static void test_killed_bury(void)
{
	char script[512];
	int64_t id;
	int pid, bury;

	if (geteuid())
		return; /* only another user's process stands it for as long as this takes */
	snprintf(script, sizeof(script),
		 "echo x >> %s/buries; test $(wc -l < %s/buries) -ge 2 && exit; setsid setpriv "
		 "--reuid 65534 sleep 1000 & echo $! > %s/undying; exec sleep 1000",
		 b.dir, b.dir, b.dir);
	id = bench_run(&b, "bury", script, 0, NULL);
	CHECK(bench_appears(&b, "undying"));
	pid = bench_pid(&b, "undying");
	kill(supervisor_of(supervisor_of(pid)), SIGKILL);
	bury = find_bury();
	CHECK(bury > 0);
	if (bury > 0)
		kill(bury, SIGKILL);
	bench_await_end(bury);
	CHECK(find_bury() > 0);
	CHECK_STR(bench_attempts(&b, id, "bury"), "RUNNING");
	kill(pid, SIGKILL);
	CHECK_STR(bench_wait(&b, id), "SUCCEEDED");
	CHECK_STR(bench_attempts(&b, id, "bury"), "FAILED SUCCEEDED");
}

int main(int argc, char **argv)
{
	static void (*const tests[])(void) = {
		test_join,	   test_record,	      test_killed_supervisor,
		test_survivor,	   test_random_stops, test_random_stops_nested,
		test_random_kills, test_sweep,	      test_no_descriptors,
		test_terminated_unloaded, test_killed_bury,   test_sweep_unlocked,
	};

	if (argc == 3 && !strcmp(argv[0], "daemon"))
		be_daemon(argv[1], argv[2]);
	/* What an engine leaves behind becomes ours, not that of an init that may not reap. */
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	bench_open(&b, argv[1], 4);
	bench_do(tests, FLY_ARRAY_LEN(tests), argc > 2);
	bench_close(&b);
	while (waitpid(-1, NULL, 0) > 0)
		;
	return check_done();
}
