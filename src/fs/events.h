/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `.flytefs/events`: a line of JSON for each change of phase, a text that grows (`tail -f` follows
 * it, `cat` ends). Bounded: over 2 MiB the oldest lines go; tail says "file truncated" and shows
 * those that stayed once more, which their times tell.
 */
#ifndef FLYTEFS_FS_EVENTS_H
#define FLYTEFS_FS_EVENTS_H

#include "flytefs/base.h"

struct fly_events;

int fly_events_create(struct fly_events **out);
void fly_events_destroy(struct fly_events *events);
/** path: "PROJECT/DOMAIN/executions/NAME[/nodes/ID]"; borrowed. */
void fly_events_add(struct fly_events *events, int64_t at_ns, const char *path, const char *phase);
/** Bytes off … off + len into b (NULL: none); size and time of the newest line come back. */
void fly_events_read(struct fly_events *events, uint64_t off, size_t len, struct fly_buf *b,
		     uint64_t *size, int64_t *changed_ns);

#endif
