# SPDX-License-Identifier: Apache-2.0
"""Writes fly_proto_messages, the table declared in fly_proto.h.

usage: gen_messages.py DESCRIPTOR_SET OUTPUT

The input is what `protoc --descriptor_set_out` wrote. Only the few fields of descriptor.proto named
below are read, straight off the wire, so that a build needs no Python packages.
"""

import re
import sys

# descriptor.proto
SET_FILE = 1
FILE_NAME, FILE_PACKAGE, FILE_MESSAGE = 1, 2, 4
MESSAGE_NAME, MESSAGE_FIELD, MESSAGE_NESTED, MESSAGE_OPTIONS = 1, 2, 3, 7
FIELD_NUMBER = 3
OPTIONS_MAP_ENTRY = 7


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at += 1
        shift += 7
        if byte < 0x80:
            return value, at


def fields(data):
    """The (number, value) pairs of one encoded message."""
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        if tag & 7 == 0:
            value, at = varint(data, at)
        elif tag & 7 == 2:
            length, at = varint(data, at)
            value = data[at : at + length]
            at += length
        else:
            sys.exit(f"wire type {tag & 7} in a descriptor set")
        yield tag >> 3, value


def values(data, number):
    return [value for key, value in fields(data) if key == number]


def text(data, number):
    return values(data, number)[0].decode()


def c_name(full_name):
    """The prefix that protoc-c derives from a full name: words split at capitals, dots doubled."""
    parts = [re.sub(r"(?<=[^A-Z_])(?=[A-Z])", "_", part).lower() for part in full_name.split(".")]
    return "__".join(parts)


def collect(data, scope, rows):
    name = f"{scope}.{text(data, MESSAGE_NAME)}"
    numbers = [values(field, FIELD_NUMBER)[0] for field in values(data, MESSAGE_FIELD)]
    ascending = sorted(numbers)
    order = [ascending.index(number) for number in numbers]
    options = b"".join(values(data, MESSAGE_OPTIONS))
    rows.append((name, order, bool(sum(values(options, OPTIONS_MAP_ENTRY)))))
    for nested in values(data, MESSAGE_NESTED):
        collect(nested, name, rows)


def write(out, headers, rows):
    out.write("/* Written by gen_messages.py. */\n")
    out.write('#include "fly_proto.h"\n\n')
    for header in headers:
        out.write(f'#include "{header}"\n')
    for name, order, _ in rows:
        if order:
            indices = ", ".join(map(str, order))
            out.write(f"\nstatic const uint16_t {c_name(name)}[] = {{ {indices} }};")
    out.write("\n\nconst struct fly_proto_message fly_proto_messages[] = {\n")
    for name, order, map_entry in rows:
        table = c_name(name) if order else "NULL"
        flag = "true" if map_entry else "false"
        out.write(f"\t{{ &{c_name(name)}__descriptor, {table}, {flag} }},\n")
    out.write("};\n\n")
    out.write(f"const size_t fly_proto_message_count = {len(rows)};\n")


def main():
    with open(sys.argv[1], "rb") as source:
        data = source.read()
    headers, rows = [], []
    for file in values(data, SET_FILE):
        headers.append(text(file, FILE_NAME).removesuffix(".proto") + ".pb-c.h")
        for message in values(file, FILE_MESSAGE):
            collect(message, text(file, FILE_PACKAGE), rows)
    rows.sort(key=lambda row: row[0].encode())
    with open(sys.argv[2], "w", encoding="ascii") as out:
        write(out, sorted(headers), rows)


main()
