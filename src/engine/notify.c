/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify: mail when an execution is over. The document goes to sendmail's stdin and the recipients
 * stand in its header; nothing of a user's becomes an argument or passes a shell.
 * Source: flyte-api §2.7.
 */
#include "model.h"

#include <stdio.h>

static bool is_wanted(const Flyteidl__Admin__Notification *n, int phase)
{
	for (size_t i = 0; i < n->n_phases; i++)
		if ((int)n->phases[i] == phase)
			return true;
	return false;
}

static size_t recipients_of(const Flyteidl__Admin__Notification *n, char ***out)
{
	switch (n->type_case) {
	case FLYTEIDL__ADMIN__NOTIFICATION__TYPE_EMAIL:
		*out = n->email->recipients_email;
		return n->email->n_recipients_email;
	case FLYTEIDL__ADMIN__NOTIFICATION__TYPE_PAGER_DUTY:
		*out = n->pager_duty->recipients_email;
		return n->pager_duty->n_recipients_email;
	case FLYTEIDL__ADMIN__NOTIFICATION__TYPE_SLACK:
		*out = n->slack->recipients_email;
		return n->slack->n_recipients_email;
	default:
		return 0;
	}
}

/* A header ends with its line: what would begin another one is left out. */
static void add_header_text(struct fly_buf *b, const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text >= ' ' && *text != 0x7f)
			fly_buf_putc(b, *text);
}

static void add_recipients(struct fly_buf *b, char **list, size_t n)
{
	fly_buf_puts(b, "To: ");
	for (size_t i = 0; i < n; i++) {
		if (i)
			fly_buf_puts(b, ", ");
		add_header_text(b, list[i]);
	}
	fly_buf_putc(b, '\n');
}

static const char *lower_phase(int phase)
{
	switch (phase) {
	case FLY_PHASE_RUN(SUCCEEDED):
		return "succeeded";
	case FLY_PHASE_RUN(FAILED):
		return "failed";
	case FLY_PHASE_RUN(TIMED_OUT):
		return "timed_out";
	default:
		return "aborted";
	}
}

static void write_mail(const struct fly_run *run, char **recipients, size_t n, struct fly_buf *b)
{
	const Flyteidl__Core__WorkflowExecutionIdentifier *id = run->identifier;
	const Flyteidl__Core__Identifier *plan = run->spec->launch_plan;
	const char *phase = lower_phase(run->phase);

	add_recipients(b, recipients, n);
	fly_buf_puts(b, "Subject: ");
	add_header_text(b, id->name);
	fly_buf_printf(b,
		       " %s\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
		       "Content-Transfer-Encoding: 8bit\n\n",
		       phase);
	fly_buf_printf(b, "Execution %s of project %s, domain %s has %s.", id->name, id->project,
		       id->domain, phase);
	if (run->error)
		fly_buf_printf(b, " The execution failed with error: [%s].", run->error->message);
	fly_buf_putc(b, '\n');
	if (run->abort_cause && *run->abort_cause)
		fly_buf_printf(b, "Cause: %s\n", run->abort_cause);
	if (run->workflow_id)
		fly_buf_printf(b, "Workflow: %s version %s\n", run->workflow_id->name,
			       run->workflow_id->version);
	if (plan)
		fly_buf_printf(b, "Launch plan: %s version %s\n", plan->name, plan->version);
}

/* The mail is the user's, and so says its sender: a daemon of root's sends none in root's name. */
static void post(struct fly_run *run, const char *mail)
{
	struct fly_engine *e = run->engine;
	char uid[16], gid[16];
	char *argv[] = {"flytefs-task", "as",  uid,   gid, e->sendmail,
			"sendmail",     "-t", "-oi", NULL};

	snprintf(uid, sizeof(uid), "%u", run->uid);
	snprintf(gid, sizeof(gid), "%u", run->gid);
	if (run->switch_user)
		fly_helper_start(e, e->task_program, argv, mail);
	else
		fly_helper_start(e, e->sendmail, argv + 5, mail);
}

static void send(struct fly_run *run, const Flyteidl__Admin__Notification *n)
{
	char **recipients = NULL;
	size_t n_recipients = recipients_of(n, &recipients);
	auto_buf mail = {0};

	if (!n_recipients)
		return;
	write_mail(run, recipients, n_recipients, &mail);
	if (!run->engine->sendmail)
		fly_log(FLY_INFO, "engine", "execution %s has %s: no program to mail %s with",
			run->identifier->name, lower_phase(run->phase), recipients[0]);
	else if (!mail.failed)
		post(run, mail.data);
}

void fly_notify(struct fly_run *run)
{
	for (size_t i = 0; i < run->n_notifications; i++)
		if (is_wanted(run->notifications[i], run->phase))
			send(run, run->notifications[i]);
}
