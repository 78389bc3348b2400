/* SPDX-License-Identifier: Apache-2.0 */
/* The supervisor program, driven by hand-written jobs. */
#include "../check.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "job.h"
#include "tree.h"

static const char *program;
static char top[] = "/tmp/flytefs-task-test-XXXXXX";

struct attempt {
	char dir[256], run[256];
	pid_t pid;
	struct fly_arena arena;
	struct fly_buf text;
	struct fly_record record;
};

static struct fly_job job_of(const char **argv)
{
	static const char *env[] = {"PATH=/usr/local/bin:/usr/bin:/bin", "GREETING=hello", NULL};
	struct fly_job job = {.prefix = "n0: ",
			      .workdir = "/",
			      .home = "",
			      .argv = argv,
			      .env = env,
			      .n_env = 2,
			      .grace_ns = 200000000};

	while (argv[job.n_argv])
		job.n_argv++;
	return job;
}

#define SHELL(script)                                                                              \
	(const char *[])                                                                           \
	{                                                                                          \
		"sh", "-c", script, NULL                                                           \
	}

static void prepare(struct attempt *a, const char *name)
{
	char path[300];

	memset(a, 0, sizeof(*a));
	snprintf(path, sizeof(path), "%s/%s", top, name);
	snprintf(a->dir, sizeof(a->dir), "%s/%s/a/1", top, name);
	snprintf(a->run, sizeof(a->run), "%s/%s/run", top, name);
	CHECK_INT(fly_tree_mkdir(a->dir, 0755), 0);
	CHECK_INT(mkdir(a->run, 0777), 0);
	chmod(path, 0711);
	chmod(a->run, 0777);
}

static void start(struct attempt *a, const struct fly_job *job)
{
	auto_fd dir = open(a->dir, O_RDONLY | O_DIRECTORY);
	int lock = openat(dir, "lock", O_RDWR | O_CREAT, 0600);
	auto_buf text = {0};

	fly_job_print(job, &text);
	CHECK_INT(fly_write_file(dir, "job", 0600, text.data, text.len, false), 0);
	CHECK_INT(flock(lock, LOCK_EX | LOCK_NB), 0);
	a->pid = fork();
	if (!a->pid) {
		dup2(lock, FLY_TASK_LOCK_FD);
		setsid();
		execl(program, program, "run", a->dir, NULL);
		_exit(126);
	}
	close(lock);
}

static bool lock_is_free(const struct attempt *a)
{
	auto_fd dir = open(a->dir, O_RDONLY | O_DIRECTORY);
	auto_fd lock = openat(dir, "lock", O_RDWR);

	return flock(lock, LOCK_EX | LOCK_NB) == 0;
}

static void finish(struct attempt *a)
{
	auto_fd dir = open(a->dir, O_RDONLY | O_DIRECTORY);
	int status;

	waitpid(a->pid, &status, 0);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	CHECK(lock_is_free(a));
	CHECK_INT(fly_read_file(dir, "exit", 1 << 27, &a->text), 0);
	CHECK_INT(fly_record_parse(a->text.data, a->text.len, &a->arena, &a->record), 0);
}

static void release(struct attempt *a)
{
	fly_arena_release(&a->arena);
	fly_buf_release(&a->text);
}

static bool file_is(const struct attempt *a, const char *name, const char *wanted)
{
	auto_fd dir = open(a->dir, O_RDONLY | O_DIRECTORY);
	auto_buf b = {0};

	CHECK_INT(fly_read_file(dir, name, 1 << 20, &b), 0);
	if (!b.data || strcmp(b.data, wanted))
		fprintf(stderr, "%s: \"%s\"\n", name, b.data ? b.data : "");
	return b.data && !strcmp(b.data, wanted);
}

/* Poll for a file of the task's, at most ten seconds. */
static bool appears(const char *path)
{
	struct stat st;

	for (int i = 0; i < 10000; i++) {
		if (stat(path, &st) == 0 && st.st_size)
			return true;
		usleep(1000);
	}
	return false;
}

static pid_t read_pid(const char *path)
{
	auto_buf b = {0};

	fly_read_file(AT_FDCWD, path, 100, &b);
	return b.data ? atoi(b.data) : 0;
}

static bool is_alive(pid_t pid)
{
	char path[64];
	auto_buf b = {0};

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	/* Not a zombie, nor one that is just being reaped. */
	return pid > 0 && !fly_read_file(AT_FDCWD, path, 1000, &b) && b.data &&
	       !strstr(b.data, ") Z") && !strstr(b.data, ") X");
}

