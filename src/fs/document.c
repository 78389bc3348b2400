/* SPDX-License-Identifier: Apache-2.0 */
/* Half-written documents by inode; see document.h. */
#include "document.h"

#include <pthread.h>

#include "incoming.h"

enum { SLOTS = 64, DOCUMENT_MAX = 1 << 20 };

struct slot {
	uint64_t number;	/* 0: free */
	int64_t used_ns;
	struct fly_incoming in;
};

struct fly_documents {
	pthread_mutex_t lock;
	struct slot slots[SLOTS];	/* lock */
};

int fly_documents_create(struct fly_documents **out)
{
	struct fly_documents *d = calloc(1, sizeof(*d));

	if (!d)
		return -ENOMEM;
	pthread_mutex_init(&d->lock, NULL);
	*out = d;
	return 0;
}

static void drop(struct slot *s)
{
	fly_incoming_release(&s->in);
	*s = (struct slot){ 0 };
}

void fly_documents_destroy(struct fly_documents *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < SLOTS; i++)
		drop(&d->slots[i]);
	pthread_mutex_destroy(&d->lock);
	free(d);
}

static struct slot *find_locked(struct fly_documents *d, uint64_t number)
{
	for (size_t i = 0; i < SLOTS; i++)
		if (d->slots[i].number == number)
			return &d->slots[i];
	return NULL;
}

static struct slot *make_locked(struct fly_documents *d, uint64_t number)
{
	struct slot *s = find_locked(d, number), *oldest = &d->slots[0];

	if (!s) {
		for (size_t i = 1; i < SLOTS; i++)
			if (d->slots[i].used_ns < oldest->used_ns)
				oldest = &d->slots[i];
		s = oldest;
		drop(s);
		s->number = number;
	}
	s->used_ns = fly_tick_ns();
	return s;
}

void fly_document_reset(struct fly_fs *fs, uint64_t number)
{
	struct fly_documents *d = fs->documents;
	struct slot *s;

	pthread_mutex_lock(&d->lock);
	s = find_locked(d, number);
	if (s)
		drop(s);
	pthread_mutex_unlock(&d->lock);
}

static int write_locked(struct slot *s, const char *file, struct fly_bytes bytes, uint64_t off,
			char **text, size_t *len, struct fly_why *why)
{
	int rc = fly_incoming_write(&s->in, bytes, off, DOCUMENT_MAX, why);

	if (rc < 0)
		return rc;
	switch (fly_incoming_scan(&s->in)) {
	case FLY_SCAN_OPEN:
		return 0;
	case FLY_SCAN_BAD:
		return fly_incoming_refuse(&s->in, file, why);
	case FLY_SCAN_DONE:
		break;
	}
	*text = (char *)s->in.data;
	*len = s->in.len;
	s->in = (struct fly_incoming){ 0 };
	drop(s);
	return 1;
}

int fly_document_write(struct fly_request *r, uint64_t number, const char *file,
		       struct fly_bytes bytes, uint64_t off, char **text, size_t *len)
{
	struct fly_documents *d = r->fs->documents;
	struct slot *s;
	int rc = 0;

	pthread_mutex_lock(&d->lock);
	s = find_locked(d, number);
	/* Blanks behind a document that was complete mean nothing. */
	if (s || !fly_is_blank(bytes.data, bytes.len)) {
		s = make_locked(d, number);
		rc = write_locked(s, file, bytes, off, text, len, &r->why);
	}
	pthread_mutex_unlock(&d->lock);
	return rc;
}
