/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Wire bytes into messages: what is read is written and read as the same, and can be printed;
 * protobuf-c, where it reads the bytes too, finds the same in them.
 */
#include "flytefs/codec.h"

#include "fuzz_types.h"

static void check_again(const ProtobufCMessage *m)
{
	auto_arena arena = {0};
	auto_buf first = {0}, second = {0};
	ProtobufCMessage *again = NULL;

	fly_wire_print(m, &first);
	must(fly_wire_parse(m->descriptor, first.data, first.len, &arena, &again, NULL) == 0);
	must(fly_message_equal(m, again));
	fly_wire_print(again, &second);
	must(first.len == second.len);
	must(!first.len || !memcmp(first.data, second.data, first.len));
}

/* Any message can be printed; not every text can be read (years, depth, unknown types). */
static void check_json(const ProtobufCMessage *m)
{
	auto_arena arena = {0};
	auto_buf text = {0};
	ProtobufCMessage *read = NULL;
	struct fly_scan scan;

	fly_json_print(m, FLY_JSON_PRETTY, &text);
	must(!text.failed);
	fly_scan_init(&scan);
	if (fly_scan_feed(&scan, text.data, text.len) == FLY_SCAN_DONE)
		fly_json_parse(m->descriptor, text.data, text.len, &arena, &read, NULL);
	else
		must(scan.depth == FLY_MESSAGE_MAX_DEPTH);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_arena arena = {0};
	struct fly_why why = {0};
	ProtobufCMessage *m = NULL;

	if (!size)
		return 0;
	if (fly_wire_parse(fuzz_type(data[0]), data + 1, size - 1, &arena, &m, &why) < 0) {
		must(why.error == EINVAL && !strncmp(why.text, "byte ", 5));
		return 0;
	}
	check_again(m);
	check_json(m);
	return 0;
}
