/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The form of notifications: one channel, recipients, phases in which they can fire. It does not
 * know which list applies nor how mail is sent.
 * Source: flyte-api §2.7.
 */
#include "admin_private.h"

static void channel_recipients(const Flyteidl__Admin__Notification *n, const char **channel,
			       char *const **recipients, size_t *n_recipients)
{
	switch ((int)n->type_case) {
	case FLYTEIDL__ADMIN__NOTIFICATION__TYPE_EMAIL:
		*channel = "email";
		*recipients = n->email->recipients_email;
		*n_recipients = n->email->n_recipients_email;
		break;
	case FLYTEIDL__ADMIN__NOTIFICATION__TYPE_PAGER_DUTY:
		*channel = "pager_duty";
		*recipients = n->pager_duty->recipients_email;
		*n_recipients = n->pager_duty->n_recipients_email;
		break;
	case FLYTEIDL__ADMIN__NOTIFICATION__TYPE_SLACK:
		*channel = "slack";
		*recipients = n->slack->recipients_email;
		*n_recipients = n->slack->n_recipients_email;
		break;
	default:
		*channel = NULL;
	}
}

static int check_recipients(const Flyteidl__Admin__Notification *n, size_t at, const char *field,
			    struct fly_why *why)
{
	char *const *recipients = NULL;
	const char *channel;
	size_t n_recipients = 0;
	size_t i;

	channel_recipients(n, &channel, &recipients, &n_recipients);
	if (!channel)
		return fly_refuse(why, FLY_INVALID_ARGUMENT,
				  "%s[%zu] has no channel: email, pager_duty or slack", field, at);
	if (!n_recipients)
		return fly_refuse(why, FLY_INVALID_ARGUMENT,
				  "%s[%zu].%s.recipients_email is missing", field, at, channel);
	for (i = 0; i < n_recipients; i++) {
		if (!*recipients[i])
			return fly_refuse(why, FLY_INVALID_ARGUMENT,
					  "%s[%zu].%s.recipients_email[%zu] is empty", field, at,
					  channel, i);
	}
	return 0;
}

static int check_phases(const Flyteidl__Admin__Notification *n, size_t at, const char *field,
			struct fly_why *why)
{
	size_t i;

	for (i = 0; i < n->n_phases; i++) {
		const char *name;

		if (fly_phase_is_terminal((int)n->phases[i]))
			continue;
		name = fly_phase_name((int)n->phases[i]);
		return fly_refuse(why, FLY_INVALID_ARGUMENT,
				  "%s[%zu].phases[%zu] is %s: a notification is sent at SUCCEEDED, "
				  "FAILED, ABORTED or TIMED_OUT only", field, at, i,
				  name ? name : "an unknown number");
	}
	return 0;
}

int fly_check_notifications(Flyteidl__Admin__Notification *const *list, size_t n,
			    const char *field, struct fly_why *why)
{
	size_t i;
	int rc;

	for (i = 0; i < n; i++) {
		rc = check_recipients(list[i], i, field, why);
		if (rc < 0)
			return rc;
		rc = check_phases(list[i], i, field, why);
		if (rc < 0)
			return rc;
	}
	return 0;
}
