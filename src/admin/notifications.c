/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which notifications an execution has: the plan's, the request's or none. It checks no form
 * (validate_notifications.c does) and sends nothing.
 * Source: flyte-api §2.7.
 */
#include "create.h"

#define OVERRIDES(o) FLYTEIDL__ADMIN__EXECUTION_SPEC__NOTIFICATION_OVERRIDES_##o

void fly_complete_notifications(struct fly_create *c)
{
	const Flyteidl__Admin__ExecutionSpec *spec = c->spec;
	const Flyteidl__Admin__LaunchPlanMetadata *plan = c->plan ? c->plan->entity_metadata : NULL;

	if (plan) {
		c->closure->notifications = plan->notifications;
		c->closure->n_notifications = plan->n_notifications;
	}
	if (spec->notification_overrides_case == OVERRIDES(NOTIFICATIONS)) {
		if (!spec->notifications->n_notifications)
			return;
		c->closure->notifications = spec->notifications->notifications;
		c->closure->n_notifications = spec->notifications->n_notifications;
	} else if (spec->notification_overrides_case == OVERRIDES(DISABLE_ALL) &&
		   spec->disable_all) {
		c->closure->n_notifications = 0;
	}
}
