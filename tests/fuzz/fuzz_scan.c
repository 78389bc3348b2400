/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scanner: the same whole and in pieces, and never at odds with the reader of documents. What
 * follows a NUL in the input is a path to fail at.
 */
#include "flytefs/codec.h"

#include "fuzz_types.h"

static bool same(const struct fly_scan *a, const struct fly_scan *b)
{
	return a->state == b->state && a->offset == b->offset && a->value_end == b->value_end &&
	       a->line == b->line && a->column == b->column && a->reason == b->reason;
}

static void check_pieces(const struct fly_scan *whole, const char *text, size_t len)
{
	struct fly_scan s;
	size_t n;

	fly_scan_init(&s);
	for (size_t at = 0; at < len; at += n) {
		/* Pieces of 1 to 8 bytes, chosen by the text. */
		n = ((uint8_t)text[at] ^ at) % 8 + 1;
		if (n > len - at)
			n = len - at;
		fly_scan_feed(&s, text + at, n);
	}
	must(same(&s, whole));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_free char *copy = strndup((const char *)data, size);
	const size_t len = strlen(copy);
	auto_free char *path =
		len < size ? strndup((const char *)data + len + 1, size - len - 1) : NULL;
	struct fly_doc *doc = NULL;
	struct fly_why why = {0};
	struct fly_scan s;

	fly_scan_init(&s);
	fly_scan_feed(&s, copy, len);
	must((s.state == FLY_SCAN_BAD) == (s.reason != NULL));
	check_pieces(&s, copy, len);
	if (fly_doc_parse(copy, len, &doc, &why) == 0) {
		must(s.state == FLY_SCAN_DONE);
		fly_doc_fail(doc, &why, path ? path : "", "a reason");
		must(why.error == EINVAL);
	}
	fly_doc_free(doc);
	return 0;
}
