/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A store with a service in a folder of its own: tasks, workflows and plans with inputs of every
 * type, executions in every stage; and calls by name. Whoever breaks things starts from it.
 */
#ifndef FLYTEFS_TESTS_PLACE_H
#define FLYTEFS_TESTS_PLACE_H

#include "flytefs/admin.h"
#include "rpcs.h"

#define PLACE_PROJECT "flytesnacks"
#define PLACE_DOMAIN "development"

struct place {
	char dir[96], path[112];
	struct fly_store *store;
	struct fly_admin *admin;
	struct fly_caller caller;	/* of every call: this user, unnamed */
	struct fly_buf image;		/* the filled store's file */
};

/** Make the folder, in TMPDIR; and a filled store that is not open. Exits when it can't. */
void place_make(struct place *p);
/** Put the filled store back (the store must not be open). */
void place_restore(struct place *p);
/** Open store and service, without a backend. 0 or -errno. */
int place_open(struct place *p, struct fly_why *why);
/** Close both; NULL where they are not open. */
void place_shut(struct place *p);
/** The filled store anew, open. Exits when it can't. */
void place_renew(struct place *p);
/** This thread's reader. Exits when there is none. */
struct fly_db *place_reader(struct place *p);
/** Close what is open and remove the folder. */
void place_remove(struct place *p);

/** Make a call (call->caller is set); call->rc, why and response say what came of it. */
void place_ask(struct place *p, const struct driver_rpc *rpc, const ProtobufCMessage *request,
	       struct fly_call *call);
/** The same with the request in JSON, which must be one. */
void place_call(struct place *p, const char *rpc, const char *request, struct fly_call *call);
/** Register a document as written at tasks/NAME/VERSION/spec.json and the like. */
void place_register(struct place *p, enum fly_kind kind, const char *name, const char *version,
		    const char *text, struct fly_call *call);

#endif
