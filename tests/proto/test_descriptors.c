/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compares the compiled descriptors with descriptors.tsv, in both directions: what stands in one
 * and not in the other is a failure, and so is every difference in number, name, type or label.
 * A oneof's name is not in a descriptor; which fields share one is.
 */
#include <fly_proto.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ROWS 4096
#define MAX_COLUMNS 7

enum { KIND, OWNER };				/* of every row */
enum { FIELD_NUMBER = 2, FIELD_NAME, FIELD_JSON_NAME, FIELD_TYPE, FIELD_LABEL };
enum { VALUE_NUMBER = 2, VALUE_NAME };

struct row {
	char *columns[MAX_COLUMNS];
};

static struct row rows[MAX_ROWS];
static size_t row_count;
static unsigned int passed, failed;

__attribute__((format(printf, 2, 3)))
static void check(bool good, const char *format, ...)
{
	va_list arguments;

	if (good) {
		passed++;
		return;
	}
	failed++;
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
}

/* 0 for a comment, else the number of columns; the row keeps pointing into line. */
static size_t split(char *line, struct row *row)
{
	size_t n = 0;
	char *column;

	line[strcspn(line, "\n")] = '\0';
	if (line[0] == '#')
		return 0;
	while (n < MAX_COLUMNS && (column = strsep(&line, "\t")))
		row->columns[n++] = column;
	return line ? MAX_COLUMNS + 1 : n;
}

static size_t columns_of(const char *kind)
{
	static const struct {
		const char *kind;
		size_t columns;
	} kinds[] = { { "message", 2 }, { "enum", 2 }, { "field", 7 }, { "value", 4 } };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!strcmp(kind, kinds[i].kind))
			return kinds[i].columns;
	}
	return 0;
}

static void load(const char *path)
{
	FILE *file = fopen(path, "r");
	char *line = NULL;
	size_t size = 0, columns;

	if (!file) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		exit(1);
	}
	while (getline(&line, &size, file) >= 0) {
		if (row_count == MAX_ROWS) {
			fprintf(stderr, "%s: more than %d rows\n", path, MAX_ROWS);
			exit(1);
		}
		columns = split(line, &rows[row_count]);
		if (!columns)
			continue;
		if (columns != columns_of(rows[row_count].columns[KIND])) {
			fprintf(stderr, "%s: not a row: %s ...\n", path, line);
			exit(1);
		}
		row_count++;
		line = NULL;
		size = 0;
	}
	free(line);
	fclose(file);
}

static void unload(void)
{
	for (size_t i = 0; i < row_count; i++)
		free(rows[i].columns[KIND]);
}

/* The row of this kind and owner whose column has this text; column OWNER asks for no more. */
static const struct row *find_row(const char *kind, const char *owner, int column,
				  const char *text)
{
	for (size_t i = 0; i < row_count; i++) {
		if (!strcmp(rows[i].columns[KIND], kind) &&
		    !strcmp(rows[i].columns[OWNER], owner) &&
		    !strcmp(rows[i].columns[column], text))
			return &rows[i];
	}
	return NULL;
}

static const char *type_name(const ProtobufCFieldDescriptor *field)
{
	switch (field->type) {
	case PROTOBUF_C_TYPE_INT32: return "int32";
	case PROTOBUF_C_TYPE_UINT32: return "uint32";
	case PROTOBUF_C_TYPE_INT64: return "int64";
	case PROTOBUF_C_TYPE_UINT64: return "uint64";
	case PROTOBUF_C_TYPE_FLOAT: return "float";
	case PROTOBUF_C_TYPE_DOUBLE: return "double";
	case PROTOBUF_C_TYPE_BOOL: return "bool";
	case PROTOBUF_C_TYPE_STRING: return "string";
	case PROTOBUF_C_TYPE_BYTES: return "bytes";
	case PROTOBUF_C_TYPE_ENUM:
		return ((const ProtobufCEnumDescriptor *)field->descriptor)->name;
	case PROTOBUF_C_TYPE_MESSAGE:
		return ((const ProtobufCMessageDescriptor *)field->descriptor)->name;
	default: return "a type that no message should use";
	}
}

