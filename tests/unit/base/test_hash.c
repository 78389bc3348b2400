/* SPDX-License-Identifier: Apache-2.0 */
/* Vectors: the FNV authors' test suite; FIPS 180-4 examples. */
#include "check.h"
#include "flytefs/base.h"

static const char *hex(const uint8_t hash[32])
{
	static char text[65];

	for (int i = 0; i < 32; i++)
		snprintf(text + 2 * i, 3, "%02x", hash[i]);
	return text;
}

int main(void)
{
	uint8_t hash[32];

	CHECK(fly_fnv1a32("", 0) == 0x811c9dc5);
	CHECK(fly_fnv1a32("a", 1) == 0xe40c292c);
	CHECK(fly_fnv1a32("foobar", 6) == 0xbf9cf968);
	CHECK(fly_fnv1a64("", 0) == 0xcbf29ce484222325);
	CHECK(fly_fnv1a64("a", 1) == 0xaf63dc4c8601ec8c);
	CHECK(fly_fnv1a64("foobar", 6) == 0x85944171f73967e8);
	fly_sha256(NULL, 0, hash);
	CHECK_STR(hex(hash), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	fly_sha256("abc", 3, hash);
	CHECK_STR(hex(hash), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	return check_done();
}
