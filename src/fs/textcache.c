/* SPDX-License-Identifier: Apache-2.0 */
/* Long texts; see textcache.h. */
#include "textcache.h"

#include <pthread.h>

#define SLOTS 64
#define BYTES_MAX ((size_t)24 << 20)	/* all together; one longer text may stand alone */
#define AGE_NS (10 * INT64_C(1000000000))

struct text {
	uint64_t ino;
	int64_t version;
	int64_t used_ns;	/* 0: free */
	bool reported;		/* whatever its version */
	struct fly_buf bytes;
};

struct fly_textcache {
	pthread_mutex_t lock;
	atomic_uint used;		/* slots in use */
	struct text texts[SLOTS];	/* lock */
};

int fly_textcache_create(struct fly_textcache **out)
{
	struct fly_textcache *cache = calloc(1, sizeof(*cache));

	if (!cache)
		return -ENOMEM;
	pthread_mutex_init(&cache->lock, NULL);
	*out = cache;
	return 0;
}

static void drop_locked(struct fly_textcache *cache, struct text *t)
{
	if (t->used_ns)
		atomic_fetch_sub(&cache->used, 1);
	fly_buf_release(&t->bytes);
	*t = (struct text){ 0 };
}

void fly_textcache_destroy(struct fly_textcache *cache)
{
	if (!cache)
		return;
	for (size_t i = 0; i < SLOTS; i++)
		drop_locked(cache, &cache->texts[i]);
	pthread_mutex_destroy(&cache->lock);
	free(cache);
}

bool fly_textcache_read(struct fly_textcache *cache, uint64_t ino, int64_t version, uint64_t off,
			size_t len, struct fly_buf *b)
{
	bool found = false;

	if (!atomic_load(&cache->used))
		return false;
	pthread_mutex_lock(&cache->lock);
	for (size_t i = 0; i < SLOTS && !found; i++) {
		struct text *t = &cache->texts[i];
		size_t left;

		if (!t->used_ns || t->ino != ino || (t->version != version && !t->reported))
			continue;
		found = true;
		left = off < t->bytes.len ? t->bytes.len - off : 0;
		if (left)
			fly_buf_add(b, t->bytes.data + off, len < left ? len : left);
		t->used_ns = fly_tick_ns();
		if (len >= left && !t->reported)
			drop_locked(cache, t);
	}
	pthread_mutex_unlock(&cache->lock);
	return found;
}

static struct text *oldest_locked(struct fly_textcache *cache, bool used)
{
	struct text *oldest = NULL;

	for (size_t i = 0; i < SLOTS; i++) {
		struct text *t = &cache->texts[i];

		if ((!used || t->used_ns) && (!oldest || t->used_ns < oldest->used_ns))
			oldest = t;
	}
	return oldest;
}

static size_t bytes_locked(const struct fly_textcache *cache)
{
	size_t n = 0;

	for (size_t i = 0; i < SLOTS; i++)
		n += cache->texts[i].bytes.cap;
	return n;
}

static void put_locked(struct fly_textcache *cache, uint64_t ino, int64_t version, bool reported,
		       struct fly_buf *text)
{
	struct text *t;

	for (size_t i = 0; i < SLOTS; i++)
		if (cache->texts[i].ino == ino)
			drop_locked(cache, &cache->texts[i]);
	while (bytes_locked(cache) + text->cap > BYTES_MAX && (t = oldest_locked(cache, true)))
		drop_locked(cache, t);
	t = oldest_locked(cache, false);
	drop_locked(cache, t);
	*t = (struct text){ ino, version, fly_tick_ns(), reported, *text };
	atomic_fetch_add(&cache->used, 1);
	*text = (struct fly_buf){ 0 };
}

void fly_textcache_keep(struct fly_textcache *cache, uint64_t ino, int64_t version,
			struct fly_buf *text)
{
	pthread_mutex_lock(&cache->lock);
	put_locked(cache, ino, version, false, text);
	pthread_mutex_unlock(&cache->lock);
}

bool fly_textcache_report(struct fly_textcache *cache, uint64_t ino, int64_t version,
			  const _Atomic uint32_t *seen, uint32_t then, struct fly_buf *text)
{
	bool fresh;

	pthread_mutex_lock(&cache->lock);
	fresh = atomic_load(seen) == then;
	if (fresh)
		put_locked(cache, ino, version, true, text);
	pthread_mutex_unlock(&cache->lock);
	return fresh;
}

void fly_textcache_unreport(struct fly_textcache *cache, uint64_t ino)
{
	if (!atomic_load(&cache->used))
		return;
	pthread_mutex_lock(&cache->lock);
	for (size_t i = 0; i < SLOTS; i++)
		if (cache->texts[i].ino == ino && cache->texts[i].reported)
			drop_locked(cache, &cache->texts[i]);
	pthread_mutex_unlock(&cache->lock);
}

void fly_textcache_age(struct fly_textcache *cache)
{
	int64_t now = fly_tick_ns();

	if (!atomic_load(&cache->used))
		return;
	pthread_mutex_lock(&cache->lock);
	for (size_t i = 0; i < SLOTS; i++)
		if (cache->texts[i].used_ns && now - cache->texts[i].used_ns > AGE_NS)
			drop_locked(cache, &cache->texts[i]);
	pthread_mutex_unlock(&cache->lock);
}