static const struct fly_proto_message *map_entry_of(const ProtobufCFieldDescriptor *field)
{
	const struct fly_proto_message *entry;

	if (field->label != PROTOBUF_C_LABEL_REPEATED || field->type != PROTOBUF_C_TYPE_MESSAGE)
		return NULL;
	entry = fly_proto_message(type_name(field));
	return entry && entry->map_entry ? entry : NULL;
}

/* "TYPE LABEL" as the table spells them. */
static void spell(const ProtobufCFieldDescriptor *field, char *out, size_t size)
{
	const struct fly_proto_message *entry = map_entry_of(field);

	if (entry)
		snprintf(out, size, "map<%s, %s> map", type_name(&entry->desc->fields[0]),
			 type_name(&entry->desc->fields[1]));
	else if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
		snprintf(out, size, "%s oneof", type_name(field));
	else if (field->label == PROTOBUF_C_LABEL_REPEATED)
		snprintf(out, size, "%s repeated", type_name(field));
	else
		snprintf(out, size, "%s -", type_name(field));
}

static bool may_be_packed(const ProtobufCFieldDescriptor *field)
{
	return field->label == PROTOBUF_C_LABEL_REPEATED &&
	       field->type != PROTOBUF_C_TYPE_STRING && field->type != PROTOBUF_C_TYPE_BYTES &&
	       field->type != PROTOBUF_C_TYPE_MESSAGE;
}

static void check_field(const ProtobufCMessageDescriptor *message, const struct row *row)
{
	const ProtobufCFieldDescriptor *field =
		protobuf_c_message_descriptor_get_field_by_name(message, row->columns[FIELD_NAME]);
	unsigned long number = strtoul(row->columns[FIELD_NUMBER], NULL, 10);
	char want[512], have[512];

	if (!field) {
		check(false, "%s.%s: only in the table", message->name, row->columns[FIELD_NAME]);
		return;
	}
	check(field->id == number, "%s.%s: number %u, in the table %lu", message->name,
	      field->name, field->id, number);
	snprintf(want, sizeof(want), "%s %.*s", row->columns[FIELD_TYPE],
		 (int)strcspn(row->columns[FIELD_LABEL], " "), row->columns[FIELD_LABEL]);
	spell(field, have, sizeof(have));
	check(!strcmp(have, want), "%s.%s: %s, in the table %s", message->name, field->name, have,
	      want);
	check(may_be_packed(field) == !!(field->flags & PROTOBUF_C_FIELD_FLAG_PACKED),
	      "%s.%s: packed where it should not be, or not where it should", message->name,
	      field->name);
}

/* Two members share a oneof exactly when their descriptors name the same case member. */
static void check_oneofs(const ProtobufCMessageDescriptor *message)
{
	for (unsigned int i = 0; i < message->n_fields; i++) {
		for (unsigned int k = i + 1; k < message->n_fields; k++) {
			const ProtobufCFieldDescriptor *a = &message->fields[i];
			const ProtobufCFieldDescriptor *b = &message->fields[k];
			const struct row *row_a, *row_b;

			if (!(a->flags & b->flags & PROTOBUF_C_FIELD_FLAG_ONEOF))
				continue;
			row_a = find_row("field", message->name, FIELD_NAME, a->name);
			row_b = find_row("field", message->name, FIELD_NAME, b->name);
			if (!row_a || !row_b)
				continue;	/* reported already */
			check((a->quantifier_offset == b->quantifier_offset) ==
			      !strcmp(row_a->columns[FIELD_LABEL], row_b->columns[FIELD_LABEL]),
			      "%s: %s and %s: one oneof or two?", message->name, a->name, b->name);
		}
	}
}

/* The rows after the message's own hold its fields in declaration order. */
static void check_order(const struct fly_proto_message *message, const struct row *row)
{
	for (unsigned int i = 0; i < message->desc->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &message->desc->fields[message->order[i]];

		row++;
		check(row < rows + row_count && !strcmp(row->columns[KIND], "field") &&
		      !strcmp(row->columns[FIELD_NAME], field->name),
		      "%s.%s: not the declaration order of the table", message->desc->name,
		      field->name);
	}
}

