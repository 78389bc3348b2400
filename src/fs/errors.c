/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Refusals as text; see errors.h. Bounded: so many users, so many bytes of each, the oldest go
 * first.
 */
#include "errors.h"

#include <pthread.h>

#include "flytefs/codec.h"

enum { USERS_MAX = 1024, TEXT_MAX = 32 << 10 };

struct user {
	uid_t uid;
	int64_t changed_ns;
	struct fly_buf text;
};

struct fly_errors {
	pthread_mutex_t lock;
	struct user *users;	/* lock; by uid */
	size_t n_users;		/* lock */
};

int fly_errors_create(struct fly_errors **out)
{
	struct fly_errors *errors = calloc(1, sizeof(*errors));

	if (!errors)
		return -ENOMEM;
	errors->users = calloc(USERS_MAX, sizeof(*errors->users));
	if (!errors->users) {
		free(errors);
		return -ENOMEM;
	}
	pthread_mutex_init(&errors->lock, NULL);
	*out = errors;
	return 0;
}

void fly_errors_destroy(struct fly_errors *errors)
{
	if (!errors)
		return;
	for (size_t i = 0; i < errors->n_users; i++)
		fly_buf_release(&errors->users[i].text);
	free(errors->users);
	pthread_mutex_destroy(&errors->lock);
	free(errors);
}

/* Index of a uid, or where it would stand. */
static size_t place_locked(const struct fly_errors *errors, uid_t uid)
{
	size_t i = 0;

	while (i < errors->n_users && errors->users[i].uid < uid)
		i++;
	return i;
}

static void drop_locked(struct fly_errors *errors, size_t i)
{
	fly_buf_release(&errors->users[i].text);
	memmove(&errors->users[i], &errors->users[i + 1],
		(--errors->n_users - i) * sizeof(*errors->users));
}

static struct user *user_locked(struct fly_errors *errors, uid_t uid)
{
	size_t i = place_locked(errors, uid), oldest = 0;

	if (i < errors->n_users && errors->users[i].uid == uid)
		return &errors->users[i];
	if (errors->n_users == USERS_MAX) {
		for (size_t k = 1; k < errors->n_users; k++)
			if (errors->users[k].changed_ns < errors->users[oldest].changed_ns)
				oldest = k;
		drop_locked(errors, oldest);
		i = place_locked(errors, uid);
	}
	memmove(&errors->users[i + 1], &errors->users[i],
		(errors->n_users++ - i) * sizeof(*errors->users));
	errors->users[i] = (struct user){ .uid = uid };
	return &errors->users[i];
}

static void trim(struct fly_buf *b)
{
	const char *cut;

	if (b->len <= TEXT_MAX)
		return;
	cut = memchr(b->data + b->len - TEXT_MAX, '\n', TEXT_MAX);
	if (!cut)
		return;
	b->len -= (size_t)(++cut - b->data);
	memmove(b->data, cut, b->len + 1);
}

static void add_field(struct fly_buf *b, const char *text, char end)
{
	for (; *text; text++)
		fly_buf_putc(b, (unsigned char)*text < ' ' || *text == 0x7f ? ' ' : *text);
	fly_buf_putc(b, end);
}

void fly_errors_add(struct fly_errors *errors, uid_t uid, pid_t pid, const char *path, int error,
		    const char *sentence)
{
	const char *name = strerrorname_np(error);
	int64_t now = fly_file_now_ns();
	auto_buf line = { 0 };
	struct user *u;

	fly_time_print(now, &line);
	fly_buf_printf(&line, "\t%d\t", (int)pid);
	add_field(&line, path, '\t');
	add_field(&line, name ? name : "?", '\t');
	add_field(&line, sentence, '\n');
	fly_log(FLY_INFO, "fs", "refused uid %u: %s: %s: %s", uid, path, name ? name : "?",
		sentence);
	if (line.failed)
		return;
	pthread_mutex_lock(&errors->lock);
	u = user_locked(errors, uid);
	fly_buf_add(&u->text, line.data, line.len);
	trim(&u->text);
	u->changed_ns = fly_time_after(u->changed_ns, now);
	pthread_mutex_unlock(&errors->lock);
}

void fly_errors_read(struct fly_errors *errors, uid_t uid, uint64_t off, size_t len,
		     struct fly_buf *b, uint64_t *size, int64_t *changed_ns)
{
	size_t i;

	*size = 0;
	*changed_ns = 0;
	pthread_mutex_lock(&errors->lock);
	i = place_locked(errors, uid);
	if (i < errors->n_users && errors->users[i].uid == uid) {
		const struct user *u = &errors->users[i];

		*size = u->text.len;
		*changed_ns = u->changed_ns;
		if (b && off < u->text.len)
			fly_buf_add(b, u->text.data + off,
				    len < u->text.len - off ? len : u->text.len - off);
	}
	pthread_mutex_unlock(&errors->lock);
}

size_t fly_errors_users(struct fly_errors *errors, int64_t after, size_t max, uid_t *out)
{
	size_t n = 0;

	pthread_mutex_lock(&errors->lock);
	for (size_t i = 0; i < errors->n_users && n < max; i++)
		if ((int64_t)errors->users[i].uid > after)
			out[n++] = errors->users[i].uid;
	pthread_mutex_unlock(&errors->lock);
	return n;
}
