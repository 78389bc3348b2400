/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conditions of branches: both sides are there, variables are bound on the branch, types agree.
 * Source: flyte-engine §1.5 (Conditions), §4.7.
 */
#include "compile.h"

static Flyteidl__Core__LiteralType *primitive_type(struct compile *c,
						   const Flyteidl__Core__Primitive *p)
{
	static const struct {
		Flyteidl__Core__Primitive__ValueCase value_case;
		Flyteidl__Core__SimpleType simple;
	} table[] = {
		{FLYTEIDL__CORE__PRIMITIVE__VALUE_INTEGER, FLYTEIDL__CORE__SIMPLE_TYPE__INTEGER},
		{FLYTEIDL__CORE__PRIMITIVE__VALUE_FLOAT_VALUE, FLYTEIDL__CORE__SIMPLE_TYPE__FLOAT},
		{FLYTEIDL__CORE__PRIMITIVE__VALUE_STRING_VALUE,
		 FLYTEIDL__CORE__SIMPLE_TYPE__STRING},
		{FLYTEIDL__CORE__PRIMITIVE__VALUE_BOOLEAN, FLYTEIDL__CORE__SIMPLE_TYPE__BOOLEAN},
		{FLYTEIDL__CORE__PRIMITIVE__VALUE_DATETIME, FLYTEIDL__CORE__SIMPLE_TYPE__DATETIME},
		{FLYTEIDL__CORE__PRIMITIVE__VALUE_DURATION, FLYTEIDL__CORE__SIMPLE_TYPE__DURATION},
	};
	Flyteidl__Core__LiteralType *type = fly_admin_new(
		Flyteidl__Core__LiteralType, flyteidl__core__literal_type, c->arena);
	size_t i;

	if (!type) {
		c->out_of_memory = true;
		return NULL;
	}
	type->type_case = FLYTEIDL__CORE__LITERAL_TYPE__TYPE_SIMPLE;
	type->simple = FLYTEIDL__CORE__SIMPLE_TYPE__NONE;
	for (i = 0; i < FLY_ARRAY_LEN(table); i++) {
		if (p->value_case == table[i].value_case)
			type->simple = table[i].simple;
	}
	return type;
}

static const Flyteidl__Core__LiteralType *variable_type(struct graph *g, struct graph_node *n,
							const char *name)
{
	const Flyteidl__Core__Variable *var;

	if (n->state != COMPILE_GOOD) {
		compile_fault(g->c, "ValueRequired", n->core->id,
			      "the condition uses %s, whose type is unknown", name);
		return NULL;
	}
	var = graph_input(g, n, name);
	if (!var)
		compile_fault(g->c, "VariableNameNotFound", n->core->id,
			      "the condition uses %s, which is no input of the branch", name);
	return var ? var->type : NULL;
}

/* The type of one side; NULL when it is unknown or faulty. */
static const Flyteidl__Core__LiteralType *operand_type(struct graph *g, struct graph_node *n,
						       const char *side,
						       const Flyteidl__Core__Operand *operand)
{
	if (!operand) {
		compile_fault(g->c, "ValueRequired", n->core->id,
			      "a condition has no %s side", side);
		return NULL;
	}
	if (operand->val_case == FLYTEIDL__CORE__OPERAND__VAL_PRIMITIVE)
		return primitive_type(g->c, operand->primitive);
	if (operand->val_case == FLYTEIDL__CORE__OPERAND__VAL_VAR && *operand->var)
		return variable_type(g, n, operand->var);
	compile_fault(g->c, "ValueRequired", n->core->id,
		      "the %s side of a condition is neither a primitive value nor a variable",
		      side);
	return NULL;
}

static void check_comparison(struct graph *g, struct graph_node *n,
			     const Flyteidl__Core__ComparisonExpression *e)
{
	const Flyteidl__Core__LiteralType *right = operand_type(g, n, "right", e->right_value);
	const Flyteidl__Core__LiteralType *left = operand_type(g, n, "left", e->left_value);

	if (left && right && !fly_message_equal(&left->base, &right->base))
		compile_fault(g->c, "MismatchingTypes", n->core->id,
			      "a condition compares %s with %s", compile_type_words(g->c, left),
			      compile_type_words(g->c, right));
}

void condition_check(struct graph *g, struct graph_node *n,
		     const Flyteidl__Core__BooleanExpression *e)
{
	switch (e ? (int)e->expr_case : -1) {
	case FLYTEIDL__CORE__BOOLEAN_EXPRESSION__EXPR_COMPARISON:
		check_comparison(g, n, e->comparison);
		break;
	case FLYTEIDL__CORE__BOOLEAN_EXPRESSION__EXPR_CONJUNCTION:
		condition_check(g, n, e->conjunction->left_expression);
		condition_check(g, n, e->conjunction->right_expression);
		break;
	case -1:
		compile_fault(g->c, "BranchNodeHasNoCondition", n->core->id,
			      "a case has no condition");
		break;
	default:
		compile_fault(g->c, "ValueRequired", n->core->id,
			      "a condition is empty: comparison or conjunction");
	}
}
