/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Types of literals against what Flyte Admin v1.16.8 answered: each recorded literal given as
 * input of each recorded type, and each type promised to each.
 *
 * Where the server broke ("broke": INTERNAL with an empty message, for unions without a type) we
 * refuse; that is the one difference, and it is meant (flyte-api, list of deliberate differences).
 */
#include "check.h"
#include "recordings.h"

static struct recordings types, literals;

/* --- the matrices ------------------------------------------------------------------ */

static bool accepts(const Flyteidl__Core__LiteralType *declared, const struct recording *literal,
		    struct fly_why *why)
{
	auto_arena arena = {0};
	Flyteidl__Core__LiteralType *type;

	if (!literal->message)
		return false;
	return !fly_type_infer((Flyteidl__Core__Literal *)literal->message, &arena, &type, why) &&
	       fly_type_castable(type, declared);
}

static void check_literal(char **fields, void *data)
{
	const Flyteidl__Core__LiteralType *declared =
		(Flyteidl__Core__LiteralType *)recordings_get(&types, fields[0])->message;
	struct fly_why why = {0};
	bool yes = accepts(declared, recordings_get(&literals, fields[1]), &why);
	int *n = data;

	if (yes != !strcmp(fields[2], "ok"))
		fprintf(stderr, "%s given for %s: recorded %s\n", fields[1], fields[0], fields[2]);
	CHECK(yes == !strcmp(fields[2], "ok"));
	/* A refusal by the literal alone has words and the recorded code. */
	if (!yes && why.status)
		CHECK(why.status == FLY_INVALID_ARGUMENT && *why.text);
	++*n;
}

static void check_promise(char **fields, void *data)
{
	const Flyteidl__Core__LiteralType *to =
		(Flyteidl__Core__LiteralType *)recordings_get(&types, fields[0])->message;
	const Flyteidl__Core__LiteralType *from =
		(Flyteidl__Core__LiteralType *)recordings_get(&types, fields[1])->message;
	bool yes = fly_type_castable(from, to);
	int *n = data;

	if (yes != !strcmp(fields[2], "ok"))
		fprintf(stderr, "%s promised to %s: recorded %s\n", fields[1], fields[0], fields[2]);
	CHECK(yes == !strcmp(fields[2], "ok"));
	++*n;
}

/* --- words ----------------------------------------------------------------------------- */

static const char *printed(const Flyteidl__Core__LiteralType *type)
{
	static struct fly_buf b;

	fly_buf_clear(&b);
	fly_type_print(type, &b);
	return b.data;
}

static void test_recorded_words(void)
{
	static const char *const words[][2] = {
		{"int", "integer"}, {"float", "float"}, {"string", "string"}, {"bool", "boolean"},
		{"datetime", "datetime"}, {"duration", "duration"}, {"binary", "binary"},
		{"none", "none"}, {"error", "error"}, {"struct", "json"}, {"struct_schema", "json"},
		{"enum", "enum(red, green, blue)"}, {"blob", "file"}, {"blob_csv", "file(csv)"},
		{"multi", "directory"}, {"multi_csv", "directory(csv)"}, {"schema", "schema"},
		{"dataset", "dataset"}, {"dataset_parquet", "dataset(parquet)"},
		{"opt_int", "integer | none"}, {"str_or_enum", "string | enum(red, green, blue)"},
		{"empty_union", "a union of nothing"}, {"list_list_int", "[[integer]]"},
		{"list_opt_int", "[integer | none]"}, {"map_list_int", "{[integer]}"},
		{"list_map_float", "[{float}]"}, {"untyped", "no type"},
	};

	for (size_t i = 0; i < FLY_ARRAY_LEN(words); i++)
		CHECK_STR(printed((Flyteidl__Core__LiteralType *)
					  recordings_get(&types, words[i][0])->message),
			  words[i][1]);
	CHECK_STR(printed(NULL), "no type");
}