static void test_streams(void)
{
	struct attempt a;
	struct fly_job job = job_of(SHELL("echo $GREETING; echo oops >&2; printf end; exit 3"));

	prepare(&a, "streams");
	start(&a, &job);
	finish(&a);
	CHECK_INT(a.record.fate, FLY_FATE_EXIT);
	CHECK_INT(a.record.code, 3);
	CHECK(a.record.started_ns > 0 && a.record.ended_ns >= a.record.started_ns);
	CHECK(file_is(&a, "stdout", "hello\nend"));
	CHECK(file_is(&a, "stderr", "oops\n"));
	CHECK(file_is(&a, "../../log", "n0: hello\nn0: oops\nn0: end\n") ||
	      file_is(&a, "../../log", "n0: oops\nn0: hello\nn0: end\n"));
	release(&a);
}

static void test_unstarted(void)
{
	struct attempt a;
	struct fly_job job = job_of((const char *[]){"no-such-command", NULL});

	prepare(&a, "unstarted");
	start(&a, &job);
	finish(&a);
	CHECK_INT(a.record.fate, FLY_FATE_UNSTARTED);
	CHECK_STR(a.record.text, "cannot run no-such-command: No such file or directory");
	release(&a);
}

static void test_signal(void)
{
	struct attempt a;
	struct fly_job job = job_of(SHELL("kill -9 $$"));

	prepare(&a, "signal");
	start(&a, &job);
	finish(&a);
	CHECK_INT(a.record.fate, FLY_FATE_SIGNAL);
	CHECK_INT(a.record.code, SIGKILL);
	release(&a);
}

static void test_steps_and_wants(void)
{
	struct attempt a;
	char in[300], out[300], link[320], made[330], raw[320], list[320], large[320];
	struct fly_step steps[] = {
		{.kind = FLY_STEP_FRESH, .path = out},
		{.kind = FLY_STEP_FILE, .path = in, .data = {(const uint8_t *)"some\0data", 9}},
		{.kind = FLY_STEP_LINK, .path = link, .data = {(const uint8_t *)"/etc/passwd", 11}},
	};
	struct fly_want wants[] = {
		{.kind = FLY_WANT_FILE, .path = made, .to = "", .max_bytes = 100},
		{.kind = FLY_WANT_FILE, .path = "/tmp/no/such", .to = "", .max_bytes = 100},
		{.kind = FLY_WANT_BLOB, .path = list, .to = raw},
		{.kind = FLY_WANT_FILE, .path = large, .to = "", .max_bytes = 3},
	};
	struct fly_job job =
		job_of(SHELL("cd \"$0\" && cat ../in > made && test -L ../link && "
			     "mkdir tree && echo 1 > tree/x && echo 4567 > large.txt"));
	const char *argv[5];

	prepare(&a, "steps");
	snprintf(in, sizeof(in), "%s/in", a.run);
	snprintf(out, sizeof(out), "%s/deep/out", a.run);
	snprintf(link, sizeof(link), "%s/deep/link", a.run);
	snprintf(made, sizeof(made), "%s/made", out);
	snprintf(list, sizeof(list), "%s/tree", out);
	snprintf(raw, sizeof(raw), "%s/raw/tree", a.run);
	snprintf(large, sizeof(large), "%s/large", out);
	memcpy(argv, job.argv, sizeof(*argv) * 3);
	snprintf(in, sizeof(in), "%s/deep/in", a.run);
	argv[3] = out;
	argv[4] = NULL;
	wants[3].kind = FLY_WANT_ANY;
	job.argv = argv;
	job.n_argv = 4;
	job.steps = steps;
	job.n_steps = FLY_ARRAY_LEN(steps);
	job.wants = wants;
	job.n_wants = FLY_ARRAY_LEN(wants);
	start(&a, &job);
	finish(&a);
	CHECK_INT(a.record.fate, FLY_FATE_EXIT);
	CHECK_INT(a.record.code, 0);
	CHECK_INT(a.record.n_found, 4);
	if (a.record.n_found == 4) {
		CHECK_INT(a.record.found[0].error, 0);
		CHECK_INT(a.record.found[0].data.len, 9);
		CHECK(!memcmp(a.record.found[0].data.data, "some\0data", 9));
		CHECK_INT(a.record.found[1].error, ENOENT);
		CHECK_INT(a.record.found[2].error, 0);
		CHECK_INT(a.record.found[2].kind, FLY_FOUND_DIR);
		CHECK_INT(a.record.found[2].size, 2);
		CHECK_STR(a.record.found[2].path, raw);
		CHECK_INT(a.record.found[3].error, EFBIG);
	}
	release(&a);
}

