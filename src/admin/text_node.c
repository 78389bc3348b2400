/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The texts of a node's and an attempt's files, and their sizes.
 * Source: DESIGN §3 (nodes/ID/, attempts/N/).
 */
#include "admin_private.h"
#include "task_execution.h"
#include "text.h"
#include "text_tree.h"

#define UNMEASURED UINT32_MAX
#define PHASE(p) FLYTEIDL__CORE__NODE_EXECUTION__PHASE__##p

/* The last of the row's lengths holds the version of the renderer that measured the others. */
#define NODE_VERSION (FLY_NODE_SIZES - 1)
#define ATTEMPT_VERSION (FLY_ATTEMPT_SIZES - 1)

_Static_assert((int)FLY_N_NODE_TEXTS <= (int)NODE_VERSION, "room for the version");
_Static_assert((int)FLY_N_ATTEMPT_TEXTS <= (int)ATTEMPT_VERSION, "room for the version");

bool fly_node_text_exists(enum fly_node_text text, const struct fly_node *n)
{
	switch (text) {
	case FLY_NODE_TEXT_OUTPUTS_JSON:
		return n->phase == PHASE(SUCCEEDED) || n->phase == PHASE(RECOVERED);
	case FLY_NODE_TEXT_ERROR:
		return n->phase == PHASE(FAILED) || n->phase == PHASE(TIMED_OUT) ||
		       n->error_kind >= 0;
	default:
		return text < FLY_N_NODE_TEXTS;
	}
}

static int put_node_closure(enum fly_node_text text, const struct fly_node *n, struct fly_buf *b)
{
	Flyteidl__Admin__NodeExecution *m;
	Flyteidl__Admin__NodeExecutionClosure *closure;
	auto_arena arena = {0};
	int rc = fly_admin_unpack(&flyteidl__admin__node_execution__descriptor, n->message, &arena,
				  (ProtobufCMessage **)&m, NULL);

	if (rc < 0)
		return rc;
	closure = m->closure;
	if (text == FLY_NODE_TEXT_CLOSURE_JSON && closure)
		fly_json_print(&closure->base, FLY_JSON_PRETTY, b);
	else if (closure && closure->output_result_case ==
			    FLYTEIDL__ADMIN__NODE_EXECUTION_CLOSURE__OUTPUT_RESULT_ERROR)
		fly_put_line(b, closure->error->message);
	else
		fly_put_line(b, text == FLY_NODE_TEXT_CLOSURE_JSON ? "{}" : "");
	return 0;
}

int fly_node_text(enum fly_node_text text, const struct fly_node *n, struct fly_buf *b)
{
	int rc = 0;

	switch (text) {
	case FLY_NODE_TEXT_PHASE:
		fly_put_phase(b, fly_node_phase_name(n->phase), n->phase);
		break;
	case FLY_NODE_TEXT_CLOSURE_JSON:
	case FLY_NODE_TEXT_ERROR:
		rc = put_node_closure(text, n, b);
		break;
	case FLY_NODE_TEXT_INPUTS_JSON:
		rc = fly_blob_json(&flyteidl__core__literal_map__descriptor, n->inputs, b);
		break;
	case FLY_NODE_TEXT_OUTPUTS_JSON:
		rc = fly_blob_json(&flyteidl__core__literal_map__descriptor, n->outputs, b);
		break;
	case FLY_N_NODE_TEXTS:
		return -EINVAL;
	}
	return rc < 0 ? rc : b->failed ? -ENOMEM : 0;
}

int64_t fly_node_text_size(enum fly_node_text text, const struct fly_node *n)
{
	auto_buf b = {0};
	int rc;

	if (n->sizes[NODE_VERSION] == FLY_TEXT_VERSION && n->sizes[text] != UNMEASURED)
		return n->sizes[text];
	rc = fly_node_text(text, n, &b);
	return rc < 0 ? rc : (int64_t)b.len;
}

void fly_node_measure(struct fly_node *n)
{
	bool final = fly_node_phase_is_terminal(n->phase);
	auto_buf b = {0};
	int i;

	for (i = 0; i < FLY_N_NODE_TEXTS; i++) {
		enum fly_node_text text = (enum fly_node_text)i;

		fly_buf_clear(&b);
		n->sizes[i] = UNMEASURED;
		if (final && fly_node_text_exists(text, n) && fly_node_text(text, n, &b) >= 0 &&
		    b.len < UNMEASURED)
			n->sizes[i] = (uint32_t)b.len;
	}
	n->sizes[NODE_VERSION] = FLY_TEXT_VERSION;
}

/* --- attempts ----------------------------------------------------------- */

static int put_attempt_closure(const struct fly_attempt *t, struct fly_buf *b)
{
	Flyteidl__Admin__TaskExecution *m;
	auto_arena arena = {0};
	int rc = fly_task_execution_message(t, &arena, &m, NULL);

	if (rc >= 0)
		fly_json_print(&m->closure->base, FLY_JSON_PRETTY, b);
	return rc;
}

int fly_attempt_text(enum fly_attempt_text text, const struct fly_attempt *t, struct fly_buf *b)
{
	int rc = 0;

	switch (text) {
	case FLY_ATTEMPT_TEXT_PHASE:
		fly_put_phase(b, fly_task_phase_name(t->phase), t->phase);
		break;
	case FLY_ATTEMPT_TEXT_CLOSURE_JSON:
		rc = put_attempt_closure(t, b);
		break;
	case FLY_N_ATTEMPT_TEXTS:
		return -EINVAL;
	}
	return rc < 0 ? rc : b->failed ? -ENOMEM : 0;
}

int64_t fly_attempt_text_size(enum fly_attempt_text text, const struct fly_attempt *t)
{
	auto_buf b = {0};
	int rc;

	if (t->sizes[ATTEMPT_VERSION] == FLY_TEXT_VERSION && t->sizes[text] != UNMEASURED)
		return t->sizes[text];
	rc = fly_attempt_text(text, t, &b);
	return rc < 0 ? rc : (int64_t)b.len;
}

void fly_attempt_measure(struct fly_attempt *t)
{
	bool final = fly_task_phase_is_terminal(t->phase);
	auto_buf b = {0};
	int i;

	for (i = 0; i < FLY_N_ATTEMPT_TEXTS; i++) {
		fly_buf_clear(&b);
		t->sizes[i] = UNMEASURED;
		if (final && fly_attempt_text((enum fly_attempt_text)i, t, &b) >= 0 &&
		    b.len < UNMEASURED)
			t->sizes[i] = (uint32_t)b.len;
	}
	t->sizes[ATTEMPT_VERSION] = FLY_TEXT_VERSION;
}
