/* SPDX-License-Identifier: Apache-2.0 */
/* Values of exec files against what flytectl v1.16.8 made of them. */
#include "check.h"
#include "literal_fixture.h"
#include "recordings.h"

#include "json_text.h"

static struct recordings types;

/* As flytectl and the server together: converted, then checked against the type. */
static int convert(const char *yaml, const Flyteidl__Core__LiteralType *type,
		   struct fly_arena *arena, Flyteidl__Core__Literal **out, struct fly_why *why)
{
	Flyteidl__Core__LiteralType *inferred;
	struct fly_doc *doc = NULL;
	int ret = fly_doc_parse_yaml(yaml, strlen(yaml), &doc, why);

	if (!ret)
		ret = fly_literal_from_exec_value(doc, fly_doc_root(doc), "inputs.x", type, arena,
						  out, why);
	fly_doc_free(doc);
	if (!ret)
		ret = fly_type_infer(*out, arena, &inferred, why);
	if (!ret && !fly_type_castable(inferred, type))
		ret = fly_refuse(why, FLY_INVALID_ARGUMENT, "wrong type");
	return ret;
}

/* The literal named x in a recorded map. */
static const Flyteidl__Core__Literal *recorded(const char *base64, struct fly_arena *arena)
{
	ProtobufCMessage *map = NULL;
	uint8_t *wire;
	size_t len = 0;

	CHECK(fly_base64_size(base64, strlen(base64), &len));
	wire = fly_arena_alloc(arena, len);
	fly_base64_decode(base64, strlen(base64), wire);
	fly_wire_parse(&flyteidl__core__literal_map__descriptor, wire, len, arena, &map, NULL);
	return fly_literal_map_get((Flyteidl__Core__LiteralMap *)map, "x");
}

static void check_case(char **fields, void *data)
{
	const Flyteidl__Core__LiteralType *type =
		(Flyteidl__Core__LiteralType *)recordings_get(&types, fields[1])->message;
	bool refused = !strcmp(fields[3], "-");
	Flyteidl__Core__Literal *lit = NULL;
	struct fly_why why = {0};
	auto_arena arena = {0};
	int *n = data, ret;

	++*n;
	ret = convert(fields[2], type, &arena, &lit, &why);
	CHECK_INT(ret, refused ? -EINVAL : 0);
	if (!!ret != refused)
		fprintf(stderr, "%s: %s: %s\n", fields[0], fields[2], why.text);
	CHECK(!refused || *why.text);
	if (refused || ret)
		return;
	CHECK_STR(json_of(&arena, lit), json_of(&arena, recorded(fields[3], &arena)));
}

/* What no recording has. */
static void test_more(void)
{
	static const struct {
		const char *type, *yaml, *json;
	} cases[] = {
		{"int", "9007199254740993", NULL},
		{"int", "9007199254740992", "{\"scalar\":{\"primitive\":{\"integer\":\"9007199254740992\"}}}"},
		{"int", "-9223372036854775808",
		 "{\"scalar\":{\"primitive\":{\"integer\":\"-9223372036854775808\"}}}"},
		{"string", "{b: [1, null, 2.5e20], a: true}",
		 "{\"scalar\":{\"primitive\":{\"string_value\":\"map[a:true b:[1 <nil> 2.5e+20]]\"}}}"},
		{"string", "1.5e-7", "{\"scalar\":{\"primitive\":{\"string_value\":\"1.5e-07\"}}}"},
		{"struct", "'{\"a\": 1}'", "{\"scalar\":{\"generic\":{\"a\":1}}}"},
		{"enum", "3", NULL},
		{"untyped", "1", NULL},
	};

	for (size_t i = 0; i < FLY_ARRAY_LEN(cases); i++) {
		const Flyteidl__Core__LiteralType *type =
			(Flyteidl__Core__LiteralType *)recordings_get(&types, cases[i].type)->message;
		Flyteidl__Core__Literal *lit = NULL;
		auto_arena arena = {0};
		int ret = convert(cases[i].yaml, type, &arena, &lit, NULL);

		CHECK_INT(ret, cases[i].json ? 0 : -EINVAL);
		if (!ret && cases[i].json)
			CHECK_STR(json_of(&arena, lit), cases[i].json);
	}
}

static void test_places(void)
{
	const Flyteidl__Core__LiteralType *type =
		(Flyteidl__Core__LiteralType *)recordings_get(&types, "map_list_int")->message;
	const char *yaml = "k:\n  - 1\n  - x\n";
	Flyteidl__Core__Literal *lit = NULL;
	struct fly_doc *doc = NULL;
	struct fly_why why = {0};
	auto_arena arena = {0};

	CHECK_INT(fly_doc_parse_yaml(yaml, strlen(yaml), &doc, NULL), 0);
	CHECK_INT(fly_literal_from_exec_value(doc, fly_doc_root(doc), "", type, &arena, &lit, &why),
		  -EINVAL);
	CHECK_STR(why.text, "3:5: k[1]: \"x\" is not a whole number");
	fly_doc_free(doc);
}

int main(int argc, char **argv)
{
	int n = 0;

	if (argc != 2)
		return 2;
	recordings_read(&types, argv[1], "types.tsv", &flyteidl__core__literal_type__descriptor);
	recordings_lines(argv[1], "exec_values.tsv", 4, check_case, &n);
	CHECK_INT(n, 107);
	test_more();
	test_places();
	fly_arena_release(&types.arena);
	return check_done();
}
