/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts kept for a moment, small and bounded, for two reasons:
 *
 *  - long ones are read in several READs and rendered once;
 *  - of one that may change any moment (of a running execution) a READ must give the text whose
 *    size the kernel was told last, or it is cut at that size. So LOOKUP and GETATTR report the
 *    text with its size, and a READ gives it even when the row has changed since; the invalidation
 *    that this change caused drops the attributes, and the next read asks anew.
 */
#ifndef FLYTEFS_FS_TEXTCACHE_H
#define FLYTEFS_FS_TEXTCACHE_H

#include <stdatomic.h>

#include "flytefs/base.h"

/* A row that changes while it is read is read again, a few times. */
#define FLY_REPORT_TRIES 4

struct fly_textcache;

int fly_textcache_create(struct fly_textcache **out);
void fly_textcache_destroy(struct fly_textcache *cache);
/**
 * Bytes off … off + len into b when this version of the text is here, or the one that was
 * reported. The end of a long text drops it.
 */
bool fly_textcache_read(struct fly_textcache *cache, uint64_t ino, int64_t version, uint64_t off,
			size_t len, struct fly_buf *b);
/** Keep a text; its bytes are taken over (text is empty afterwards). */
void fly_textcache_keep(struct fly_textcache *cache, uint64_t ino, int64_t version,
			struct fly_buf *text);
/**
 * The kernel is told the size of this version of a text (taken over) that may change. seen counts
 * the changes of its row, then is what it was before the row was read: false when there has been
 * one since. The text is old then, and may not take the place of one that a later answer has
 * reported.
 */
bool fly_textcache_report(struct fly_textcache *cache, uint64_t ino, int64_t version,
			  const _Atomic uint32_t *seen, uint32_t then, struct fly_buf *text);
/** The kernel is told another size, without the text. */
void fly_textcache_unreport(struct fly_textcache *cache, uint64_t ino);
/** Drop what nobody has read for a while; called now and then. */
void fly_textcache_age(struct fly_textcache *cache);

#endif
