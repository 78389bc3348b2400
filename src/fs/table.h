/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file table: every name that is the same in all directories of a kind, as data. Adding a
 * file to the tree is adding a row here and, at most, one function where its class is rendered.
 * Names that come from rows of the store (projects, executions, variables …) are not in it.
 */
#ifndef FLYTEFS_FS_TABLE_H
#define FLYTEFS_FS_TABLE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "ino.h"

enum fly_class {
	FLY_CLASS_DIR,
	FLY_CLASS_TEXT,		/* rendered by admin: `text` is its enum there */
	FLY_CLASS_OWN,		/* rendered by this room */
	FLY_CLASS_LOG,		/* bytes that a backend keeps: `text` is the stream */
	FLY_CLASS_CONTROL,	/* reads as empty, each write is a verb */
	FLY_CLASS_LINK,
};

/* Is it there? Asked of the row of the store that the directory stands for. */
enum fly_when {
	FLY_WHEN_ALWAYS,
	FLY_WHEN_TEXT,		/* once its message is set */
	FLY_WHEN_OUTPUTS,
	FLY_WHEN_RELAUNCHED,
	FLY_WHEN_ARCHIVED,
	FLY_WHEN_LOGGED,	/* when a backend keeps logs */
	FLY_WHEN_CHILDREN,	/* when the node has nodes of its own */
	FLY_WHEN_DRAFT,		/* in drafts only */
};

/* What its mtime is. */
enum fly_age {
	FLY_AGE_CHANGED,	/* the row's newest change */
	FLY_AGE_CREATED,	/* it never changes */
	FLY_AGE_RESULT,		/* came into being when the run ended */
};

/* How long the kernel may keep it without asking (it is invalidated besides). */
enum fly_life {
	FLY_LIFE_RUN,		/* 1 s, endless once the run is over */
	FLY_LIFE_EVER,		/* endless */
	FLY_LIFE_SHORT,		/* 1 s */
};

struct fly_file {
	uint16_t index;		/* of its inode number: never reused for something else */
	uint16_t parent;	/* index of the directory that holds it */
	const char *name;
	mode_t mode;
	enum fly_class class;
	int text;
	bool unlisted;
	enum fly_when when;
	enum fly_age age;
	enum fly_life life;
};

/* Indexes that code knows by name. */
enum {
	FLY_ROOT_SELF = 1, FLY_ROOT_README, FLY_ROOT_HIDDEN, FLY_HIDDEN_VERSION, FLY_HIDDEN_STATS,
	FLY_HIDDEN_ERRORS, FLY_HIDDEN_EVENTS,

	FLY_PROJECT_JSON = 1,

	FLY_SCOPE_EXECUTIONS = 1, FLY_SCOPE_ARCHIVED, FLY_SCOPE_LAUNCH_PLANS, FLY_SCOPE_WORKFLOWS,
	FLY_SCOPE_TASKS, FLY_SCOPE_REGISTER, FLY_SCOPE_BY_PHASE, FLY_SCOPE_BY_PLAN, FLY_SCOPE_QUERY,
	FLY_SCOPE_PHASES = 32,	/* + phase */

	FLY_NAMED_RUNS = 1,

	/* the same in executions and entities */
	FLY_FILE_SPEC_JSON = 1, FLY_FILE_SPEC_PB, FLY_FILE_CLOSURE_JSON, FLY_FILE_CLOSURE_PB,
	FLY_FILE_ERROR = 15, FLY_FILE_INPUTS = 18,

	FLY_RUN_PHASE = 8, FLY_RUN_STATUS = 9, FLY_RUN_OUTPUTS = 19, FLY_RUN_NODES, FLY_RUN_GRAPH,
	FLY_RUN_LOG, FLY_RUN_TERMINATE, FLY_RUN_RELAUNCH, FLY_RUN_RECOVER, FLY_RUN_RELAUNCHED,
	FLY_RUN_WAIT, FLY_RUN_DELETE,
	FLY_RUN_LINK,		/* not a name in it: the link that by-phase/ and others hold */

	FLY_ENTITY_TEMPLATE = 5, FLY_ENTITY_GRAPH, FLY_ENTITY_STATE,
	FLY_ENTITY_LINK,	/* not a name in it: the link that query/ holds */

	FLY_NODE_PHASE = 1, FLY_NODE_CLOSURE, FLY_NODE_INPUTS, FLY_NODE_OUTPUTS, FLY_NODE_ERROR,
	FLY_NODE_ATTEMPTS, FLY_NODE_NODES,

	FLY_ATTEMPT_PHASE = 1, FLY_ATTEMPT_CLOSURE, FLY_ATTEMPT_STDOUT, FLY_ATTEMPT_STDERR,

	FLY_QUERY_JSON = 1, FLY_QUERY_PB, FLY_QUERY_NEXT,
};

/** The row of a name in a directory; NULL when the table has none. */
const struct fly_file *fly_file_find(enum fly_ino_kind kind, unsigned parent, const char *name);
/**
 * The row of an inode number's index; NULL for directories without a row (index 0) and unknown
 * ones.
 */
const struct fly_file *fly_file_at(enum fly_ino_kind kind, unsigned index);
/** Is it a directory? Most directories of things (index 0) and of names have no row. */
bool fly_file_is_dir(enum fly_ino_kind kind, unsigned index);
/** All rows of a kind, in the order in which they are listed. */
const struct fly_file *fly_files(enum fly_ino_kind kind, unsigned *count);

#endif
