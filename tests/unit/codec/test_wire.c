/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Wire bytes: the vectors of the reference (with their JSON), what is refused and where, merging,
 * maps, unknown fields, limits; copies and comparison; agreement with protobuf-c.
 */
#include <fly_proto.h>

#include "flytefs/codec.h"

#include "check.h"
#include "flyteidl/admin/execution.pb-c.h"

/* flyte-api §6.5 */
static const struct {
	const char *type, *json, *hex;
} vectors[] = {
	{"flyteidl.core.WorkflowExecutionIdentifier",
	 "{\"project\":\"flytesnacks\",\"domain\":\"development\",\"name\":\"f0a1\"}",
	 "0a0b666c797465736e61636b73120b646576656c6f706d656e74220466306131"},
	{"flyteidl.core.LiteralMap",
	 "{\"literals\":{\"n\":{\"scalar\":{\"primitive\":{\"integer\":\"0\"}}},"
	 "\"s\":{\"scalar\":{\"primitive\":{\"string_value\":\"hi\"}}},"
	 "\"t\":{\"scalar\":{\"primitive\":{\"datetime\":\"2020-05-12T00:00:00Z\"}}},"
	 "\"u\":{\"scalar\":{\"primitive\":{\"duration\":\"1.500s\"}}}}}",
	 "0a0b0a016e12060a040a0208000a0d0a017312080a060a041a0268690a110a0174120c0a0a0a082a060880ce"
	 "e7f5050a130a0175120e0a0c0a0a320808011080cab5ee01"},
	{"flyteidl.core.LiteralMap",
	 "{\"literals\":{\"c\":{\"collection\":{\"literals\":["
	 "{\"scalar\":{\"primitive\":{\"float_value\":0.5}}},{\"scalar\":{\"none_type\":{}}}]}}}}",
	 "0a1c0a0163121712150a0d0a0b0a0911000000000000e03f0a040a022a00"},
	{"flyteidl.admin.Notification",
	 "{\"phases\":[\"SUCCEEDED\",\"FAILED\"],"
	 "\"email\":{\"recipients_email\":[\"a@example.com\"]}}",
	 "0a020406120f0a0d61406578616d706c652e636f6d"},
	{"flyteidl.admin.ExecutionSpec",
	 "{\"launch_plan\":{\"resource_type\":\"LAUNCH_PLAN\",\"project\":\"p\",\"domain\":\"d\","
	 "\"name\":\"n\",\"version\":\"v\"},\"disable_all\":false}",
	 "0a0e08031201701a016422016e2a01763000"},
	{"flyteidl.admin.ExecutionClosure",
	 "{\"abort_metadata\":{\"cause\":\"stop\",\"principal\":\"ann\"},\"phase\":\"ABORTED\","
	 "\"started_at\":\"2020-05-12T10:00:00.250Z\",\"duration\":\"1.000000001s\","
	 "\"created_at\":\"2020-05-12T09:59:59Z\","
	 "\"updated_at\":\"2020-05-12T10:00:01.250000001Z\"}",
	 "20072a0b08a0e7e9f5051080e59a773204080110013a06089fe7e9f505420b08a1e7e9f5051081e59a77620b"
	 "0a0473746f701203616e6e"},
	{"google.protobuf.Struct", "{\"a\":1,\"b\":[true,null,\"x\"]}",
	 "0a0e0a0161120911000000000000f03f0a140a0162120f320d0a0220010a0208000a031a0178"},
};

static struct fly_bytes unhex(const char *hex, uint8_t *out)
{
	size_t n = strlen(hex) / 2;
	unsigned byte;

	for (size_t i = 0; i < n; i++) {
		sscanf(hex + 2 * i, "%2x", &byte);
		out[i] = (uint8_t)byte;
	}
	return (struct fly_bytes){out, n};
}

static ProtobufCMessage *parse(const char *type, const char *hex, struct fly_arena *arena,
			       struct fly_why *why)
{
	uint8_t bytes[512];
	struct fly_bytes in = unhex(hex, bytes);
	ProtobufCMessage *m = NULL;
	int rc = fly_wire_parse(fly_proto_find(type), in.data, in.len, arena, &m, why);

	CHECK((rc == 0) == (m != NULL));
	CHECK(rc == 0 || rc == -EINVAL);
	return m;
}

static void print_hex(const ProtobufCMessage *m, struct fly_buf *b)
{
	auto_buf wire = {0};

	fly_wire_print(m, &wire);
	CHECK(!wire.failed);
	fly_buf_clear(b);
	fly_buf_puts(b, "");
	for (size_t i = 0; i < wire.len; i++)
		fly_buf_printf(b, "%02x", (unsigned char)wire.data[i]);
}

