/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line as a table: parsing and help text come from the same rows. Knows what options
 * mean to flytefs; every other -o word is handed to libfuse, which refuses by name what it does not
 * know.
 */
#include "options.h"

#include <fcntl.h>
#include <sched.h>

#include "path.h"

enum option_kind {
	OPTION_TEXT,	/* NAME=VALUE into a char * */
	OPTION_FLAG,	/* NAME sets an int */
	OPTION_BOTH,	/* NAME sets an int, and libfuse gets it too */
	OPTION_IGNORED,	/* belongs to fstab, mount(8) or systemd */
};

struct option_row {
	const char *name;
	enum option_kind kind;
	size_t offset;
	const char *value;	/* what --help shows behind '='; NULL: not shown at all */
	const char *help;
};

#define AT(field) offsetof(struct fly_options, field)

static const struct option_row options[] = {
	{ "jobs", OPTION_TEXT, AT(jobs_text), "N",
	  "tasks run at once; 0 takes executions and runs none (default: processors)" },
	{ "runtime", OPTION_TEXT, AT(runtime), "process",
	  "how a task's container is run: as a process, its image ignored" },
	{ "rundir", OPTION_TEXT, AT(rundir), "DIR",
	  "inputs, outputs and logs of runs (default: SOURCE.runs)" },
	{ "workdir", OPTION_TEXT, AT(workdir), "DIR",
	  "where tasks start (default: the current directory)" },
	{ "env", OPTION_TEXT, AT(env_file), "FILE",
	  "environment of tasks, KEY=VALUE lines (default: the current one)" },
	{ "sendmail", OPTION_TEXT, AT(sendmail), "PROGRAM",
	  "delivers notifications (default: /usr/sbin/sendmail when present)" },
	{ "default_project", OPTION_TEXT, AT(default_project), "ID",
	  "first project of a new store (default: flytesnacks)" },
	{ "allow_other", OPTION_BOTH, AT(allow_other), "",
	  "let other users in; tasks run as who launched them" },
	{ "ro", OPTION_BOTH, AT(read_only), "", "show the store, run nothing" },
	{ "rw", OPTION_IGNORED, 0, NULL, NULL },
	{ "defaults", OPTION_IGNORED, 0, NULL, NULL },
	{ "default_permissions", OPTION_IGNORED, 0, NULL, NULL },
	{ "auto", OPTION_IGNORED, 0, NULL, NULL },
	{ "noauto", OPTION_IGNORED, 0, NULL, NULL },
	{ "nofail", OPTION_IGNORED, 0, NULL, NULL },
	{ "_netdev", OPTION_IGNORED, 0, NULL, NULL },
	{ "user", OPTION_IGNORED, 0, NULL, NULL },
	{ "users", OPTION_IGNORED, 0, NULL, NULL },
	{ "nouser", OPTION_IGNORED, 0, NULL, NULL },
};

static const struct option_row switches[] = {
	{ "-f", OPTION_FLAG, AT(foreground), "", "stay in the foreground, log to stderr" },
	{ "-d", OPTION_FLAG, AT(debug), "", "the same, and log every request" },
	{ "-h", OPTION_FLAG, AT(help), NULL, NULL },
	{ "--help", OPTION_FLAG, AT(help), "", "this text" },
	{ "-V", OPTION_FLAG, AT(version), NULL, NULL },
	{ "--version", OPTION_FLAG, AT(version), "", "the version" },
};

struct parse {
	struct fly_options *o;
	struct fly_why *why;
};

static int set_text(char **field, const char *value, const char *name, struct fly_why *why)
{
	if (!*value)
		return fly_fail(why, EINVAL, "%s is empty", name);
	free(*field);
	*field = strdup(value);
	return *field ? 0 : fly_no_memory(why);
}

/* libfuse's convention for all below: 0 drop the word, 1 keep it for libfuse, -1 stop. */
static int take_row(struct parse *p, const struct option_row *row, const char *value)
{
	char *field = (char *)p->o + row->offset;

	switch (row->kind) {
	case OPTION_IGNORED:
		return 0;
	case OPTION_TEXT:
		if (!value) {
			fly_fail(p->why, EINVAL, "option %s needs a value: %s=%s", row->name,
				 row->name, row->value);
			return -1;
		}
		return set_text((char **)field, value, row->name, p->why) ? -1 : 0;
	case OPTION_FLAG:
	case OPTION_BOTH:
		*(int *)field = 1;
		return row->kind == OPTION_BOTH;
	}
	return -1;
}

