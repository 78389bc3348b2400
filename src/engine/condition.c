/* SPDX-License-Identifier: Apache-2.0 */
/* condition: is a branch's condition true? Source: flyte-engine §4.7. */
#include "condition.h"

#define DEPTH_MAX 64

static const char *operator_name(int op)
{
	static const char *const names[] = {"EQ", "NEQ", "GT", "GTE", "LT", "LTE"};

	return op >= 0 && op < (int)FLY_ARRAY_LEN(names) ? names[op] : "?";
}

static int find_operand(const Flyteidl__Core__Operand *operand,
			const Flyteidl__Core__LiteralMap *inputs,
			const Flyteidl__Core__Primitive **out, struct fly_why *why)
{
	const Flyteidl__Core__Literal *lit;
	const Flyteidl__Core__Scalar *scalar = NULL;

	if (operand && operand->val_case == FLYTEIDL__CORE__OPERAND__VAL_PRIMITIVE) {
		*out = operand->primitive;
		return 0;
	}
	if (operand && operand->val_case == FLYTEIDL__CORE__OPERAND__VAL_VAR) {
		lit = inputs ? fly_literal_map_get(inputs, operand->var) : NULL;
		if (!lit)
			return fly_refuse(why, FLY_INVALID_ARGUMENT,
					  "Failed to find Value for Variable [%s]", operand->var);
		/* Unlike Flyte, a value that may be none is looked into. */
		lit = fly_literal_inside(lit);
		if (lit && lit->value_case == FLYTEIDL__CORE__LITERAL__VALUE_SCALAR)
			scalar = lit->scalar;
	} else if (operand && operand->val_case == FLYTEIDL__CORE__OPERAND__VAL_SCALAR) {
		scalar = operand->scalar;
	}
	if (!scalar || scalar->value_case != FLYTEIDL__CORE__SCALAR__VALUE_PRIMITIVE)
		return fly_refuse(why, FLY_INVALID_ARGUMENT,
				  "Only primitives can be compared, the operand is none");
	*out = scalar->primitive;
	return 0;
}

static int order(bool less, bool greater)
{
	return less ? -1 : greater ? 1 : 0;
}

static int compare(const Flyteidl__Core__Primitive *a, const Flyteidl__Core__Primitive *b, int op,
		   int *out, struct fly_why *why)
{
	if (a->value_case != b->value_case)
		return fly_refuse(
			why, FLY_INVALID_ARGUMENT,
			"Comparison between different primitives types. lVal[%d]:rVal[%d]",
			(int)a->value_case, (int)b->value_case);
	switch (a->value_case) {
	case FLYTEIDL__CORE__PRIMITIVE__VALUE_INTEGER:
		*out = order(a->integer<b->integer, a->integer> b->integer);
		return 0;
	case FLYTEIDL__CORE__PRIMITIVE__VALUE_FLOAT_VALUE:
		*out = order(a->float_value<b->float_value, a->float_value> b->float_value);
		return 0;
	case FLYTEIDL__CORE__PRIMITIVE__VALUE_STRING_VALUE:
		*out = strcmp(a->string_value, b->string_value);
		return 0;
	case FLYTEIDL__CORE__PRIMITIVE__VALUE_DATETIME:
		*out = order(a->datetime->seconds<b->datetime->seconds, a->datetime->seconds> b
				     ->datetime->seconds);
		return 0;
	case FLYTEIDL__CORE__PRIMITIVE__VALUE_DURATION:
		*out = order(a->duration->seconds<b->duration->seconds, a->duration->seconds> b
				     ->duration->seconds);
		return 0;
	case FLYTEIDL__CORE__PRIMITIVE__VALUE_BOOLEAN:
		if (op > FLYTEIDL__CORE__COMPARISON_EXPRESSION__OPERATOR__NEQ)
			return fly_refuse(why, FLY_INVALID_ARGUMENT,
					  "[%s] not defined for boolean operands.",
					  operator_name(op));
		*out = order(a->boolean<b->boolean, a->boolean> b->boolean);
		return 0;
	default:
		return fly_refuse(why, FLY_INVALID_ARGUMENT, "the operands hold no value");
	}
}

static int evaluate_comparison(const Flyteidl__Core__ComparisonExpression *c,
			       const Flyteidl__Core__LiteralMap *inputs, bool *out,
			       struct fly_why *why)
{
	const Flyteidl__Core__Primitive *left, *right;
	int op = (int)c->operator_, o = 0, rc;

	rc = find_operand(c->left_value, inputs, &left, why);
	if (rc >= 0)
		rc = find_operand(c->right_value, inputs, &right, why);
	if (rc >= 0)
		rc = compare(left, right, op, &o, why);
	if (rc < 0)
		return rc;
	switch (op) {
	case FLYTEIDL__CORE__COMPARISON_EXPRESSION__OPERATOR__EQ:
		*out = o == 0;
		return 0;
	case FLYTEIDL__CORE__COMPARISON_EXPRESSION__OPERATOR__NEQ:
		*out = o != 0;
		return 0;
	case FLYTEIDL__CORE__COMPARISON_EXPRESSION__OPERATOR__GT:
		*out = o > 0;
		return 0;
	case FLYTEIDL__CORE__COMPARISON_EXPRESSION__OPERATOR__GTE:
		*out = o >= 0;
		return 0;
	case FLYTEIDL__CORE__COMPARISON_EXPRESSION__OPERATOR__LT:
		*out = o < 0;
		return 0;
	case FLYTEIDL__CORE__COMPARISON_EXPRESSION__OPERATOR__LTE:
		*out = o <= 0;
		return 0;
	default:
		return fly_refuse(why, FLY_INVALID_ARGUMENT, "unknown operator %d", op);
	}
}

static int evaluate(const Flyteidl__Core__BooleanExpression *e,
		    const Flyteidl__Core__LiteralMap *inputs, unsigned depth, bool *out,
		    struct fly_why *why)
{
	bool left, right;
	int rc;

	if (!e || depth > DEPTH_MAX)
		return fly_refuse(why, FLY_INVALID_ARGUMENT, "the condition is %s",
				  e ? "nested too deeply" : "empty");
	if (e->expr_case == FLYTEIDL__CORE__BOOLEAN_EXPRESSION__EXPR_COMPARISON)
		return evaluate_comparison(e->comparison, inputs, out, why);
	if (e->expr_case != FLYTEIDL__CORE__BOOLEAN_EXPRESSION__EXPR_CONJUNCTION)
		return fly_refuse(why, FLY_INVALID_ARGUMENT, "the condition is empty");
	rc = evaluate(e->conjunction->left_expression, inputs, depth + 1, &left, why);
	if (rc >= 0)
		rc = evaluate(e->conjunction->right_expression, inputs, depth + 1, &right, why);
	if (rc < 0)
		return rc;
	*out = e->conjunction->operator_ ==
			       FLYTEIDL__CORE__CONJUNCTION_EXPRESSION__LOGICAL_OPERATOR__AND
		       ? left && right
		       : left || right;
	return 0;
}

int fly_condition_evaluate(const Flyteidl__Core__BooleanExpression *e,
			   const Flyteidl__Core__LiteralMap *inputs, bool *out, struct fly_why *why)
{
	return evaluate(e, inputs, 0, out, why);
}