/* What is printed parses back to a type that casts both ways and prints the same. */
static void test_round_trip(void)
{
	for (size_t i = 0; i < types.n; i++) {
		const Flyteidl__Core__LiteralType *type =
			(Flyteidl__Core__LiteralType *)types.rows[i].message;
		auto_arena arena = {0};
		Flyteidl__Core__LiteralType *back = NULL;
		auto_free char *text = strdup(printed(type));

		if (!strcmp(text, "no type") || !strcmp(text, "a union of nothing"))
			continue;
		CHECK_INT(fly_type_parse(text, &arena, &back, NULL), 0);
		CHECK_STR(printed(back), text);
	}
}

static void test_parse(void)
{
	auto_arena arena = {0};
	Flyteidl__Core__LiteralType *type, *other;

	CHECK_INT(fly_type_parse(" [ { INT } | none ] ", &arena, &type, NULL), 0);
	CHECK_STR(printed(type), "[{integer} | none]");
	CHECK_INT(fly_type_parse("enum(\"two words\", b)", &arena, &type, NULL), 0);
	CHECK_STR(type->enum_type->values[0], "two words");
	CHECK_STR(printed(type), "enum(\"two words\", b)");
	/* Variants are tagged as flytekit tags them: its Optional[int] fits and so does a bare one. */
	CHECK_INT(fly_type_parse("integer | none", &arena, &type, NULL), 0);
	CHECK(fly_message_equal(&type->base, recordings_get(&types, "opt_int")->message));
	CHECK_INT(fly_type_parse("integer", &arena, &other, NULL), 0);
	CHECK(!other->structure);
	CHECK(fly_type_castable(other, type));
}

static void check_refused(const char *text, const char *words)
{
	auto_arena arena = {0};
	Flyteidl__Core__LiteralType *type = NULL;
	struct fly_why why = {0};

	CHECK_INT(fly_type_parse(text, &arena, &type, &why), -EINVAL);
	CHECK(!type);
	if (!strstr(why.text, words))
		fprintf(stderr, "%s: %s\n", text, why.text);
	CHECK(strstr(why.text, words));
}

