/* SPDX-License-Identifier: Apache-2.0 */
/* The schema as data: see schema.c. Private to the store. */
#ifndef FLYTEFS_STORE_SCHEMA_H
#define FLYTEFS_STORE_SCHEMA_H

#include <stddef.h>

#define FLY_APPLICATION_ID 0x666c7974	/* "flyt", in the file's header */
#define FLY_PAGE_SIZE 4096

/* Steps from version i to i + 1, each a text of SQL; their number is the present version. */
extern const char *const fly_schema_steps[];
extern const size_t fly_schema_n_steps;

#endif
