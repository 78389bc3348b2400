/* SPDX-License-Identifier: Apache-2.0 */
/* Vectors: flyte-engine §4.13, recorded from Flyte's catalog client and objecthash itself. */
#include "check.h"
#include "flytefs/codec.h"

static const char *hash_of(const ProtobufCMessageDescriptor *type, const char *json)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	static char text[44];
	auto_arena arena = {0};
	ProtobufCMessage *m = NULL;
	uint8_t hash[33] = {0};

	CHECK_INT(fly_json_parse(type, json, strlen(json), &arena, &m, NULL), 0);
	CHECK_INT(fly_object_hash(m, hash), 0);
	/* 43 digits of 6 bits, the last one filled up with zeros. */
	for (size_t i = 0; i < 43; i++) {
		size_t bit = i * 6;
		unsigned pair = (unsigned)hash[bit / 8] << 8 | hash[bit / 8 + 1];

		text[i] = digits[pair >> (10 - bit % 8) & 63];
	}
	return text;
}

int main(void)
{
	auto_free char *first = NULL;

	CHECK_STR(hash_of(&flyteidl__core__literal_map__descriptor,
			  "{\"literals\":{\"1\":{\"scalar\":{\"primitive\":{\"integer\":\"1\"}}},"
			  "\"2\":{\"scalar\":{\"primitive\":{\"integer\":\"2\"}}}}}"),
		  "GQid5LjHbakcW68DS3P2jp80QLbiF0olFHF2hTh5bg8");
	CHECK_STR(hash_of(&flyteidl__core__literal_map__descriptor, "{}"),
		  "GKw-c0PwFokMUQ6T-TUmEWnZ4_VlQ2Qpgw-vCTT0-OQ");
	CHECK(!strncmp(hash_of(&flyteidl__core__variable_map__descriptor,
			       "{\"variables\":{\"1\":{\"type\":{\"simple\":\"INTEGER\"}},"
			       "\"2\":{\"type\":{\"simple\":\"INTEGER\"}}}}"),
		       "UxVtPm0k", 8));
	/* Keys that a recorded run was cached under. */
	CHECK_STR(hash_of(&flyteidl__core__literal_map__descriptor,
			  "{\"literals\":{\"x\":{\"scalar\":{\"primitive\":{\"integer\":\"12\"}}}}}"),
		  "F0DbcgAo_eqYCFUKz12aLYeWT78nIv-t8BYeI8XVQiY");
	CHECK(!strncmp(hash_of(&flyteidl__core__variable_map__descriptor,
			       "{\"variables\":{\"x\":{\"type\":{\"simple\":\"INTEGER\"}}}}"),
		       "BgPQX4Pd", 8));
	CHECK(!strncmp(hash_of(&flyteidl__core__variable_map__descriptor,
			       "{\"variables\":{\"o0\":{\"type\":{\"simple\":\"INTEGER\"}}}}"),
		       "PmK8qF6C", 8));
	/* 783a423b094307bcb28d005bc2f026ff44204442ef3513585e7e73b66e3c2213 */
	CHECK_STR(hash_of(&google__protobuf__list_value__descriptor,
			  "[\"foo\",{\"bar\":[\"baz\",null,1.0,1.5,0.0001,1000.0,2.0,-23.1234,2.0]}]"),
		  "eDpCOwlDB7yyjQBbwvAm_0QgRELvNRNYXn5ztm48IhM");
	/* Members in any order are the same object. */
	first = strdup(hash_of(&google__protobuf__struct__descriptor, "{\"a\":1,\"b\":[true]}"));
	CHECK_STR(hash_of(&google__protobuf__struct__descriptor, "{\"b\":[true],\"a\":1}"), first);
	CHECK(strcmp(hash_of(&google__protobuf__struct__descriptor, "{\"a\":1,\"b\":[]}"), first));
	/* Larger than an integer of 64 bits, and the smallest double. */
	CHECK_INT(strlen(hash_of(&google__protobuf__list_value__descriptor, "[1e20,5e-324,-0]")), 43);
	return check_done();
}
