/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is a task template fit to be registered? Presence of its parts, a command where there is
 * something to pass, quantities that parse. It knows no platform limits: one machine has what it
 * has, and a task that asks for more still runs.
 * Source: flyte-engine §1.4, §1.5 (Tasks); Kubernetes' resource.Quantity.
 */
#include "entity.h"

#include <stdio.h>

/* --- quantities --------------------------------------------------------------------- */

static bool suffix_factor(const char *suffix, long double *factor)
{
	static const struct {
		const char *suffix;
		long double factor;
	} table[] = {
		{"", 1}, {"n", 1e-9L}, {"u", 1e-6L}, {"m", 1e-3L}, {"k", 1e3L}, {"M", 1e6L},
		{"G", 1e9L}, {"T", 1e12L}, {"P", 1e15L}, {"E", 1e18L},
		{"Ki", 0x1p10L}, {"Mi", 0x1p20L}, {"Gi", 0x1p30L}, {"Ti", 0x1p40L},
		{"Pi", 0x1p50L}, {"Ei", 0x1p60L},
	};
	size_t i;

	for (i = 0; i < FLY_ARRAY_LEN(table); i++) {
		if (!strcmp(suffix, table[i].suffix)) {
			*factor = table[i].factor;
			return true;
		}
	}
	return false;
}

/* "12e6", "1E-3": what follows the letter, as a power of ten. */
static bool exponent_factor(const char *suffix, long double *factor)
{
	int64_t exponent;

	if ((*suffix != 'e' && *suffix != 'E') || !fly_parse_int64(suffix + 1, &exponent) ||
	    exponent < -30 || exponent > 30)
		return false;
	for (*factor = 1; exponent > 0; exponent--)
		*factor *= 10;
	for (; exponent < 0; exponent++)
		*factor /= 10;
	return true;
}

static bool parse_quantity(const char *text, long double *out)
{
	const char *p = text;
	long double value = 0, scale = 1, factor;
	bool negative = false, point = false;
	unsigned digits = 0;

	if (*p == '+' || *p == '-')
		negative = *p++ == '-';
	for (; (*p >= '0' && *p <= '9') || (*p == '.' && !point); p++) {
		if (*p == '.') {
			point = true;
			continue;
		}
		value = value * 10 + (*p - '0');
		if (point)
			scale *= 10;
		digits++;
	}
	if (!digits || (!suffix_factor(p, &factor) && !exponent_factor(p, &factor)))
		return false;
	*out = value / scale * factor * (negative ? -1 : 1);
	return true;
}

static const char *resource_name(int name)
{
	static const char *const names[] = {"UNKNOWN", "CPU", "GPU", "MEMORY", "STORAGE",
					    "EPHEMERAL_STORAGE"};

	return name >= 0 && (size_t)name < FLY_ARRAY_LEN(names) ? names[name] : "UNKNOWN";
}

static int check_quantities(Flyteidl__Core__Resources__ResourceEntry *const *list, size_t n,
			    const char *field, struct fly_why *why)
{
	long double value;
	size_t i;

	for (i = 0; i < n; i++) {
		if (!parse_quantity(list[i]->value, &value))
			return fly_refuse(why, FLY_INVALID_ARGUMENT,
					  "container.resources.%s[%zu].value: \"%s\" is no "
					  "quantity: a number, then n, u, m, k, M, G, T, P, E, Ki, "
					  "Mi, Gi, Ti, Pi, Ei, an exponent or nothing", field, i,
					  list[i]->value);
	}
	return 0;
}