static void test_parse_refusals(void)
{
	char deep[200];

	check_refused("", "no type at character 1");
	check_refused("intger", "no such type at character 1; types are: integer, float");
	check_refused("[integer", "\"]\" is missing at character 9");
	check_refused("{integer]", "\"}\" is missing");
	check_refused("integer |", "no type at character 10");
	check_refused("integer string", "more text than a type at character 9");
	check_refused("enum", "the values of an enum are missing");
	check_refused("enum()", "a name is missing");
	check_refused("file(csv", "\")\" is missing");
	check_refused("enum(\"a)", "a quoted name does not end");
	memset(deep, '[', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	check_refused(deep, "too many brackets");
}

/* --- comparisons made to take for ever ------------------------------------------------- */

static Flyteidl__Core__LiteralType *nest(struct fly_arena *arena, int depth, bool inner_int)
{
	Flyteidl__Core__LiteralType *type;

	fly_type_parse(inner_int ? "integer" : "string", arena, &type, NULL);
	while (depth--) {
		Flyteidl__Core__LiteralType *outer =
			fly_message_new(arena, &flyteidl__core__literal_type__descriptor);

		outer->type_case = FLYTEIDL__CORE__LITERAL_TYPE__TYPE_UNION_TYPE;
		outer->union_type = fly_message_new(arena, &flyteidl__core__union_type__descriptor);
		outer->union_type->n_variants = 1;
		outer->union_type->variants = fly_arena_memdup(arena, &type, sizeof(type));
		type = outer;
	}
	return type;
}

static void test_steps(void)
{
	auto_arena arena = {0};

	CHECK(fly_type_castable(nest(&arena, 5, true), nest(&arena, 3, true)));
	CHECK(!fly_type_castable(nest(&arena, 60, true), nest(&arena, 60, false)));
}

/* --- JSON schemas of dataclasses ---------------------------------------------------------- */

static Flyteidl__Core__LiteralType *with_schema(struct fly_arena *arena, const char *schema)
{
	auto_buf b = {0};
	ProtobufCMessage *m = NULL;
	struct fly_why why = {0};

	fly_buf_printf(&b, "{\"simple\":\"STRUCT\",\"metadata\":%s}", schema);
	if (fly_json_parse(&flyteidl__core__literal_type__descriptor, b.data, b.len, arena, &m, &why))
		fprintf(stderr, "%s\n", why.text);
	return (Flyteidl__Core__LiteralType *)m;
}

static void test_schemas(void)
{
	static const struct {
		const char *given, *wanted;
		bool fits;
	} cases[] = {
		{"{\"type\":\"object\"}", "{\"type\":\"object\"}", true},
		{"{\"type\":\"object\",\"title\":\"A\"}", "{\"type\":\"object\",\"title\":\"B\"}", true},
		{"{\"properties\":{\"x\":{\"type\":\"integer\"}}}",
		 "{\"properties\":{\"x\":{\"type\":\"number\"}}}", true},
		{"{\"properties\":{\"x\":{\"type\":\"number\"}}}",
		 "{\"properties\":{\"x\":{\"type\":\"integer\"}}}", false},
		{"{\"required\":[\"x\",\"y\"]}", "{\"required\":[\"x\"]}", true},
		{"{\"required\":[\"x\"]}", "{\"required\":[\"x\",\"y\"]}", false},
		{"{\"properties\":{\"x\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}}}}",
		 "{\"properties\":{\"x\":{\"type\":\"array\",\"items\":{\"type\":\"integer\"}}}}", false},
		{"{\"enum\":[\"a\"]}", "{\"enum\":[\"a\",\"b\"]}", true},
		{"{\"enum\":[\"a\",\"c\"]}", "{\"enum\":[\"a\",\"b\"]}", false},
		{"{\"type\":\"integer\"}",
		 "{\"anyOf\":[{\"type\":\"integer\"},{\"type\":\"null\"}]}", true},
		{"{\"anyOf\":[{\"type\":\"integer\"},{\"type\":\"null\"}]}",
		 "{\"type\":\"integer\"}", false},
		{"{\"$ref\":\"#/$defs/P\",\"$defs\":{\"P\":{\"required\":[\"x\"]}}}",
		 "{\"$ref\":\"#/definitions/Q\",\"definitions\":{\"Q\":{\"required\":[\"x\"]}}}", true},
		{"{\"$ref\":\"#/$defs/P\",\"$defs\":{\"P\":{\"properties\":"
		 "{\"next\":{\"$ref\":\"#/$defs/P\"}}}}}",
		 "{\"$ref\":\"#/$defs/P\",\"$defs\":{\"P\":{\"title\":\"\",\"properties\":"
		 "{\"next\":{\"$ref\":\"#/$defs/P\"}}}}}", true},
		{"{\"$ref\":\"#/$defs/P\",\"$defs\":{\"P\":{\"$ref\":\"#/$defs/P\"}}}",
		 "{\"type\":\"object\"}", false},
		{"{\"maximum\":3}", "{\"maximum\":4}", false},
	};
	auto_arena arena = {0};

	for (size_t i = 0; i < FLY_ARRAY_LEN(cases); i++) {
		const Flyteidl__Core__LiteralType *given = with_schema(&arena, cases[i].given);
		const Flyteidl__Core__LiteralType *wanted = with_schema(&arena, cases[i].wanted);

		if (fly_type_castable(given, wanted) != cases[i].fits)
			fprintf(stderr, "%s for %s\n", cases[i].given, cases[i].wanted);
		CHECK(fly_type_castable(given, wanted) == cases[i].fits);
	}
}

int main(int argc, char **argv)
{
	int n = 0;

	if (argc != 2)
		return 2;
	recordings_read(&types, argv[1], "types.tsv", &flyteidl__core__literal_type__descriptor);
	recordings_read(&literals, argv[1], "literals.tsv", &flyteidl__core__literal__descriptor);
	recordings_lines(argv[1], "matrix.tsv", 3, check_literal, &n);
	CHECK_INT(n, 2928);
	recordings_lines(argv[1], "matrix_promise.tsv", 3, check_promise, &n);
	CHECK_INT(n, 2928 + 1536);
	test_recorded_words();
	test_round_trip();
	test_parse();
	test_parse_refusals();
	test_steps();
	test_schemas();
	fly_arena_release(&types.arena);
	fly_arena_release(&literals.arena);
	return check_done();
}
