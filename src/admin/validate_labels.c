/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The form of labels, which is that of Kubernetes: an optional DNS prefix and a name, a value of
 * the same letters. It does not know which labels win.
 * Source: flyte-api §2.4, step 10.
 */
#include "admin_private.h"

#define LABEL_NAME_MAX 63
#define LABEL_PREFIX_MAX 253

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* ([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9] */
static bool is_label_name(const char *text, size_t len)
{
	size_t i;

	if (!len || !is_alnum(text[0]) || !is_alnum(text[len - 1]))
		return false;
	for (i = 1; i + 1 < len; i++) {
		if (!is_alnum(text[i]) && !strchr("-_.", text[i]))
			return false;
	}
	return true;
}

/* [a-z0-9]([-a-z0-9]*[a-z0-9])? */
static bool is_dns_part(const char *text, size_t len)
{
	size_t i;

	if (!len || text[0] == '-' || text[len - 1] == '-')
		return false;
	for (i = 0; i < len; i++) {
		if (text[i] != '-' && (!is_alnum(text[i]) || (text[i] >= 'A' && text[i] <= 'Z')))
			return false;
	}
	return true;
}

static bool is_dns_name(const char *text, size_t len)
{
	const char *end = text + len;

	if (len > LABEL_PREFIX_MAX)
		return false;
	for (;;) {
		const char *dot = memchr(text, '.', (size_t)(end - text));
		const char *stop = dot ? dot : end;

		if (!is_dns_part(text, (size_t)(stop - text)))
			return false;
		if (!dot)
			return true;
		text = dot + 1;
	}
}

static int check_key(const char *key, const char *field, struct fly_why *why)
{
	const char *slash = strchr(key, '/');
	const char *name = slash ? slash + 1 : key;
	size_t len = strlen(name);

	if (slash && !is_dns_name(key, (size_t)(slash - key)))
		return fly_refuse(why, FLY_INVALID_ARGUMENT,
				  "%s: the prefix of key \"%s\" is no DNS name of at most %d bytes "
				  "(small letters, digits, dashes and dots)", field, key,
				  LABEL_PREFIX_MAX);
	if (len > LABEL_NAME_MAX)
		return fly_refuse(why, FLY_INVALID_ARGUMENT,
				  "%s: key \"%s\" has a name of %zu bytes, %d are allowed", field,
				  key, len, LABEL_NAME_MAX);
	if (!is_label_name(name, len))
		return fly_refuse(why, FLY_INVALID_ARGUMENT,
				  "%s: key \"%s\" is not allowed: letters, digits, '-', '_' and "
				  "'.', a letter or digit at both ends, after an optional prefix "
				  "and '/'", field, key);
	return 0;
}

static int check_value(const char *key, const char *value, const char *field, struct fly_why *why)
{
	size_t len = strlen(value);

	if (len > LABEL_NAME_MAX)
		return fly_refuse(why, FLY_INVALID_ARGUMENT,
				  "%s: value \"%s\" of %s has %zu bytes, %d are allowed", field,
				  value, key, len, LABEL_NAME_MAX);
	if (len && !is_label_name(value, len))
		return fly_refuse(why, FLY_INVALID_ARGUMENT,
				  "%s: value \"%s\" of %s is not allowed: letters, digits, '-', "
				  "'_' and '.', a letter or digit at both ends, or nothing", field,
				  value, key);
	return 0;
}

int fly_check_labels(const Flyteidl__Admin__Labels *labels, const char *field, struct fly_why *why)
{
	size_t i;
	int rc;

	if (!labels)
		return 0;
	if (labels->n_values > FLY_LABELS_MAX)
		return fly_refuse(why, FLY_INVALID_ARGUMENT, "%s: %zu labels, %d are allowed",
				  field, labels->n_values, FLY_LABELS_MAX);
	for (i = 0; i < labels->n_values; i++) {
		const Flyteidl__Admin__Labels__ValuesEntry *entry = labels->values[i];

		rc = check_key(entry->key, field, why);
		if (rc < 0)
			return rc;
		rc = check_value(entry->key, entry->value, field, why);
		if (rc < 0)
			return rc;
	}
	return 0;
}