static void test_wire_vectors(void)
{
	for (size_t i = 0; i < FLY_ARRAY_LEN(vectors); i++) {
		auto_arena arena = {0};
		auto_buf b = {0};
		ProtobufCMessage *m = parse(vectors[i].type, vectors[i].hex, &arena, NULL);
		ProtobufCMessage *from_json = NULL;

		if (!m)
			continue;
		print_hex(m, &b);
		CHECK_STR(b.data, vectors[i].hex);
		fly_buf_clear(&b);
		fly_json_print(m, FLY_JSON_COMPACT, &b);
		CHECK_STR(b.data, vectors[i].json);
		fly_json_parse(m->descriptor, b.data, b.len, &arena, &from_json, NULL);
		CHECK(fly_message_equal(m, from_json));
	}
}

static const struct {
	const char *type, *hex, *sentence;
} refused[] = {
	{"flyteidl.core.Identifier", "00", "byte 0: no field begins here"},
	{"flyteidl.core.Identifier", "80", "byte 0: no field begins here"},
	{"flyteidl.core.Identifier", "ffffffffffffffffff7f", "byte 0: no field begins here"},
	{"flyteidl.core.Identifier", "8080808080808080808001", "byte 0: no field begins here"},
	{"flyteidl.core.Identifier", "13", "byte 0: groups are not part of proto3"},
	{"flyteidl.core.Identifier", "08031c", "byte 2: groups are not part of proto3"},
	{"flyteidl.core.Identifier", "16", "byte 0: there is no such wire type"},
	{"flyteidl.core.Identifier", "08", "byte 1: resource_type: the value is cut off"},
	{"flyteidl.core.Identifier", "1205616263", "byte 1: project: the value is cut off"},
	{"flyteidl.core.Identifier", "12ffffffffffffffffff01",
	 "byte 1: project: the value is cut off"},
	{"flyteidl.core.Identifier", "0900", "byte 1: resource_type: the value is cut off"},
	{"flyteidl.core.Identifier", "7d000000", "byte 1: the value is cut off"},
	{"flyteidl.core.Identifier", "120161120161120361ff61",
	 "byte 8: project: the string is not UTF-8"},
	{"flyteidl.core.Identifier", "1203610061",
	 "byte 2: project: the string has a NUL in it, which flytefs does not take"},
	{"flyteidl.admin.ExecutionSpec", "0a031202c328",
	 "byte 3: launch_plan.project: the value is cut off"},
	{"flyteidl.admin.ExecutionSpec", "0a041202c328",
	 "byte 4: launch_plan.project: the string is not UTF-8"},
	{"flyteidl.core.LiteralMap", "0a060a02ff61 1200",
	 "byte 4: literals.key: the string is not UTF-8"},
	{"flyteidl.admin.Notification", "0a020480", "byte 3: phases: the packed list is cut off"},
};

static void test_wire_refused(void)
{
	for (size_t i = 0; i < FLY_ARRAY_LEN(refused); i++) {
		auto_arena arena = {0};
		struct fly_why why = {0};

		CHECK(!parse(refused[i].type, refused[i].hex, &arena, &why));
		CHECK_STR(why.text, refused[i].sentence);
		CHECK_INT(why.status, FLY_INVALID_ARGUMENT);
	}
}

/* What other encoders may write, and how it is written here. */
static const struct {
	const char *type, *hex, *want;
} rewritten[] = {
	/* the last of equal fields */
	{"flyteidl.core.Identifier", "0803080112016112016b", "080112016b"},
	/* a message in two pieces is one */
	{"flyteidl.admin.ExecutionSpec", "0a03120170 0a031a0164", "0a061201701a0164"},
	/* the last member of a oneof; the same member twice is merged */
	{"flyteidl.core.Primitive", "08051a0161", "1a0161"},
	{"flyteidl.core.Primitive", "1a01610800", "0800"},
	{"flyteidl.core.Scalar", "0a0208050a00", "0a020805"},
	{"flyteidl.core.Scalar", "0a020805 2a00 0a00", "0a00"},
	/* numbers of a list one by one, and packed in two pieces */
	{"flyteidl.admin.Notification", "08040806", "0a020406"},
	{"flyteidl.admin.Notification", "0a0104 0806 0a0105", "0a03040605"},
	{"flyteidl.admin.Notification", "0a00", ""},
	/* defaults are not written */
	{"flyteidl.core.Identifier", "08001200", ""},
	{"flyteidl.core.Identifier", "08800012817a", NULL},
	/* maps: by key, the last of equal ones, both fields */
	{"flyteidl.admin.Labels", "0a060a01621201310a060a0161120132 0a060a0162120133",
	 "0a060a01611201320a060a0162120133"},
	{"flyteidl.admin.Labels", "0a00", "0a040a001200"},
	{"flyteidl.admin.Labels", "0a031201610a030a0161", "0a050a001201610a050a01611200"},
	{"flyteidl.core.LiteralMap", "0a030a0161", "0a050a01611200"},
	/* negative numbers have ten bytes, also where five came */
	{"flyteidl.admin.ExecutionSpec", "9001ffffffff0f", "9001ffffffffffffffffff01"},
	/* bool */
	{"flyteidl.admin.ExecutionSpec", "b00105", "b00101"},
	/* unknown fields, and known ones with another wire type, come last and unchanged */
	{"flyteidl.core.Identifier", "f8ff0705 12016b", "12016bf8ff0705"},
	{"flyteidl.core.Identifier", "0d01020304 12016b 10 05", "12016b0d010203041005"},
	{"flyteidl.core.Identifier", "fa0f03616263 12016b", "12016bfa0f03616263"},
	{"flyteidl.core.Identifier", "f90f0102030405060708", "f90f0102030405060708"},
	/* -0.0 and NaN are no defaults */
	{"flyteidl.core.Primitive", "110000000000000080", "110000000000000080"},
	{"google.protobuf.Value", "11010000000000f87f", "11010000000000f87f"},
};