static const struct option_row *find_row(const struct option_row *rows, size_t n, const char *word,
					 size_t len)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(rows[i].name) == len && !memcmp(rows[i].name, word, len))
			return &rows[i];
	return NULL;
}

static int take_option(struct parse *p, const char *word)
{
	size_t len = strcspn(word, "=");
	const struct option_row *row = find_row(options, FLY_ARRAY_LEN(options), word, len);

	if (row)
		return take_row(p, row, word[len] ? word + len + 1 : NULL);
	/* x-systemd.automount and comment= belong to fstab's other readers. */
	return strncmp(word, "x-", 2) != 0 && strncmp(word, "comment=", 8) != 0;
}

static int take_argument(struct parse *p, const char *word)
{
	bool first = !p->o->source;
	char **field = first ? &p->o->source : &p->o->mountpoint;

	if (*field) {
		fly_fail(p->why, EINVAL, "SOURCE and MOUNTPOINT are enough, but here is also: %s",
			 word);
		return -1;
	}
	return set_text(field, word, first ? "SOURCE" : "MOUNTPOINT", p->why) ? -1 : 0;
}

static int take_word(void *data, const char *word, int key, struct fuse_args *args)
{
	struct parse *p = data;
	const struct option_row *row;

	(void)args;
	if (key == FUSE_OPT_KEY_NONOPT)
		return take_argument(p, word);
	if (word[0] != '-')
		return take_option(p, word);
	row = find_row(switches, FLY_ARRAY_LEN(switches), word, strlen(word));
	if (row)
		return take_row(p, row, NULL);
	fly_fail(p->why, EINVAL, "unknown option %s (try --help)", word);
	return -1;
}

int fly_options_parse(int argc, char **argv, struct fly_options *o, struct fly_why *why)
{
	struct parse p = { o, why };

	o->fuse = (struct fuse_args)FUSE_ARGS_INIT(argc, argv);
	if (fuse_opt_parse(&o->fuse, &p, NULL, take_word) != 0)
		return why->error ? -why->error : fly_fail(why, EINVAL, "bad command line");
	if (o->help || o->version)
		return 0;
	if (!o->source || !o->mountpoint)
		return fly_fail(why, EINVAL,
				"usage: flytefs SOURCE MOUNTPOINT [-o OPTIONS] (try --help)");
	return 0;
}

static int absolute(const char *path, char **out, struct fly_why *why)
{
	char *text;
	int rc = fly_path_absolute(path, &text);

	if (rc < 0)
		return fly_fail(why, -rc, "%s: %s", path, strerror(-rc));
	free(*out);
	*out = text;
	return 0;
}

static int directory(char **path, const char *name, struct fly_why *why)
{
	char *real = realpath(*path ? *path : ".", NULL);

	if (!real) {
		int error = errno;

		return fly_fail(why, error, "%s %s: %s", name, *path ? *path : ".",
				strerror(error));
	}
	free(*path);
	*path = real;
	return 0;
}

static int resolve_jobs(struct fly_options *o, struct fly_why *why)
{
	cpu_set_t set;
	int64_t n;

	if (!o->jobs_text) {
		o->jobs = sched_getaffinity(0, sizeof(set), &set) ? 1 : (unsigned)CPU_COUNT(&set);
		return 0;
	}
	if (!fly_parse_int64(o->jobs_text, &n) || n < 0 || n > 100000)
		return fly_fail(why, EINVAL, "jobs=%s: not a number from 0 to 100000",
				o->jobs_text);
	o->jobs = (unsigned)n;
	return 0;
}

static int copy_environment(struct fly_options *o, struct fly_why *why)
{
	size_t n = 0;

	while (environ[n])
		n++;
	o->env = calloc(n + 1, sizeof(*o->env));
	if (!o->env)
		return fly_no_memory(why);
	for (size_t i = 0; i < n; i++)
		if (!(o->env[i] = strdup(environ[i])))
			return fly_no_memory(why);
	return 0;
}

