/* SPDX-License-Identifier: Apache-2.0 */
/* Documents on their way in; see incoming.h. Knows no draft and no kernel. */
#include "incoming.h"

static int grow(struct fly_incoming *in, size_t size)
{
	size_t cap = in->cap ? in->cap : 512;
	uint8_t *data;

	if (size <= in->cap)
		return 0;
	while (cap < size)
		cap *= 2;
	data = realloc(in->data, cap);
	if (!data)
		return -ENOMEM;
	in->data = data;
	in->cap = cap;
	return 0;
}

static int check_size(uint64_t off, size_t len, size_t max, struct fly_why *why)
{
	if (off <= max && len <= max - off)
		return 0;
	return fly_fail(why, EFBIG, "it is longer than %zu bytes, which is the most this file may "
			"hold", max);
}

/* The scanner starts over when bytes that it has seen change. */
static void touched(struct fly_incoming *in, uint64_t off)
{
	if (in->scanning && off < in->scan.offset)
		in->scanning = false;
	if (in->scanning && in->scan.state == FLY_SCAN_BAD)
		in->scanning = false;
}

int fly_incoming_write(struct fly_incoming *in, struct fly_bytes bytes, uint64_t off, size_t max,
		       struct fly_why *why)
{
	int rc = check_size(off, bytes.len, max, why);

	if (rc < 0)
		return rc;
	if (grow(in, (size_t)off + bytes.len) < 0)
		return fly_no_memory(why);
	if (off > in->len)
		memset(in->data + in->len, 0, (size_t)off - in->len);
	touched(in, off < in->len ? off : in->len);
	if (bytes.len)
		memcpy(in->data + off, bytes.data, bytes.len);
	if ((size_t)off + bytes.len > in->len)
		in->len = (size_t)off + bytes.len;
	return 0;
}

int fly_incoming_resize(struct fly_incoming *in, uint64_t size, size_t max, struct fly_why *why)
{
	int rc = check_size(size, 0, max, why);

	if (rc < 0)
		return rc;
	if (grow(in, (size_t)size) < 0)
		return fly_no_memory(why);
	if (size > in->len)
		memset(in->data + in->len, 0, (size_t)size - in->len);
	touched(in, size < in->len ? size : in->len);
	in->len = (size_t)size;
	return 0;
}

enum fly_scan_state fly_incoming_scan(struct fly_incoming *in)
{
	size_t seen;

	if (!in->scanning) {
		fly_scan_init(&in->scan);
		in->scanning = true;
	}
	seen = (size_t)in->scan.offset;
	if (in->scan.state == FLY_SCAN_BAD || seen >= in->len)
		return in->scan.state;
	return fly_scan_feed(&in->scan, in->data + seen, in->len - seen);
}

int fly_incoming_refuse(const struct fly_incoming *in, const char *file, struct fly_why *why)
{
	return fly_fail(why, EINVAL, "%s:%u:%u: %s", file, in->scan.line, in->scan.column,
			in->scan.reason ? in->scan.reason : "this is not JSON");
}

void fly_incoming_release(struct fly_incoming *in)
{
	free(in->data);
	*in = (struct fly_incoming){ 0 };
}
