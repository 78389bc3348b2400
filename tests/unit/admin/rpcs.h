/* SPDX-License-Identifier: Apache-2.0 */
/* RPCs by name, for the driver: one row each of the functions in flytefs/admin.h. */
#ifndef FLYTEFS_TESTS_RPCS_H
#define FLYTEFS_TESTS_RPCS_H

#include "flytefs/admin.h"

/* Exactly one of write, read and event is set. */
struct driver_rpc {
	const char *name;
	const ProtobufCMessageDescriptor *request;
	void (*write)(struct fly_admin *a, struct fly_call *call, const ProtobufCMessage *req);
	int (*read)(struct fly_db *db, const ProtobufCMessage *req, struct fly_arena *arena,
		    ProtobufCMessage **out, struct fly_why *why);
	int (*event)(struct fly_admin *a, struct fly_db *db, const ProtobufCMessage *req,
		     struct fly_why *why);
};

/** NULL: no such RPC. */
const struct driver_rpc *driver_rpc_find(const char *name);

/* An event in a transaction of its own. */
struct driver_event {
	struct fly_work work;
	struct fly_admin *admin;
	const struct driver_rpc *rpc;
	const ProtobufCMessage *request;
};
int driver_event_apply(struct fly_db *db, struct fly_work *work, struct fly_why *why);

#endif