static void check_enum(const ProtobufCEnumDescriptor *descriptor)
{
	check(find_row("enum", descriptor->name, OWNER, descriptor->name),
	      "%s: not in the table", descriptor->name);
	for (unsigned int i = 0; i < descriptor->n_values; i++) {
		const ProtobufCEnumValue *value = &descriptor->values[i];
		const struct row *row =
			find_row("value", descriptor->name, VALUE_NAME, value->name);

		check(row && strtol(row->columns[VALUE_NUMBER], NULL, 10) == value->value,
		      "%s.%s: %d, in the table %s", descriptor->name, value->name, value->value,
		      row ? row->columns[VALUE_NUMBER] : "nothing");
	}
}

static void check_message(const struct fly_proto_message *message)
{
	const ProtobufCMessageDescriptor *descriptor = message->desc;
	const struct row *row = find_row("message", descriptor->name, OWNER, descriptor->name);

	check(row, "%s: not in the table", descriptor->name);
	if (!row)
		return;
	for (unsigned int i = 0; i < descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &descriptor->fields[i];

		check(find_row("field", descriptor->name, FIELD_NAME, field->name),
		      "%s.%s: not in the table", descriptor->name, field->name);
	}
	check_oneofs(descriptor);
	check_order(message, row);
}

/* A map's entry is told by the table of fly_proto.h, and would be by its shape as well. */
static void check_map_entry(const struct fly_proto_message *message)
{
	const ProtobufCMessageDescriptor *entry = message->desc;
	size_t length = strlen(entry->name);
	bool shape = length > 5 && !strcmp(entry->name + length - 5, "Entry") &&
		     entry->n_fields == 2 && entry->fields[0].id == 1 &&
		     entry->fields[1].id == 2 && !strcmp(entry->fields[0].name, "key") &&
		     !strcmp(entry->fields[1].name, "value");

	check(shape == message->map_entry, "%s: %s", entry->name,
	      shape ? "looks like a map's entry" : "does not look like a map's entry");
}

static const ProtobufCEnumDescriptor *find_enum(const char *name)
{
	for (size_t i = 0; i < fly_proto_message_count; i++) {
		const ProtobufCMessageDescriptor *message = fly_proto_messages[i].desc;

		for (unsigned int k = 0; k < message->n_fields; k++) {
			const ProtobufCFieldDescriptor *field = &message->fields[k];

			if (field->type == PROTOBUF_C_TYPE_ENUM && !strcmp(type_name(field), name))
				return field->descriptor;
		}
	}
	return NULL;
}

static void check_row(const struct row *row)
{
	const char *kind = row->columns[KIND], *owner = row->columns[OWNER];
	const ProtobufCMessageDescriptor *message = fly_proto_find(owner);
	const ProtobufCEnumDescriptor *values = find_enum(owner);

	if (!strcmp(kind, "message"))
		check(message, "%s: only in the table", owner);
	else if (!strcmp(kind, "field") && message)
		check_field(message, row);
	else if (!strcmp(kind, "enum"))
		check(values, "%s: only in the table", owner);
	else if (!strcmp(kind, "value") && values)
		check(protobuf_c_enum_descriptor_get_value_by_name(values,
								   row->columns[VALUE_NAME]),
		      "%s.%s: only in the table", owner, row->columns[VALUE_NAME]);
	else
		check(false, "%s: only in the table, with a %s", owner, kind);
}

static void check_compiled(void)
{
	for (size_t i = 0; i < fly_proto_message_count; i++) {
		const struct fly_proto_message *message = &fly_proto_messages[i];

		check(fly_proto_message(message->desc->name) == message,
		      "%s: not found by its name", message->desc->name);
		check_map_entry(message);
		if (!message->map_entry)
			check_message(message);
		for (unsigned int k = 0; k < message->desc->n_fields; k++) {
			if (message->desc->fields[k].type == PROTOBUF_C_TYPE_ENUM)
				check_enum(message->desc->fields[k].descriptor);
		}
	}
	check(!fly_proto_find("flyteidl.admin.Executio"), "a prefix of a name was found");
	check(!fly_proto_find(""), "the empty name was found");
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: %s descriptors.tsv\n", argv[0]);
		return 2;
	}
	load(argv[1]);
	for (size_t i = 0; i < row_count; i++)
		check_row(&rows[i]);
	check_compiled();
	unload();
	printf("%u passed, %u failed\n", passed, failed);
	return failed ? 1 : 0;
}