static void without_blanks(const char *text, char *out)
{
	for (; *text; text++) {
		if (*text != ' ')
			*out++ = *text;
	}
	*out = '\0';
}

static void test_wire_rewritten(void)
{
	for (size_t i = 0; i < FLY_ARRAY_LEN(rewritten); i++) {
		auto_arena arena = {0}, copies = {0};
		auto_buf b = {0};
		ProtobufCMessage *m, *copy;
		char hex[256];

		without_blanks(rewritten[i].hex, hex);
		m = parse(rewritten[i].type, hex, &arena, NULL);
		CHECK((m != NULL) == (rewritten[i].want != NULL));
		if (!m)
			continue;
		print_hex(m, &b);
		CHECK_STR(b.data, rewritten[i].want);
		copy = fly_message_copy(m, &copies);
		CHECK(fly_message_equal(m, copy));
		/* The copy borrows nothing. */
		fly_arena_release(&arena);
		print_hex(copy, &b);
		CHECK_STR(b.data, rewritten[i].want);
	}
}

/* Literals in collections in literals, so many messages deep. */
static int parse_nested(int depth, struct fly_arena *arena, ProtobufCMessage **out,
			struct fly_why *why)
{
	auto_buf wire = {0};

	for (int i = 1; i < depth; i++) {
		auto_buf inner = wire;
		size_t len = inner.len;

		wire = (struct fly_buf){0};
		fly_buf_putc(&wire, i % 2 ? 0x12 : 0x0a);
		for (; len > 0x7f; len >>= 7)
			fly_buf_putc(&wire, (char)(len | 0x80));
		fly_buf_putc(&wire, (char)len);
		fly_buf_add(&wire, inner.data, inner.len);
	}
	return fly_wire_parse(depth % 2 ? &flyteidl__core__literal_collection__descriptor
					: &flyteidl__core__literal__descriptor,
			      wire.data, wire.len, arena, out, why);
}

static void test_wire_depth(void)
{
	auto_arena arena = {0};
	struct fly_why why = {0};
	ProtobufCMessage *m = NULL;
	auto_buf b = {0};

	CHECK_INT(parse_nested(FLY_WIRE_MAX_DEPTH, &arena, &m, NULL), 0);
	fly_json_print(m, 0, &b);
	fly_wire_print(m, &b);
	CHECK(!b.failed);
	CHECK(fly_message_equal(m, fly_message_copy(m, &arena)));
	CHECK_INT(parse_nested(FLY_WIRE_MAX_DEPTH + 1, &arena, &m, &why), -EINVAL);
	CHECK(strstr(why.text, "messages lie too deep inside each other"));
}

static void test_wire_size(void)
{
	const ProtobufCMessageDescriptor *type = &flyteidl__core__literal__descriptor;
	auto_arena arena = {0};
	struct fly_why why = {0};
	ProtobufCMessage *m = NULL;

	CHECK_INT(fly_wire_parse(type, "", FLY_MESSAGE_MAX_BYTES + 1, &arena, &m, &why), -EFBIG);
	CHECK_STR(why.text, "the message has 67108865 bytes, at most 67108864 are taken");
	CHECK(!m);
	CHECK_INT(fly_wire_parse(type, NULL, 0, &arena, &m, NULL), 0);
	CHECK(m);
}

static void test_wire_memory(void)
{
	uint8_t bytes[512];
	struct fly_bytes in = unhex(vectors[1].hex, bytes);
	int rc = -ENOMEM, tries = 0;

	for (size_t limit = 1; rc == -ENOMEM; limit += 16, tries++) {
		auto_arena arena = {.limit_bytes = limit};
		struct fly_why why = {0};
		ProtobufCMessage *m = NULL;

		rc = fly_wire_parse(&flyteidl__core__literal_map__descriptor, in.data, in.len,
				    &arena, &m, &why);
		CHECK((rc == 0) == (m != NULL));
		CHECK(rc == 0 || why.error == ENOMEM);
		if (rc == 0)
			CHECK(tries > 20);
	}
	CHECK_INT(rc, 0);
}

