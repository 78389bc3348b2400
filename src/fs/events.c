/* SPDX-License-Identifier: Apache-2.0 */
/* The text of events; see events.h. */
#include "events.h"

#include <pthread.h>

#include "flytefs/codec.h"

#define TEXT_MAX ((size_t)2 << 20)

struct fly_events {
	pthread_mutex_t lock;
	struct fly_buf text;	/* lock */
	int64_t changed_ns;	/* lock */
};

int fly_events_create(struct fly_events **out)
{
	struct fly_events *events = calloc(1, sizeof(*events));

	if (!events)
		return -ENOMEM;
	pthread_mutex_init(&events->lock, NULL);
	events->changed_ns = fly_file_now_ns();
	*out = events;
	return 0;
}

void fly_events_destroy(struct fly_events *events)
{
	if (!events)
		return;
	fly_buf_release(&events->text);
	pthread_mutex_destroy(&events->lock);
	free(events);
}

static void put_line(struct fly_buf *line, int64_t at_ns, const char *path, const char *phase)
{
	fly_buf_puts(line, "{\"time\":\"");
	fly_time_print(at_ns, line);
	fly_buf_puts(line, "\",\"path\":");
	fly_json_string(path, line);
	fly_buf_printf(line, ",\"phase\":\"%s\"}\n", phase);
}

/* Whole lines are dropped from the front until a quarter is left. */
static void drop_oldest_locked(struct fly_events *events)
{
	struct fly_buf *text = &events->text;
	size_t from = text->len - text->len / 4;
	const char *line = memchr(text->data + from, '\n', text->len - from);
	struct fly_buf rest = { 0 };

	if (line)
		fly_buf_add(&rest, line + 1, (size_t)(text->data + text->len - line - 1));
	fly_buf_release(text);
	*text = rest;
}

void fly_events_add(struct fly_events *events, int64_t at_ns, const char *path, const char *phase)
{
	auto_buf line = { 0 };

	put_line(&line, at_ns, path, phase);
	if (line.failed)
		return;
	pthread_mutex_lock(&events->lock);
	if (events->text.len + line.len > TEXT_MAX)
		drop_oldest_locked(events);
	fly_buf_add(&events->text, line.data, line.len);
	events->changed_ns = fly_file_time_after(events->changed_ns);
	pthread_mutex_unlock(&events->lock);
}

void fly_events_read(struct fly_events *events, uint64_t off, size_t len, struct fly_buf *b,
		     uint64_t *size, int64_t *changed_ns)
{
	pthread_mutex_lock(&events->lock);
	*size = events->text.len;
	*changed_ns = events->changed_ns;
	if (b && off < events->text.len)
		fly_buf_add(b, events->text.data + off,
			    len < events->text.len - off ? len : events->text.len - off);
	pthread_mutex_unlock(&events->lock);
}
