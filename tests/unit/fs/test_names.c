/* SPDX-License-Identifier: Apache-2.0 */
/* Inode numbers, spelling of file names, and the file table: what must hold for every row of it. */
#include "check.h"
#include "ino.h"
#include "name.h"
#include "table.h"

static void check_ino(enum fly_ino_kind kind, int64_t id, unsigned index)
{
	uint64_t number = fly_ino_pack(kind, id, index);
	struct fly_ino ino = fly_ino_unpack(number);

	CHECK_INT(ino.kind, kind);
	CHECK_INT(ino.id, id);
	CHECK_INT(ino.index, index);
	CHECK(number && number < (uint64_t)1 << 63);
}

static void test_ino_round_trip(void)
{
	for (int kind = 0; kind < FLY_N_INO_KINDS; kind++) {
		check_ino((enum fly_ino_kind)kind, 1, 0);
		check_ino((enum fly_ino_kind)kind, FLY_INO_ID_MAX, FLY_INO_INDEX_MAX);
		check_ino((enum fly_ino_kind)kind, 12345678901, 77);
	}
	CHECK_INT(fly_ino_pack(FLY_INO_STATIC, 0, FLY_ROOT_SELF), 1);
	CHECK_INT(fly_ino_unpack((uint64_t)31 << 16).kind, FLY_N_INO_KINDS);
}

static void check_name(const char *name, const char *file)
{
	auto_arena arena = { 0 };
	const char *back = NULL;

	CHECK_STR(fly_name_encode(name, &arena), file);
	CHECK_INT(fly_name_decode(file, &arena, &back), 0);
	CHECK_STR(back, name);
}

static void test_names_round_trip(void)
{
	check_name("plain", "plain");
	check_name("a.b-c_d e", "a.b-c_d e");
	check_name("a/b", "a%2Fb");
	check_name("100%", "100%25");
	check_name("%2F", "%252F");
	check_name(".hidden", "%2Ehidden");
	check_name("..", "%2E.");
	check_name("a\nb\177", "a%0Ab%7F");
	check_name("grün", "grün");
}

/* Each name has one spelling: any other is not found, so that nothing appears twice. */
static void test_names_other_spellings(void)
{
	static const char *const wrong[] = { "a%2fb", "%61", "a%", "a%2", "a%zz", "a%00", "%2E%2E",
					     ".hidden", "" };
	auto_arena arena = { 0 };
	const char *out = NULL;

	for (size_t i = 0; i < FLY_ARRAY_LEN(wrong); i++)
		CHECK_INT(fly_name_decode(wrong[i], &arena, &out), -ENOENT);
	CHECK(!out);
}

static void test_names_length(void)
{
	char name[300];
	auto_arena arena = { 0 };

	memset(name, 'x', sizeof(name));
	name[255] = 0;
	CHECK(fly_name_encode(name, &arena));
	name[254] = '/';
	CHECK(!fly_name_encode(name, &arena));
	name[254] = 'x';
	name[255] = 'x';
	name[256] = 0;
	CHECK(!fly_name_encode(name, &arena));
	CHECK(!fly_name_encode("", &arena));
}

static void check_table(enum fly_ino_kind kind)
{
	unsigned n;
	const struct fly_file *files = fly_files(kind, &n);

	for (unsigned i = 0; i < n; i++) {
		const struct fly_file *f = &files[i];

		CHECK(f->index != 0);
		CHECK(fly_file_at(kind, f->index) == f);
		CHECK(fly_file_find(kind, f->parent, f->name) == f);
		CHECK(S_ISDIR(f->mode) == (f->class == FLY_CLASS_DIR));
		CHECK(S_ISLNK(f->mode) == (f->class == FLY_CLASS_LINK));
		/* Only control files, state and project.json can be written at all. */
		CHECK(f->class != FLY_CLASS_CONTROL || (f->mode & 0777) == 0644);
		/* What never changes has a time that never changes. */
		if (f->class == FLY_CLASS_TEXT && f->life == FLY_LIFE_EVER)
			CHECK_INT(f->age, FLY_AGE_CREATED);
		/* A listing says each thing once, as text. */
		if (strlen(f->name) > 3 && !strcmp(f->name + strlen(f->name) - 3, ".pb"))
			CHECK(f->unlisted);
	}
}

static void test_table(void)
{
	for (int kind = 0; kind < FLY_N_INO_KINDS; kind++)
		check_table((enum fly_ino_kind)kind);
	CHECK(!fly_file_find(FLY_INO_EXECUTION, 0, "nosuch"));
	CHECK(!fly_file_at(FLY_INO_EXECUTION, 60000));
	CHECK(!fly_file_at(FLY_N_INO_KINDS, 1));
	CHECK(fly_file_find(FLY_INO_EXECUTION, 0, ".wait")->unlisted);
}

/* Index numbers are part of inode numbers: they stay what they are from version to version. */
static void test_table_is_stable(void)
{
	static const struct {
		const char *name;
		unsigned index;
	} rows[] = {
		{ "spec.json", 1 }, { "spec.pb", 2 }, { "closure.json", 3 }, { "closure.pb", 4 },
		{ "execution.json", 5 }, { "execution.pb", 6 }, { "id.json", 7 }, { "phase", 8 },
		{ "status", 9 }, { "inputs.json", 10 }, { "inputs.pb", 11 }, { "outputs.json", 12 },
		{ "outputs.pb", 13 }, { "error.json", 14 }, { "error", 15 },
		{ "abort_metadata.json", 16 }, { "data.json", 17 }, { "inputs", 18 },
		{ "outputs", 19 }, { "nodes", 20 }, { "graph.dot", 21 }, { "log", 22 },
		{ "terminate", 23 }, { "relaunch", 24 }, { "recover", 25 }, { "relaunched", 26 },
		{ ".wait", 27 }, { "delete", 28 },
	};

	for (size_t i = 0; i < FLY_ARRAY_LEN(rows); i++) {
		const struct fly_file *f = fly_file_find(FLY_INO_EXECUTION, 0, rows[i].name);

		CHECK(f && f->index == rows[i].index);
	}
}

int main(void)
{
	test_ino_round_trip();
	test_names_round_trip();
	test_names_other_spellings();
	test_names_length();
	test_table();
	test_table_is_stable();
	return check_done();
}
