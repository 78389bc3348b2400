/* SPDX-License-Identifier: Apache-2.0 */
/*
 * template.json: what to copy, edit and launch: a launch plan's inputs in the shorthand, with its
 * defaults filled in and null where a value must be given.
 * Source: DESIGN §3, §4.
 */
#include "admin_private.h"
#include "text_tree.h"

static bool is_none(const Flyteidl__Core__Literal *lit)
{
	lit = fly_literal_inside(lit);
	return lit && lit->value_case == FLYTEIDL__CORE__LITERAL__VALUE_SCALAR &&
	       lit->scalar->value_case == FLYTEIDL__CORE__SCALAR__VALUE_NONE_TYPE;
}

/* A default that plain JSON cannot say is left out: the launch takes it as it is. */
static bool plain_default(const Flyteidl__Core__Parameter *p, struct fly_buf *plain)
{
	fly_buf_clear(plain);
	if (p->behavior_case != FLYTEIDL__CORE__PARAMETER__BEHAVIOR_DEFAULT) {
		fly_buf_puts(plain, "null");
		return true;
	}
	fly_literal_plain(p->default_, plain);
	return plain->len && (strcmp(plain->data, "null") != 0 || is_none(p->default_));
}

static void put_inputs(const Flyteidl__Core__ParameterMap *expected, struct fly_buf *b)
{
	auto_buf plain = {0};
	size_t n = 0, i;

	for (i = 0; expected && i < expected->n_parameters; i++) {
		bool is_plain = plain_default(expected->parameters[i]->value, &plain);

		b->failed |= plain.failed;
		if (!is_plain)
			continue;
		fly_buf_puts(b, n++ ? ",\n    " : ",\n  \"inputs\": {\n    ");
		fly_json_string(expected->parameters[i]->key, b);
		fly_buf_puts(b, ": ");
		fly_buf_add(b, plain.data, plain.len);
	}
	if (n)
		fly_buf_puts(b, "\n  }");
}

int fly_template_text(const struct fly_entity *plan, struct fly_buf *b)
{
	Flyteidl__Admin__LaunchPlanClosure *closure;
	auto_arena arena = {0};
	const char *target;
	int rc = fly_admin_unpack(&flyteidl__admin__launch_plan_closure__descriptor, plan->closure,
				  &arena, (ProtobufCMessage **)&closure, NULL);

	if (rc < 0)
		return rc;
	target = fly_arena_printf(&arena, "%s@%s", plan->name, plan->version);
	if (!target)
		return -ENOMEM;
	fly_buf_puts(b, "{\n  \"launch_plan\": ");
	fly_json_string(target, b);
	put_inputs(closure->expected_inputs, b);
	fly_buf_puts(b, "\n}\n");
	return b->failed ? -ENOMEM : 0;
}
