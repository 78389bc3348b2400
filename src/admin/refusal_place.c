/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where in the document does a refusal lie? Sentences of CreateExecution begin with the path of
 * what they are about ("spec.labels: …"); once one is refused, the document it was read from is
 * read again for the line and column. It decides nothing.
 * Source: DESIGN §4.
 */
#include <ctype.h>
#include <jansson.h>

#include "admin_private.h"

/* Length of the path at the start of a sentence; 0: it begins with other words. */
static size_t path_len(const char *text)
{
	static const char *const roots[] = {"spec", "inputs", "project", "domain", "name"};
	size_t i, n = strcspn(text, " .:[");

	for (i = 0; i < FLY_ARRAY_LEN(roots); i++) {
		if (strlen(roots[i]) == n && !strncmp(text, roots[i], n))
			break;
	}
	if (i == FLY_ARRAY_LEN(roots))
		return 0;
	while (text[n] && text[n] != ' ' && text[n] != ':') {
		if (strncmp(text + n, "[\"", 2) != 0) {
			n++;
			continue;
		}
		for (n += 2; text[n] && text[n] != '"'; n++)
			n += text[n] == '\\' && text[n + 1];
		n += text[n] == '"';
	}
	return n;
}

/* The same thing as the document calls it: it may be the spec alone, and say inputs in its way. */
static void put_path(const json_t *root, const char *path, size_t len, struct fly_buf *b)
{
	const json_t *spec = json_object_get(root, "spec"), *inputs;
	bool of_inputs = !strncmp(path, "inputs", strlen("inputs"));

	if (!strncmp(path, "spec", 4) && !spec) {
		fly_buf_add(b, path + 4 + (path[4] == '.'), len - 4 - (path[4] == '.'));
		return;
	}
	if (!of_inputs) {
		fly_buf_add(b, path, len);
		return;
	}
	inputs = json_object_get(root, "inputs");
	if (!inputs && spec) {
		inputs = json_object_get(spec, "inputs");
		fly_buf_puts(b, inputs ? "spec." : "");
	}
	fly_buf_puts(b, "inputs");
	if (json_object_size(inputs) == 1 && json_is_object(json_object_get(inputs, "literals")))
		fly_buf_puts(b, ".literals");
	fly_buf_add(b, path + strlen("inputs"), len - strlen("inputs"));
}

/* "LINE:COLUMN: path: reason"; nothing when the sentence names no part of the document. */
static void find_place(struct fly_doc *doc, const char *sentence, struct fly_why *out)
{
	size_t len = path_len(sentence);
	const char *reason = sentence + len;
	auto_buf path = {0};

	if (!len)
		return;
	put_path(fly_doc_root(doc), sentence, len, &path);
	if (path.failed)
		return;
	if (*reason == ':')
		reason += 1 + (reason[1] == ' ');
	else if (!strncmp(reason, " \"", 2))
		reason++;
	/* "labels is missing" becomes "labels: it is missing" */
	fly_doc_fail(doc, out, path.data ? path.data : "", "%s%s", *reason == ' ' ? "it" : "",
		     reason);
}

static void place_in_text(const struct fly_document_text *d, const char *sentence,
			  struct fly_why *out)
{
	struct fly_doc *doc;
	int rc;

	if (d->form == FLY_DOCUMENT_WIRE)
		return;
	rc = d->form == FLY_DOCUMENT_YAML ? fly_doc_parse_yaml(d->text, d->len, &doc, NULL)
					  : fly_doc_parse(d->text, d->len, &doc, NULL);
	if (rc < 0)
		return;
	find_place(doc, sentence, out);
	fly_doc_free(doc);
}

void fly_place_refusal(const struct fly_document_text *d, struct fly_why *why)
{
	struct fly_why placed = {0};

	if (!d || (why->status != FLY_INVALID_ARGUMENT && why->status != FLY_NOT_FOUND))
		return;
	place_in_text(d, why->text, &placed);
	if (*placed.text)
		memcpy(why->text, placed.text, sizeof(why->text));
	fly_why_prefix(why, isdigit((unsigned char)*placed.text) ? "%s:" : "%s: ", d->file);
}
