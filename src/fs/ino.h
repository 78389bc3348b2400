/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inode numbers: computed from what a thing is, never handed out. The same thing has the same
 * number after a remount, and no table of inodes exists.
 *
 *	63   62 … 21        20 … 16   15 … 0
 *	0    id             kind      index
 *
 * id: a row's id (never used twice), a uid (ERRORS), or a serial number (GESTURE, QUERY: names
 * that end with the mount). index: 0 is the thing's directory or the thing itself, others are
 * files in it (table.c), variables (INPUT, OUTPUT) or a draft's files. The root is FUSE's own
 * number 1.
 */
#ifndef FLYTEFS_FS_INO_H
#define FLYTEFS_FS_INO_H

#include <stdint.h>

enum fly_ino_kind {
	FLY_INO_STATIC = 0,	/* root, README, .flytefs/…: id 0 */
	FLY_INO_ERRORS,		/* .flytefs/errors/UID */
	FLY_INO_PROJECT,
	FLY_INO_SCOPE,		/* a domain's directory and what always lies in it */
	FLY_INO_NAMED,		/* tasks/NAME; index FLY_NAMED_RUNS: by-launch-plan/NAME */
	FLY_INO_TASK,
	FLY_INO_WORKFLOW,
	FLY_INO_LAUNCH_PLAN,
	FLY_INO_EXECUTION,
	FLY_INO_INPUT,		/* inputs/VAR of an execution: index counts the sorted names */
	FLY_INO_OUTPUT,
	FLY_INO_NODE,
	FLY_INO_ATTEMPT,
	FLY_INO_DRAFT_FILE,	/* id: the draft's, index: a serial number in it */
	FLY_INO_GESTURE,	/* a handle made by CREATE in executions/ */
	FLY_INO_QUERY,
	FLY_N_INO_KINDS,
};

struct fly_ino {
	enum fly_ino_kind kind;
	uint16_t index;
	int64_t id;
};

#define FLY_INO_INDEX_MAX UINT16_MAX
#define FLY_INO_ID_MAX (((int64_t)1 << 42) - 1)
#define FLY_INO_ROOT ((struct fly_ino){ FLY_INO_STATIC, 1, 0 })

uint64_t fly_ino_pack(enum fly_ino_kind kind, int64_t id, unsigned index);
/** Any number the kernel sends; an unknown kind comes back as FLY_N_INO_KINDS. */
struct fly_ino fly_ino_unpack(uint64_t number);

#endif
