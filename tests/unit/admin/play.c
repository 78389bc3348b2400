/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests through a mount, what no gesture says: calls from stdin, a JSON object a line, answered
 * on stdout one a line.
 *
 *	play STORE [FIRST-PROJECT]	make them on a store that nobody has mounted: {code, error, response}
 *	play --wire			encode their requests: {wire}, in base64
 */
#include "driver.h"
#include "rpcs.h"

static void print_and_drop(json_t *value)
{
	if (json_dumpf(value, stdout, JSON_COMPACT | JSON_ENCODE_ANY) < 0 || putchar('\n') == EOF)
		exit(2);
	json_decref(value);
}

static void make(json_t *call, void *arg)
{
	struct driver *d = arg;
	auto_answer answer = {0};

	driver_call(d, call, &answer);
	print_and_drop(json_pack("{s:s, s:s, s:O}", "code", fly_status_name(answer.status), "error",
				 answer.text, "response", answer.response));
}

static void encode(json_t *call, void *arg)
{
	const struct driver_rpc *rpc =
		driver_rpc_find(json_string_value(json_object_get(call, "rpc")));
	auto_free char *text = json_dumps(json_object_get(call, "request"), JSON_ENCODE_ANY);
	Flyteidl__Core__Binary bytes = FLYTEIDL__CORE__BINARY__INIT;
	auto_buf wire = {0}, json = {0};
	auto_arena arena = {0};
	struct fly_why why = {0};
	ProtobufCMessage *request;
	json_error_t error;
	json_t *value;

	if (!rpc || !text ||
	    fly_json_parse(rpc->request, text, strlen(text), &arena, &request, &why) < 0) {
		fprintf(stderr, "play: %s: %s\n", text ? text : "", why.text);
		exit(2);
	}
	fly_wire_print(request, &wire);
	bytes.value = (ProtobufCBinaryData){.data = (uint8_t *)wire.data, .len = wire.len};
	fly_json_print(&bytes.base, FLY_JSON_COMPACT, &json);
	value = json_loadb(json.data, json.len, 0, &error);
	if (!value)
		exit(2);
	print_and_drop(json_pack("{s:s}", "wire",
				 wire.len ? json_string_value(json_object_get(value, "value")) : ""));
	json_decref(value);
}

int main(int argc, char **argv)
{
	static struct driver d;

	if (argc < 2) {
		fprintf(stderr, "play STORE [FIRST-PROJECT] | play --wire\n");
		return 2;
	}
	if (!strcmp(argv[1], "--wire")) {
		driver_lines("/dev", "stdin", encode, NULL);
		return 0;
	}
	driver_open_at(&d, argv[1], false, argc > 2 ? argv[2] : NULL);
	driver_lines("/dev", "stdin", make, &d);
	driver_close(&d);
	return 0;
}