static void test_timeout(void)
{
	struct attempt a;
	struct fly_job job = job_of(SHELL("trap '' TERM; while :; do sleep 100; done"));

	prepare(&a, "timeout");
	job.timeout_ns = 100000000;
	start(&a, &job);
	finish(&a);
	CHECK_INT(a.record.fate, FLY_FATE_TIMEOUT);
	release(&a);
}

/* A tree that hides: sessions of its own, deaf to SIGTERM, parents gone. */
static void test_abort_kills_whole_tree(void)
{
	struct attempt a;
	char script[1200], first[300], second[300];
	struct fly_job job;

	prepare(&a, "abort");
	snprintf(first, sizeof(first), "%s/first", a.run);
	snprintf(second, sizeof(second), "%s/second", a.run);
	snprintf(script, sizeof(script),
		 "(setsid sh -c 'trap \"\" TERM; echo $$ > %s; while :; do sleep 100; done' & ) ; "
		 "(setsid setsid sh -c 'echo $$ > %s; exec sleep 1000' & ) ; sleep 1000",
		 first, second);
	job = job_of(SHELL(script));
	start(&a, &job);
	CHECK(appears(first) && appears(second));
	CHECK(is_alive(read_pid(first)) && is_alive(read_pid(second)));
	kill(a.pid, SIGTERM);
	finish(&a);
	CHECK_INT(a.record.fate, FLY_FATE_ABORT);
	CHECK(!is_alive(read_pid(first)) && !is_alive(read_pid(second)));
	release(&a);
}

/* What a finished command left running in the background ends with it. */
static void test_leftovers_end(void)
{
	struct attempt a;
	char script[1000], left[300];
	struct fly_job job;

	prepare(&a, "leftovers");
	snprintf(left, sizeof(left), "%s/left", a.run);
	snprintf(script, sizeof(script),
		 "setsid sh -c 'echo $$ > %s; exec sleep 1000' & while ! test -s %s; do :; done",
		 left, left);
	job = job_of(SHELL(script));
	start(&a, &job);
	finish(&a);
	CHECK_INT(a.record.code, 0);
	CHECK(!is_alive(read_pid(left)));
	release(&a);
}

/* The supervisor is killed: the lock says for how long anything of the task lives on. */
static void test_killed_supervisor(void)
{
	struct attempt a;
	char script[1000], child[300];
	struct fly_job job;
	int status;

	prepare(&a, "killed");
	snprintf(child, sizeof(child), "%s/child", a.run);
	snprintf(script, sizeof(script), "setsid sh -c 'echo $$ > %s; exec sleep 1000'", child);
	job = job_of(SHELL(script));
	start(&a, &job);
	CHECK(appears(child));
	kill(a.pid, SIGKILL);
	waitpid(a.pid, &status, 0);
	CHECK(!lock_is_free(&a));
	a.pid = fork();
	if (!a.pid) {
		execl(program, program, "wait", a.dir, NULL);
		_exit(126);
	}
	usleep(1000);
	CHECK_INT(waitpid(a.pid, &status, WNOHANG), 0);
	kill(read_pid(child), SIGKILL);
	waitpid(a.pid, &status, 0);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	CHECK(lock_is_free(&a));
	release(&a);
}

/* Who closed the lock is found by the mark; who only looks at the lock is let alone. */
static void test_bury(void)
{
	struct attempt a;
	char script[1000], child[300], lock[300];
	struct fly_job job;
	int status, fd;
	pid_t bystander;

	prepare(&a, "buried");
	snprintf(child, sizeof(child), "%s/child", a.run);
	snprintf(lock, sizeof(lock), "%s/lock", a.dir);
	snprintf(script, sizeof(script),
		 "setsid sleep 1000 & setsid python3 -c 'import os; os.closerange(3, 2000); "
		 "open(\"%s\", \"w\").write(str(os.getpid())); os.execvp(\"sleep\", [\"sleep\", "
		 "\"1000\"])' & wait",
		 child);
	job = job_of(SHELL(script));
	start(&a, &job);
	CHECK(appears(child));
	fd = open(lock, O_RDWR | O_CLOEXEC);
	CHECK(fd >= 0);
	bystander = fork();
	while (!bystander)
		pause();
	close(fd);
	kill(a.pid, SIGKILL);
	waitpid(a.pid, &status, 0);
	a.pid = fork();
	if (!a.pid) {
		execl(program, program, "bury", a.dir, NULL);
		_exit(126);
	}
	waitpid(a.pid, &status, 0);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	CHECK(!is_alive(read_pid(child)));
	CHECK_INT(waitpid(bystander, &status, WNOHANG), 0);
	kill(bystander, SIGKILL);
	waitpid(bystander, &status, 0);
	release(&a);
}