static int check_resources(const Flyteidl__Core__Resources *r, struct fly_why *why)
{
	long double request, limit;
	size_t i, j;
	int rc;

	if ((rc = check_quantities(r->requests, r->n_requests, "requests", why)) < 0 ||
	    (rc = check_quantities(r->limits, r->n_limits, "limits", why)) < 0)
		return rc;
	for (i = 0; i < r->n_requests; i++) {
		for (j = 0; j < r->n_limits; j++) {
			if (r->requests[i]->name != r->limits[j]->name ||
			    !parse_quantity(r->requests[i]->value, &request) ||
			    !parse_quantity(r->limits[j]->value, &limit) || request <= limit)
				continue;
			return fly_refuse(why, FLY_INVALID_ARGUMENT,
					  "container.resources: %s %s is requested, more than the "
					  "limit %s", resource_name((int)r->requests[i]->name),
					  r->requests[i]->value, r->limits[j]->value);
		}
	}
	return 0;
}

/* --- targets ------------------------------------------------------------------------ */

static bool has_variables(const Flyteidl__Core__VariableMap *map)
{
	return map && map->n_variables;
}

static int check_container(const Flyteidl__Core__TaskTemplate *t, struct fly_why *why)
{
	const Flyteidl__Core__Container *c = t->container;
	int rc;

	rc = fly_check_set(c->image, "spec.template.container.image", why);
	if (rc < 0)
		return rc;
	if (!c->n_command && !c->n_args &&
	    (has_variables(t->interface->inputs) || has_variables(t->interface->outputs)))
		return fly_refuse(why, FLY_INVALID_ARGUMENT,
				  "spec.template.container.command is missing: a task with inputs "
				  "or outputs needs command or args");
	return c->resources ? check_resources(c->resources, why) : 0;
}

static const Google__Protobuf__Value *struct_field(const Google__Protobuf__Struct *s,
						   const char *name)
{
	size_t i;

	for (i = 0; s && i < s->n_fields; i++) {
		if (!strcmp(s->fields[i]->key, name))
			return s->fields[i]->value;
	}
	return NULL;
}

static int check_pod(const Flyteidl__Core__K8sPod *pod, struct fly_why *why)
{
	const Google__Protobuf__Value *list = struct_field(pod->pod_spec, "containers");
	size_t i;

	if (!list || list->kind_case != GOOGLE__PROTOBUF__VALUE__KIND_LIST_VALUE)
		return 0;
	for (i = 0; i < list->list_value->n_values; i++) {
		const Google__Protobuf__Value *c = list->list_value->values[i];
		const Google__Protobuf__Value *name = NULL;

		if (c->kind_case == GOOGLE__PROTOBUF__VALUE__KIND_STRUCT_VALUE)
			name = struct_field(c->struct_value, "name");
		if (!name || name->kind_case != GOOGLE__PROTOBUF__VALUE__KIND_STRING_VALUE)
			return fly_refuse(why, FLY_INVALID_ARGUMENT,
					  "spec.template.k8s_pod.pod_spec.containers[%zu].name is "
					  "missing", i);
		if (fly_check_dns_label(name->string_value, "container name", why) < 0)
			return -EINVAL;
	}
	return 0;
}

int fly_check_task(const Flyteidl__Core__TaskTemplate *t, struct fly_why *why)
{
	int rc;

	rc = fly_check_set(t->type, "spec.template.type", why);
	if (rc < 0)
		return rc;
	if (!t->metadata)
		return fly_refuse(why, FLY_INVALID_ARGUMENT, "spec.template.metadata is missing");
	if (t->metadata->runtime) {
		rc = fly_check_set(t->metadata->runtime->version,
				   "spec.template.metadata.runtime.version", why);
		if (rc < 0)
			return rc;
	}
	if (!t->interface)
		return fly_refuse(why, FLY_INVALID_ARGUMENT, "spec.template.interface is missing");
	switch ((int)t->target_case) {
	case FLYTEIDL__CORE__TASK_TEMPLATE__TARGET_CONTAINER:
		return check_container(t, why);
	case FLYTEIDL__CORE__TASK_TEMPLATE__TARGET_K8S_POD:
		return check_pod(t->k8s_pod, why);
	default:
		return 0;
	}
}