/* Messages made by hand may have holes; each has a meaning. */
static void test_wire_holes(void)
{
	Flyteidl__Core__LiteralMap__LiteralsEntry b =
		FLYTEIDL__CORE__LITERAL_MAP__LITERALS_ENTRY__INIT;
	Flyteidl__Core__LiteralMap__LiteralsEntry a =
		FLYTEIDL__CORE__LITERAL_MAP__LITERALS_ENTRY__INIT;
	Flyteidl__Core__LiteralMap__LiteralsEntry *entries[] = {&b, &a, NULL, &a};
	Flyteidl__Core__LiteralMap map = FLYTEIDL__CORE__LITERAL_MAP__INIT;
	auto_buf out = {0};
	auto_arena arena = {0};

	b.key = "b";
	a.key = NULL;
	map.literals = entries;
	map.n_literals = 4;
	print_hex(&map.base, &out);
	CHECK_STR(out.data, "0a040a0012000a050a01621200");
	fly_buf_clear(&out);
	fly_json_print(&map.base, FLY_JSON_COMPACT, &out);
	CHECK_STR(out.data, "{\"literals\":{\"\":{},\"b\":{}}}");
	CHECK(fly_message_equal(&map.base, fly_message_copy(&map.base, &arena)));
	CHECK(!fly_message_copy(NULL, &arena));
	CHECK(fly_message_equal(NULL, NULL));
	CHECK(!fly_message_equal(NULL, &map.base));
	CHECK(!fly_message_equal(&map.base, NULL));
	CHECK(!fly_message_equal(&map.base, &a.base));
}

static void test_wire_equal(void)
{
	static const struct {
		const char *type, *a, *b;
		bool equal;
	} pairs[] = {
		{"flyteidl.core.Identifier", "12016b", "120161", false},
		{"flyteidl.core.Identifier", "12016b", "12016b0801", false},
		{"flyteidl.core.Identifier", "12016b", "12016b1200", false},
		{"flyteidl.core.Identifier", "12016bf80f05", "12016bf80f06", false},
		{"flyteidl.core.Identifier", "12016bf80f05", "f80f0512016b", true},
		{"flyteidl.core.Primitive", "0800", "2000", false},
		{"flyteidl.core.Primitive", "11000000000000f87f", "11000000000000f87f", true},
		{"flyteidl.core.Primitive", "110000000000000080", "110000000000000000", false},
		{"flyteidl.admin.Labels", "0a060a0161120162", "0a060a0161120163", false},
		{"flyteidl.core.Binary", "0a0161", "0a0162", false},
		{"flyteidl.core.Binary", "0a0161", "0a026161", false},
		{"flyteidl.admin.Notification", "0a020405", "0a020504", false},
		{"flyteidl.admin.Notification", "0a020405", "08040805", true},
	};

	for (size_t i = 0; i < FLY_ARRAY_LEN(pairs); i++) {
		auto_arena arena = {0};
		ProtobufCMessage *a = parse(pairs[i].type, pairs[i].a, &arena, NULL);
		ProtobufCMessage *b = parse(pairs[i].type, pairs[i].b, &arena, NULL);

		CHECK(a && b && fly_message_equal(a, b) == pairs[i].equal);
	}
}

static void *allocate(void *arena, size_t size)
{
	return fly_arena_alloc(arena, size);
}

/* The arena frees all at once. */
static void keep(void *arena, void *memory)
{
}

/* protobuf-c reads what we write, and the other way round. */
static void test_wire_protobuf_c(void)
{
	for (size_t i = 0; i < FLY_ARRAY_LEN(vectors); i++) {
		auto_arena arena = {0};
		ProtobufCAllocator allocator = {allocate, keep, &arena};
		uint8_t bytes[512], packed[512];
		struct fly_bytes in = unhex(vectors[i].hex, bytes);
		ProtobufCMessage *ours = parse(vectors[i].type, vectors[i].hex, &arena, NULL);
		ProtobufCMessage *theirs =
			protobuf_c_message_unpack(ours->descriptor, &allocator, in.len, in.data);

		CHECK(fly_message_equal(ours, theirs));
		CHECK_INT(protobuf_c_message_pack(ours, packed), in.len);
		CHECK(protobuf_c_message_check(ours));
	}
}

int main(void)
{
	test_wire_vectors();
	test_wire_refused();
	test_wire_rewritten();
	test_wire_depth();
	test_wire_size();
	test_wire_memory();
	test_wire_holes();
	test_wire_equal();
	test_wire_protobuf_c();
	return check_done();
}
