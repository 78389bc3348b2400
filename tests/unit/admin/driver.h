/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recorded calls played through src/admin: a store and a service in a private folder, a backend
 * that notes what it is told, RPCs by name with requests as JSON or wire bytes, and answers
 * compared with the recorded ones. It knows no group of cases; tests say what is meant to differ.
 *
 * A call is an object {rpc, request | wire, code?, response?}: code is OK when left out, wire is
 * base64. In recorded answers "<any>" stands for anything present, "$1" for a generated name.
 */
#ifndef FLYTEFS_TESTS_DRIVER_H
#define FLYTEFS_TESTS_DRIVER_H

#include <jansson.h>

#include "flytefs/admin.h"

#define DRIVER_NOTES_MAX 64
#define DRIVER_NAMES_MAX 32

/* Refuses names that begin with "refuse-" or "broken-"; keeps the last ids it was told. */
struct driver_backend {
	struct fly_backend base;
	struct fly_backend_ops ops;
	int64_t executed[DRIVER_NOTES_MAX], terminated[DRIVER_NOTES_MAX];
	int64_t forgotten[DRIVER_NOTES_MAX];
	size_t n_executed, n_terminated, n_forgotten;	/* the last ones are kept */
	char cause[256];				/* of the last termination */
};

struct driver {
	char dir[64];					/* private; "": the store is the caller's */
	struct fly_store *store;
	struct fly_admin *admin;
	struct driver_backend backend;
	struct fly_caller caller;			/* of every call: this user, unnamed */
	char *names[DRIVER_NAMES_MAX];			/* of "$1", "$2", …; NULL: not met yet */
};

/** The time the service works at; 0 means the clock's. */
extern int64_t driver_now_ns;

/** Make the folder, the store and the service. Exits when it can't. */
void driver_open(struct driver *d, bool aborts_at_once);
/** The same with a first project of this name. */
void driver_open_with(struct driver *d, bool aborts_at_once, const char *first_project);
/** The same on a store at path, which stays when it is closed. */
void driver_open_at(struct driver *d, const char *path, bool aborts_at_once,
		    const char *first_project);
/** Close and remove all that open made, but for a store of the caller's. */
void driver_close(struct driver *d);

struct driver_answer {
	bool known;			/* false: there is no such RPC here */
	enum fly_status status;
	char text[FLY_WHY_MAX];
	json_t *response;		/* never NULL after driver_call; {} on failure */
	int64_t id;			/* of the row made or changed */
};
void driver_call(struct driver *d, json_t *call, struct driver_answer *out);
/** The same from text: "RPC" and the request in JSON. */
void driver_ask(struct driver *d, const char *rpc, const char *request,
		struct driver_answer *out);
void driver_answer_release(struct driver_answer *a);
#define auto_answer __attribute__((cleanup(driver_answer_release))) struct driver_answer

/**
 * Does an answer agree with the recorded one? What differs goes to where ("closure.phase: …").
 * Differences that hold everywhere are allowed for here: a run without a phase is QUEUED, a spec
 * shows the user's inputs, links into the server's blob store are some link, sentences are ours.
 */
bool driver_agrees(struct driver *d, const json_t *call, const struct driver_answer *answer,
		   struct fly_buf *where);
/** Does got hold what want says? The plain comparison, without those allowances. */
bool driver_matches(struct driver *d, const json_t *want, const json_t *got, const char *path,
		    struct fly_buf *where);

/** Each line of DIR/file as JSON (borrowed during the call). Exits when it can't be read. */
void driver_lines(const char *dir, const char *file, void (*each)(json_t *line, void *arg),
		  void *arg);

#endif
