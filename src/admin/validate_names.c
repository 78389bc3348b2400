/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The forms of names: DNS labels and execution names. It does not know whether a name is taken.
 * Source: RFC 1123; flyte-api §2.4 and its list of deliberate differences.
 */
#include "admin_private.h"

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int check_label(const char *text, const char *field, bool letter_first, struct fly_why *why)
{
	size_t len = strlen(text);
	size_t i;

	if (len > FLY_NAME_MAX)
		return fly_refuse(why, FLY_INVALID_ARGUMENT,
				  "%s \"%s\" has %zu bytes, %d are allowed", field, text, len,
				  FLY_NAME_MAX);
	for (i = 0; i < len; i++) {
		if (!is_lower(text[i]) && !is_digit(text[i]) && text[i] != '-')
			break;
	}
	if (len && i == len && (is_lower(text[0]) || (is_digit(text[0]) && !letter_first)) &&
	    text[len - 1] != '-')
		return 0;
	return fly_refuse(why, FLY_INVALID_ARGUMENT,
			  "%s \"%s\" is not allowed: small letters a-z, digits and dashes, "
			  "beginning with a %s and not ending with a dash", field, text,
			  letter_first ? "letter" : "letter or digit");
}

int fly_check_dns_label(const char *text, const char *field, struct fly_why *why)
{
	return check_label(text, field, false, why);
}

int fly_check_execution_name(const char *name, struct fly_why *why)
{
	return check_label(name, "execution name", true, why);
}
