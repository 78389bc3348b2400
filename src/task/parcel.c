/* SPDX-License-Identifier: Apache-2.0 */
/* parcel: see parcel.h. Written by one of our programs and read by the other, never by people. */
#include "parcel.h"

#include <inttypes.h>
#include <stdio.h>

#define SEAL_NAME "end 16\n"
#define SEAL_LEN (sizeof(SEAL_NAME) - 1 + 16 + 1)

void fly_parcel_add(struct fly_buf *b, const char *name, const void *data, size_t len)
{
	fly_buf_printf(b, "%s %zu\n", name, len);
	fly_buf_add(b, data, len);
	fly_buf_putc(b, '\n');
}

void fly_parcel_text(struct fly_buf *b, const char *name, const char *text)
{
	fly_parcel_add(b, name, text, strlen(text));
}

void fly_parcel_number(struct fly_buf *b, const char *name, int64_t number)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRId64, number);
	fly_parcel_text(b, name, text);
}

void fly_parcel_end(struct fly_buf *b, size_t start)
{
	uint64_t hash;

	if (b->failed)
		return;
	hash = fly_fnv1a64(b->data + start, b->len - start);
	fly_buf_printf(b, SEAL_NAME "%016" PRIx64 "\n", hash);
}

int fly_parcel_open(struct fly_parcel *p, char *data, size_t len)
{
	char seal[SEAL_LEN + 1];

	if (len < SEAL_LEN)
		return -EBADMSG;
	snprintf(seal, sizeof(seal), SEAL_NAME "%016" PRIx64 "\n",
		 fly_fnv1a64(data, len - SEAL_LEN));
	if (memcmp(seal, data + len - SEAL_LEN, SEAL_LEN))
		return -EBADMSG;
	*p = (struct fly_parcel){.at = data, .end = data + len - SEAL_LEN};
	return 0;
}

bool fly_parcel_next(struct fly_parcel *p, const char **name, struct fly_bytes *value)
{
	size_t left = (size_t)(p->end - p->at), len;
	char *line_end = left ? memchr(p->at, '\n', left) : NULL;
	char *blank = line_end ? memchr(p->at, ' ', (size_t)(line_end - p->at)) : NULL;

	if (!left)
		return false;
	p->failed = true;
	if (!blank)
		return false;
	*blank = '\0';
	*line_end = '\0';
	len = strtoul(blank + 1, NULL, 10);
	if (len >= (size_t)(p->end - line_end) - 1 || line_end[1 + len] != '\n')
		return false;
	*name = p->at;
	line_end[1 + len] = '\0';
	*value = (struct fly_bytes){(const uint8_t *)line_end + 1, len};
	p->at = line_end + 1 + len + 1;
	p->failed = false;
	return true;
}

int64_t fly_parcel_int(struct fly_bytes value)
{
	int64_t number = 0;

	fly_parse_int64((const char *)value.data, &number);
	return number;
}
