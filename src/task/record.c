/* SPDX-License-Identifier: Apache-2.0 */
/* record: the written form of struct fly_record, how an attempt ended. See job.h. */
#include "job.h"

#include "parcel.h"

void fly_found_print(const struct fly_found *found, struct fly_buf *b)
{
	fly_parcel_number(b, "found", found->error);
	fly_parcel_number(b, "kind", found->kind);
	fly_parcel_number(b, "size", (int64_t)found->size);
	fly_parcel_text(b, "path", found->path ? found->path : "");
	fly_parcel_add(b, "data", found->data.data, found->data.len);
}

void fly_record_print(const struct fly_record *record, const struct fly_buf *founds,
		      struct fly_buf *b)
{
	size_t start = b->len;

	fly_parcel_number(b, "fate", record->fate);
	fly_parcel_number(b, "code", record->code);
	fly_parcel_text(b, "text", record->text ? record->text : "");
	fly_parcel_text(b, "tail", record->tail ? record->tail : "");
	fly_parcel_number(b, "started-ns", record->started_ns);
	fly_parcel_number(b, "ended-ns", record->ended_ns);
	fly_parcel_number(b, "n-found", (int64_t)record->n_found);
	fly_buf_add(b, founds->data, founds->len);
	b->failed |= founds->failed;
	fly_parcel_end(b, start);
}

static bool read_found(struct fly_record *r, const char *name, struct fly_bytes v, size_t max)
{
	struct fly_found *last = r->n_found ? &r->found[r->n_found - 1] : NULL;

	if (!strcmp(name, "found") && r->n_found < max) {
		r->found[r->n_found++] = (struct fly_found){.error = (int)fly_parcel_int(v)};
		return true;
	}
	if (!last)
		return false;
	if (!strcmp(name, "kind"))
		last->kind = (enum fly_found_kind)fly_parcel_int(v);
	else if (!strcmp(name, "size"))
		last->size = (uint64_t)fly_parcel_int(v);
	else if (!strcmp(name, "path"))
		last->path = (const char *)v.data;
	else if (!strcmp(name, "data"))
		last->data = v;
	else
		return false;
	return true;
}

static bool read_head(struct fly_record *r, const char *name, struct fly_bytes v)
{
	int64_t number = fly_parcel_int(v);

	if (!strcmp(name, "fate"))
		r->fate = number >= 0 && number < FLY_N_FATES ? (enum fly_fate)number
							      : FLY_FATE_UNSTARTED;
	else if (!strcmp(name, "code"))
		r->code = (int)number;
	else if (!strcmp(name, "text"))
		r->text = (const char *)v.data;
	else if (!strcmp(name, "tail"))
		r->tail = (const char *)v.data;
	else if (!strcmp(name, "started-ns"))
		r->started_ns = number;
	else if (!strcmp(name, "ended-ns"))
		r->ended_ns = number;
	else
		return false;
	return true;
}

int fly_record_parse(char *data, size_t len, struct fly_arena *arena, struct fly_record *out)
{
	struct fly_record r = {.text = "", .tail = ""};
	struct fly_parcel p;
	struct fly_bytes v;
	const char *name;
	int64_t max = 0;

	if (fly_parcel_open(&p, data, len) < 0)
		return -EBADMSG;
	while (fly_parcel_next(&p, &name, &v)) {
		if (!strcmp(name, "n-found")) {
			max = fly_parcel_int(v);
			if (max < 0 || max > 1 << 20)
				return -EBADMSG;
			r.found = fly_arena_zalloc(arena, (size_t)max, sizeof(*r.found));
			if (!r.found)
				return -ENOMEM;
		} else if (!read_head(&r, name, v) && !read_found(&r, name, v, (size_t)max)) {
			return -EBADMSG;
		}
	}
	if (p.failed || r.n_found != (size_t)max)
		return -EBADMSG;
	*out = r;
	return 0;
}