static void test_mark_forbids_start(void)
{
	struct attempt a;
	char mark[300], ran[300], script[600];
	struct fly_job job;

	prepare(&a, "mark");
	snprintf(mark, sizeof(mark), "%s/mark/aborted", top);
	snprintf(ran, sizeof(ran), "%s/ran", a.run);
	snprintf(script, sizeof(script), "echo > %s", ran);
	close(open(mark, O_CREAT | O_WRONLY, 0600));
	job = job_of(SHELL(script));
	start(&a, &job);
	finish(&a);
	CHECK_INT(a.record.fate, FLY_FATE_ABORT);
	CHECK(access(ran, F_OK) < 0);
	release(&a);
}

static bool has_namespaces(void)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(unshare(CLONE_NEWNS) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

/* The path is hidden in a variable where it must be there, and in the arguments where it is put. */
static void run_binds(const char *name, bool as_other, const char *target)
{
	bool bound = has_namespaces();
	const char *env[3] = {"PATH=/usr/bin:/bin"};
	char where[310];
	struct attempt a;
	char in[300], made[310], file[310], script[600];
	struct fly_bind binds[] = {{in, target}};
	struct fly_step steps[] = {
		{.kind = FLY_STEP_FRESH, .path = in},
		{.kind = FLY_STEP_FILE, .path = file, .data = {(const uint8_t *)"5", 1}},
	};
	struct fly_want wants[] = {{.kind = FLY_WANT_FILE, .path = made, .to = "", .max_bytes = 9}};
	struct fly_job job;

	prepare(&a, name);
	snprintf(in, sizeof(in), "%s/in", a.run);
	snprintf(file, sizeof(file), "%s/x", in);
	snprintf(made, sizeof(made), "%s/y", in);
	snprintf(where, sizeof(where), "P=%s", target);
	snprintf(script, sizeof(script), "%s; test -d /tmp && cp $P/x $P/y && id -u",
		 bound ? "" : where);
	job = job_of(SHELL(bound ? script + 2 : script));
	env[1] = where;
	job.env = env;
	job.steps = steps;
	job.n_steps = 2;
	job.wants = wants;
	job.n_wants = 1;
	job.binds = binds;
	job.n_binds = 1;
	if (as_other) {
		job.switch_user = true;
		job.uid = job.gid = 65534;
	}
	start(&a, &job);
	finish(&a);
	CHECK_INT(a.record.fate, FLY_FATE_EXIT);
	CHECK_INT(a.record.code, 0);
	CHECK_INT(a.record.n_found, 1);
	if (a.record.n_found)
		CHECK_INT(a.record.found[0].data.len, 1);
	if (a.record.code || a.record.fate)
		file_is(&a, "stderr", "");
	if (as_other)
		CHECK(file_is(&a, "stdout", "65534\n"));
	CHECK(access(target, F_OK) < 0);
	release(&a);
}

static void test_other_user(void)
{
	struct attempt a;
	struct fly_job job = job_of(SHELL("id -u; id -G; grep -E '^(CapEff|CapPrm|NoNew)' "
					  "/proc/self/status | tr -d '\\t\\n'; echo; "
					  "echo direct > /dev/stderr; cat job"));
	gid_t groups[] = {65534, 1};

	prepare(&a, "user");
	job.switch_user = true;
	job.uid = job.gid = 65534;
	job.groups = groups;
	job.n_groups = 2;
	job.workdir = a.dir;
	job.home = "/tmp";
	start(&a, &job);
	finish(&a);
	CHECK(file_is(
		&a, "stdout",
		"65534\n65534 1\nCapPrm:0000000000000000CapEff:0000000000000000NoNewPrivs:1\n"));
	CHECK_INT(a.record.code, 1);
	release(&a);
}

int main(int argc, char **argv)
{
	program = argc > 1 ? argv[1] : "flytefs-task";
	if (!mkdtemp(top))
		return 1;
	chmod(top, 0755);
	test_streams();
	test_unstarted();
	test_signal();
	test_steps_and_wants();
	test_timeout();
	test_abort_kills_whole_tree();
	test_leftovers_end();
	test_killed_supervisor();
	test_bury();
	test_mark_forbids_start();
	run_binds("binds", false, "/var/flytefs-no/such/in");
	run_binds("root-binds", false, "/flytefs-no-such-in");
	if (geteuid() == 0) {
		run_binds("other-binds", true, "/var/flytefs-no/such/in");
		run_binds("other-root-binds", true, "/flytefs-no-such-in");
		test_other_user();
	}
	CHECK_INT(fly_tree_remove(AT_FDCWD, top), 0);
	return check_done();
}
