/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON into messages: what is read is printed and read as the same, in every style and on the
 * wire; what is refused has a place and a reason.
 */
#include "flytefs/codec.h"

#include "fuzz_types.h"

static void check_style(const ProtobufCMessage *m, unsigned style)
{
	auto_arena arena = {0};
	auto_buf first = {0}, second = {0};
	ProtobufCMessage *again = NULL;

	fly_json_print(m, style, &first);
	must(fly_json_parse(m->descriptor, first.data, first.len, &arena, &again, NULL) == 0);
	must(fly_message_equal(m, again));
	fly_json_print(again, style, &second);
	must(first.len == second.len && !memcmp(first.data, second.data, first.len));
}

static void check_wire(const ProtobufCMessage *m)
{
	auto_arena arena = {0};
	auto_buf wire = {0};
	ProtobufCMessage *again = NULL;

	fly_wire_print(m, &wire);
	must(fly_wire_parse(m->descriptor, wire.data, wire.len, &arena, &again, NULL) == 0);
	must(fly_message_equal(m, again));
	must(fly_message_equal(m, fly_message_copy(again, &arena)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_arena arena = {0};
	struct fly_why why = {0};
	ProtobufCMessage *m = NULL;
	int rc;

	if (!size)
		return 0;
	rc = fly_json_parse(fuzz_type(data[0]), (const char *)data + 1, size - 1, &arena, &m, &why);
	if (rc < 0) {
		must(why.error == EINVAL && why.text[0] >= '1' && why.text[0] <= '9');
		return 0;
	}
	check_style(m, FLY_JSON_PRETTY);
	check_style(m, FLY_JSON_COMPACT | FLY_JSON_CAMEL);
	check_wire(m);
	return 0;
}
