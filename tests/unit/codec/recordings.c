/* SPDX-License-Identifier: Apache-2.0 */
#include "recordings.h"

#include <fcntl.h>
#include <stdio.h>

#include "json_text.h"

void recordings_lines(const char *dir, const char *file, int n_fields,
		      void (*call)(char **fields, void *data), void *data)
{
	auto_fd fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_buf b = {0};
	char *line, *rest, *fields[8] = {0};

	if (fd < 0 || fly_read_file(fd, file, 8 << 20, &b) < 0) {
		fprintf(stderr, "cannot read %s/%s\n", dir, file);
		exit(2);
	}
	for (line = strtok_r(b.data, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		char *at = line;

		if (*line == '#')
			continue;
		for (int i = 0; i < n_fields; i++)
			fields[i] = strsep(&at, "\t");
		if (!fields[n_fields - 1]) {
			fprintf(stderr, "%s: too few fields: %s\n", file, line);
			exit(2);
		}
		call(fields, data);
	}
}

struct reading {
	struct recordings *r;
	const ProtobufCMessageDescriptor *type;
};

static void read_row(char **fields, void *data)
{
	struct reading *reading = data;
	struct recordings *r = reading->r;
	struct recording *row = &r->rows[r->n];
	const char *base64 = strcmp(fields[1], "-") ? fields[1] : "";
	size_t len = 0;
	uint8_t *wire;

	if (r->n == FLY_ARRAY_LEN(r->rows) || !fly_base64_size(base64, strlen(base64), &len))
		exit(2);
	wire = fly_arena_alloc(&r->arena, len);
	fly_base64_decode(base64, strlen(base64), wire);
	row->name = fly_arena_strdup(&r->arena, fields[0]);
	row->message = NULL;
	fly_wire_parse(reading->type, wire, len, &r->arena, &row->message, NULL);
	r->n++;
}

void recordings_read(struct recordings *r, const char *dir, const char *file,
		     const ProtobufCMessageDescriptor *type)
{
	struct reading reading = {r, type};

	recordings_lines(dir, file, 3, read_row, &reading);
}

const struct recording *recordings_get(const struct recordings *r, const char *name)
{
	for (size_t i = 0; i < r->n; i++) {
		if (!strcmp(r->rows[i].name, name))
			return &r->rows[i];
	}
	fprintf(stderr, "no recording named %s\n", name);
	exit(2);
}