/* One KEY=VALUE of env=FILE; comments and blank lines are skipped. */
static int add_variable(struct fly_options *o, char *line, size_t number, size_t *n,
			struct fly_why *why)
{
	char **more;

	if (!*line || *line == '#')
		return 0;
	if (*line == '=' || !strchr(line, '='))
		return fly_fail(why, EINVAL, "%s:%zu: not KEY=VALUE: %s", o->env_file, number,
				line);
	more = reallocarray(o->env, *n + 2, sizeof(*more));
	if (!more)
		return fly_no_memory(why);
	o->env = more;
	o->env[*n + 1] = NULL;
	if (!(o->env[*n] = strdup(line)))
		return fly_no_memory(why);
	(*n)++;
	return 0;
}

static int read_environment(struct fly_options *o, struct fly_why *why)
{
	auto_buf text = { 0 };
	size_t n = 0, number = 0;
	char *rest, *line;
	int rc = fly_read_file(AT_FDCWD, o->env_file, 1 << 20, &text);

	if (rc < 0)
		return fly_fail(why, -rc, "env=%s: %s", o->env_file, strerror(-rc));
	o->env = calloc(1, sizeof(*o->env));
	if (!o->env)
		return fly_no_memory(why);
	rest = text.data;
	while (rest && (line = strsep(&rest, "\n"))) {
		rc = add_variable(o, line, ++number, &n, why);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int resolve_rundir(struct fly_options *o, struct fly_why *why)
{
	if (o->rundir)
		return absolute(o->rundir, &o->rundir, why);
	if (asprintf(&o->rundir, "%s.runs", o->store) < 0) {
		o->rundir = NULL;
		return fly_no_memory(why);
	}
	return 0;
}

int fly_options_resolve(struct fly_options *o, struct fly_why *why)
{
	int rc;

	if (strstr(o->source, "://"))
		return fly_fail(why, EOPNOTSUPP,
				"%s: this version serves store files only, no remote Flyte Admin",
				o->source);
	if (o->runtime && strcmp(o->runtime, "process") != 0)
		return fly_fail(why, EINVAL, "runtime=%s: only process is known", o->runtime);
	if ((rc = absolute(o->source, &o->store, why)) < 0 || (rc = resolve_rundir(o, why)) < 0 ||
	    (rc = directory(&o->workdir, "workdir", why)) < 0 || (rc = resolve_jobs(o, why)) < 0)
		return rc;
	if (!o->sendmail && !access("/usr/sbin/sendmail", X_OK))
		o->sendmail = strdup("/usr/sbin/sendmail");
	if (o->sendmail && (rc = absolute(o->sendmail, &o->sendmail, why)) < 0)
		return rc;
	return o->env_file ? read_environment(o, why) : copy_environment(o, why);
}

void fly_options_release(struct fly_options *o)
{
	for (size_t i = 0; i < FLY_ARRAY_LEN(options); i++)
		if (options[i].kind == OPTION_TEXT)
			free(*(char **)((char *)o + options[i].offset));
	for (size_t i = 0; o->env && o->env[i]; i++)
		free(o->env[i]);
	free(o->env);
	free(o->source);
	free(o->mountpoint);
	free(o->store);
	fuse_opt_free_args(&o->fuse);
}

static void help_rows(FILE *out, const struct option_row *rows, size_t n, const char *before)
{
	for (size_t i = 0; i < n; i++) {
		char left[64];

		if (!rows[i].value)
			continue;
		snprintf(left, sizeof(left), "%s%s%s%s", before, rows[i].name,
			 *rows[i].value ? "=" : "", rows[i].value);
		fprintf(out, "    %-26s %s\n", left, rows[i].help);
	}
}

void fly_options_help(FILE *out)
{
	fputs("usage: flytefs SOURCE MOUNTPOINT [-o OPTIONS] [-f] [-d]\n\n"
	      "Mount Flyte's execution service as files. SOURCE is a store file, made when "
	      "missing.\n\n",
	      out);
	help_rows(out, switches, FLY_ARRAY_LEN(switches), "");
	help_rows(out, options, FLY_ARRAY_LEN(options), "-o ");
	fputs("\nOther -o words are FUSE's own. fusermount3 -u MOUNTPOINT ends it.\n", out);
}
