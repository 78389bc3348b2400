/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Drives the codec from a test written in another language. Each line of stdin is
 *
 *	hex TYPE BYTES		or	json TYPE TEXT
 *
 * (BYTES in hexadecimal, TEXT on one line), each line of stdout the answer to one of them:
 *
 *	ok<TAB>BYTES<TAB>TEXT		TEXT with proto names for hex, lowerCamelCase for json
 *	no<TAB>sentence
 *
 * Every message is also copied, and the copy compared and printed: that is what is answered.
 */
#include <fly_proto.h>
#include <stdio.h>

#include "flytefs/codec.h"

static int digit(char c)
{
	return c <= '9' ? c - '0' : (c | 32) - 'a' + 10;
}

static size_t unhex(char *text)
{
	size_t n = 0;

	for (; text[0] && text[1]; text += 2, n++)
		text[-(ptrdiff_t)n] = (char)(digit(text[0]) << 4 | digit(text[1]));
	return n;
}

static void answer(const ProtobufCMessage *m, unsigned style)
{
	auto_arena arena = {0};
	auto_buf wire = {0}, json = {0};
	const ProtobufCMessage *copy = fly_message_copy(m, &arena);

	if (!fly_message_equal(m, copy)) {
		printf("no\tthe copy is not equal\n");
		return;
	}
	fly_wire_print(copy, &wire);
	fly_json_print(copy, style | FLY_JSON_COMPACT, &json);
	if (wire.failed || json.failed) {
		printf("no\tout of memory\n");
		return;
	}
	printf("ok\t");
	for (size_t i = 0; i < wire.len; i++)
		printf("%02x", (unsigned char)wire.data[i]);
	printf("\t%s\n", json.data);
}

static void serve(const char *form, const char *type, char *rest)
{
	const ProtobufCMessageDescriptor *descriptor = fly_proto_find(type);
	auto_arena arena = {0};
	ProtobufCMessage *m = NULL;
	struct fly_why why = {0};
	bool hex = !strcmp(form, "hex");

	if (!descriptor)
		fly_fail(&why, ENOENT, "no such type: %s", type);
	else if (hex)
		fly_wire_parse(descriptor, rest, unhex(rest), &arena, &m, &why);
	else
		fly_json_parse(descriptor, rest, strlen(rest), &arena, &m, &why);
	if (m)
		answer(m, hex ? 0 : FLY_JSON_CAMEL);
	else
		printf("no\t%s\n", why.text);
}

int main(void)
{
	char *line = NULL, *rest, *form, *type;
	size_t size = 0;

	while (getline(&line, &size, stdin) >= 0) {
		line[strcspn(line, "\n")] = '\0';
		rest = line;
		form = strsep(&rest, " ");
		type = rest ? strsep(&rest, " ") : "";
		serve(form, type, rest ? rest : line + strlen(line));
	}
	free(line);
	return 0;
}
