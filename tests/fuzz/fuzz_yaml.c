/* SPDX-License-Identifier: Apache-2.0 */
/*
 * YAML into documents: what is read is a tree that JSON can say and that reads back as the same;
 * what is refused has a place and a reason. What follows a NUL in the input is a path to fail at.
 */
#include "flytefs/codec.h"

#include <jansson.h>

#include "fuzz_types.h"

static void check_json(const json_t *root)
{
	auto_free char *text = json_dumps(root, JSON_ENCODE_ANY);
	struct fly_doc *again = NULL;

	must(text);
	if (!json_is_object(root) && !json_is_array(root))
		return;
	must(fly_doc_parse(text, strlen(text), &again, NULL) == 0);
	must(json_equal(root, fly_doc_root(again)));
	fly_doc_free(again);
}

/* "3:14: …", or "byte 3: …" for bytes that are no text. */
static bool has_place(const char *text)
{
	unsigned line, column;
	int end = 0;

	return (sscanf(text, "%u:%u: %n", &line, &column, &end) == 2 && end && line && column) ||
	       !strncmp(text, "byte ", 5);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nul = memchr(data, '\0', size);
	const size_t len = nul ? (size_t)(nul - data) : size;
	auto_free char *path = nul ? strndup((const char *)nul + 1, size - len - 1) : NULL;
	struct fly_doc *doc = NULL;
	struct fly_why why = {0};

	if (fly_doc_parse_yaml((const char *)data, len, &doc, &why) < 0) {
		must(why.error == EINVAL && has_place(why.text));
		return 0;
	}
	check_json(fly_doc_root(doc));
	must(fly_doc_fail(doc, &why, path ? path : "", "a reason") == -EINVAL);
	must(has_place(why.text));
	fly_doc_free(doc);
	return 0;
}
