# SPDX-License-Identifier: Apache-2.0
"""Compares the codec with json_format of Debian's python3-protobuf on seeded random messages.

usage: test_differential.py CODEC_TOOL DESCRIPTOR_SET [SEED]

For every message type of the descriptor set: wire bytes both ways (the deterministic form, two
messages run together, unknown fields), their JSON in both spellings read by us, our JSON read by
them; and damaged documents, which must be refused exactly when Python's json refuses them.
"""

import json
import random
import struct
import subprocess
import sys

try:
    from google.protobuf import any_pb2, duration_pb2, json_format, struct_pb2
    from google.protobuf import timestamp_pb2, wrappers_pb2
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
    from google.protobuf.descriptor import FieldDescriptor as FD
except ImportError as error:
    print(f"skipped: {error}; install python3-protobuf")
    sys.exit(77)

MESSAGES_PER_TYPE = 20
DAMAGED_DOCUMENTS = 4000
NUMBERS = 5000
PARTS_OF_ANY = [
    "google.protobuf.Timestamp", "google.protobuf.Duration", "google.protobuf.BoolValue",
    "google.protobuf.Value", "google.protobuf.ListValue", "google.protobuf.Any",
    "flyteidl.core.Identifier", "flyteidl.admin.Notification", "flyteidl.core.Primitive",
]
CHARACTERS = ["a", "b", "z", "0", " ", "_", '"', "\\", "/", "\n", "\r", "\t", "\b", "\f", "\x01",
              "\x1f", "\x7f", "\u0080", "é", "\u07ff", "\u0800", "€", "\u2028", "\ufeff", "\uffff",
              "\U00010000", "😀", "\U0010ffff", "{", "}", "[", "]", ":", ",", "<", "&"]


class Maker:
    """Random messages."""

    def __init__(self, rng, pool):
        self.rng = rng
        self.pool = pool
        self.classes = {}
        self.most_keys = 3  # of a Struct

    def new(self, descriptor):
        name = descriptor.full_name
        if name not in self.classes:
            self.classes[name] = message_factory.MessageFactory(self.pool).GetPrototype(descriptor)
        return self.classes[name]()

    def text(self):
        rng = self.rng
        if rng.random() < 0.5:
            return "".join(rng.choices("abcdefghij-_.", k=rng.randrange(12)))
        return "".join(rng.choices(CHARACTERS, k=rng.randrange(9)))

    def integer(self, low, high):
        rng = self.rng
        edges = [low, high, 0, 1, high - 1, min(2**53, high), min(2**53 + 1, high), min(99, high)]
        if rng.random() < 0.4:
            return rng.choice(edges)
        value = rng.getrandbits(rng.randrange(1, 65))
        return max(low, min(high, -value if low < 0 and rng.random() < 0.5 else value))

    def double(self, finite=False):
        rng = self.rng
        while True:
            kind = rng.randrange(6)
            if kind == 0:
                value = rng.choice([0.0, -0.0, 1.0, -1.0, 0.1, 1e21, 1e-7, 1e22, 1e-6, 999999.5,
                                    5e-324, 1.7976931348623157e308, 123456789012345680000.0,
                                    2.0**63, 2.0**64])
            elif kind == 1:
                value = rng.choice([float("nan"), float("inf"), float("-inf")])
            elif kind == 2:
                value = 2.0 ** rng.randrange(-1074, 1023)
            elif kind == 3:
                value = struct.unpack("<d", struct.pack("<Q", rng.getrandbits(64)))[0]
            elif kind == 4:
                value = round(rng.uniform(-1000, 1000), rng.randrange(6))
            else:
                value = float(rng.randrange(-10**6, 10**6))
            if value != value:
                value = float("nan")
            if not finite or (value == value and abs(value) != float("inf")):
                return value

    def scalar(self, field):
        rng = self.rng
        kind = field.type
        if kind == FD.TYPE_STRING:
            return self.text()
        if kind == FD.TYPE_BYTES:
            return rng.randbytes(rng.randrange(9))
        if kind == FD.TYPE_BOOL:
            return rng.random() < 0.5
        if kind == FD.TYPE_DOUBLE:
            return self.double()
        if kind == FD.TYPE_FLOAT:
            value = self.double()
            return value if value != value or abs(value) in (0, float("inf")) or \
                1e-40 < abs(value) < 3e38 else 1.5
        if kind == FD.TYPE_ENUM:
            known = [value.number for value in field.enum_type.values]
            return rng.choice(known + known + [self.integer(-2**31, 2**31 - 1)])
        return self.integer(*{
            FD.TYPE_INT32: (-2**31, 2**31 - 1), FD.TYPE_UINT32: (0, 2**32 - 1),
            FD.TYPE_INT64: (-2**63, 2**63 - 1), FD.TYPE_UINT64: (0, 2**64 - 1),
        }[kind])

    def fill_value(self, m, depth):
        rng = self.rng
        kind = rng.randrange(6 if depth > 0 else 4)
        if kind == 0:
            m.null_value = 0
        elif kind == 1:
            m.number_value = self.double(finite=True)
        elif kind == 2:
            m.string_value = self.text()
        elif kind == 3:
            m.bool_value = rng.random() < 0.5
        elif kind == 4:
            m.struct_value.SetInParent()
            self.fill_struct(m.struct_value, depth - 1)
        else:
            m.list_value.SetInParent()
            self.fill_list(m.list_value, depth - 1)

    def fill_struct(self, m, depth):
        for _ in range(self.rng.randrange(self.most_keys + 1)):
            self.fill_value(m.fields[self.text()], depth)

    def fill_list(self, m, depth):
        for _ in range(self.rng.randrange(4)):
            self.fill_value(m.values.add(), depth)

    def fill_any(self, m, depth):
        if self.rng.random() < 0.1:
            return
        name = self.rng.choice(PARTS_OF_ANY)
        inner = self.new(self.pool.FindMessageTypeByName(name))
        # json_format packs what is in an Any without sorting its maps.
        most_keys, self.most_keys = self.most_keys, 1
        self.fill(inner, depth - 1)
        self.most_keys = most_keys
        m.Pack(inner, deterministic=True)

    def fill(self, m, depth):
        """Set random fields; deeper than depth only what has no messages in it."""
        rng = self.rng
        name = m.DESCRIPTOR.full_name
        if name == "google.protobuf.Value":
            self.fill_value(m, depth)
        elif name == "google.protobuf.Struct":
            self.fill_struct(m, depth)
        elif name == "google.protobuf.ListValue":
            self.fill_list(m, depth)
        elif name == "google.protobuf.Any":
            self.fill_any(m, depth)
        elif name == "google.protobuf.Timestamp":
            m.seconds = rng.choice([-62135596800, 253402300799, 0, -1, 951782400, 951868799,
                                    rng.randrange(-62135596800, 253402300800)])
            m.nanos = rng.choice([0, 1, 999999999, 250000000, 1000, rng.randrange(10**9)])
        elif name == "google.protobuf.Duration":
            m.seconds = rng.choice([0, 1, -1, 315576000000, -315576000000,
                                    rng.randrange(-10**9, 10**9)])
            nanos = rng.choice([0, 1, 999999999, 500000000, rng.randrange(10**9)])
            sign = -1 if m.seconds < 0 or (m.seconds == 0 and rng.random() < 0.5) else 1
            m.nanos = 0 if abs(m.seconds) == 315576000000 else sign * nanos
        else:
            self.fill_fields(m, depth)

    def fill_fields(self, m, depth):
        rng = self.rng
        fields = list(m.DESCRIPTOR.fields)
        few = rng.choice([0.15, 0.5, 0.9])
        for field in fields:
            if rng.random() > few or (depth <= 0 and field.message_type):
                continue
            self.fill_field(m, field, depth)

    def fill_field(self, m, field, depth):
        rng = self.rng
        if field.message_type and field.message_type.GetOptions().map_entry:
            target = getattr(m, field.name)
            value_field = field.message_type.fields_by_name["value"]
            for _ in range(rng.randrange(1, 4)):
                if value_field.message_type:
                    self.fill(target[self.text()], depth - 2)
                else:
                    target[self.text()] = self.scalar(value_field)
        elif field.label == FD.LABEL_REPEATED:
            target = getattr(m, field.name)
            for _ in range(rng.randrange(1, 4)):
                if field.message_type:
                    self.fill(target.add(), depth - 1)
                else:
                    target.append(self.scalar(field))
        elif field.message_type:
            child = getattr(m, field.name)
            child.SetInParent()
            self.fill(child, depth - 1)
        else:
            setattr(m, field.name, self.scalar(field))


class Run:
    """Questions to the tool with checks of the answers."""

    def __init__(self, tool):
        self.tool = tool
        self.lines, self.checks = [], []
        self.failed = self.passed = 0

    def ask(self, line, check):
        assert "\n" not in line, line
        self.lines.append(line)
        self.checks.append(check)

    def expect(self, condition, what, *details):
        if condition:
            self.passed += 1
            return
        self.failed += 1
        if self.failed <= 10:
            print(what, *(str(detail)[:400] for detail in details), sep="\n\t")

    def finish(self):
        text = "\n".join(self.lines) + "\n"
        done = subprocess.run([self.tool], input=text.encode(), stdout=subprocess.PIPE, check=True)
        answers = done.stdout.decode().split("\n")[:-1]
        self.expect(len(answers) == len(self.lines), "not one answer for each question")
        for line, check, answer in zip(self.lines, self.checks, answers):
            check(line, answer.split("\t", 2))
        print(f"{len(self.lines)} questions, {self.passed} checks passed, {self.failed} failed")
        return 1 if self.failed else 0


def same(ours, theirs):
    """Equal trees of JSON; -0.0 is not 0.0."""
    if isinstance(theirs, dict):
        return isinstance(ours, dict) and ours.keys() == theirs.keys() and \
            all(same(ours[key], theirs[key]) for key in theirs)
    if isinstance(theirs, list):
        return isinstance(ours, list) and len(ours) == len(theirs) and all(map(same, ours, theirs))
    if isinstance(theirs, bool) or isinstance(ours, bool):
        return ours is theirs
    return ours == theirs and (theirs != 0 or str(ours)[0] == str(theirs)[0])


def read_numbers(text):
    """Like json.loads, but what was a double is one again: -0, and whole numbers from 2^53 on."""
    return json.loads(text, parse_int=lambda digits: float(digits) if digits == "-0" or
                      len(digits) > 15 else int(digits))


def check_hex(run, m):
    wire = m.SerializeToString(deterministic=True)
    name = m.DESCRIPTOR.full_name
    tree = json_format.MessageToDict(m, preserving_proto_field_name=True)

    def check(line, answer):
        if answer[0] != "ok":
            run.expect(False, "refused", line, *answer)
            return
        run.expect(answer[1] == wire.hex(), "other bytes", line, answer[1])
        run.expect(same(read_numbers(answer[2]), tree), "other JSON", line, answer[2], tree)
        if isinstance(tree, dict):
            back = json_format.ParseDict(read_numbers(answer[2]), type(m)())
            run.expect(back.SerializeToString(deterministic=True) == wire,
                       "json_format reads our JSON as another message", line, answer[2])

    run.ask(f"hex {name} {wire.hex()}", check)


def check_bytes(run, name, wire, expected, what):
    def check(line, answer):
        run.expect(answer[0] == "ok" and answer[1] == expected.hex(), what, line,
                   *answer, expected.hex())

    run.ask(f"hex {name} {wire.hex()}", check)


def check_json(run, rng, m):
    wire = m.SerializeToString(deterministic=True)
    name = m.DESCRIPTOR.full_name
    tree = json_format.MessageToDict(m)
    if not isinstance(tree, (dict, list)):
        return

    def check(line, answer):
        if answer[0] != "ok":
            run.expect(False, "refused", line, *answer)
            return
        run.expect(answer[1] == wire.hex(), "their JSON is another message", line, answer[1],
                   wire.hex())
        run.expect(same(read_numbers(answer[2]), tree), "other camelCase JSON", line, answer[2],
                   tree)

    for proto_names in False, True:
        text = json_format.MessageToJson(m, preserving_proto_field_name=proto_names, indent=None,
                                         ensure_ascii=rng.random() < 0.5)
        run.ask(f"json {name} {text}", check)


def check_message(run, maker, descriptor):
    rng = maker.rng
    m, other = maker.new(descriptor), maker.new(descriptor)
    maker.fill(m, rng.randrange(8))
    maker.fill(other, rng.randrange(4))
    name = descriptor.full_name
    check_hex(run, m)
    check_json(run, rng, m)
    wire = m.SerializeToString(deterministic=True)
    together = m.SerializeToString() + other.SerializeToString()
    m.MergeFrom(other)
    merged = m.SerializeToString(deterministic=True)
    check_bytes(run, name, together, merged, "two messages run together are another message")
    unknown = rng.choice([b"\xf8\xff\x07\x05", b"\xfd\xff\x07abcd", b"\xf9\xff\x07abcdefgh",
                          b"\xfa\xff\x07\x03abc"])
    check_bytes(run, name, unknown + wire, wire + unknown, "an unknown field is lost")


def spelled(value):
    """The digits of Python's repr, laid out as proto3 JSON lays them out."""
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0") or "0"
    sign = "-" if str(value)[0] == "-" else ""
    if digits == "0":
        return sign + "0"
    if -6 < point <= 0:
        return sign + "0." + "0" * -point + digits
    if 0 < point <= 21:
        return sign + digits[:point].ljust(point, "0") + ("." + digits[point:]).rstrip(".")
    return sign + digits[0] + ("." + digits[1:]).rstrip(".") + f"e{point - 1:+}"


def check_numbers(run, maker):
    values = [maker.double(finite=True) for _ in range(NUMBERS)]
    m = struct_pb2.ListValue(values=[struct_pb2.Value(number_value=value) for value in values])

    def check(line, answer):
        ours = answer[2].strip("[]").split(",")
        for value, text in zip(values, ours):
            run.expect(text == spelled(value), "other digits", repr(value), text)
        run.expect(len(ours) == len(values), "not one number for each")

    run.ask(f"hex google.protobuf.ListValue {m.SerializeToString().hex()}", check)


def strictly_json(text):
    """What a document of a Struct must be for us: Python's json, without its liberties."""
    def refuse(_):
        raise ValueError

    def pairs(items):
        if len(dict(items)) != len(items):
            raise ValueError
        return dict(items)

    def number(digits):
        value = float(digits)
        if abs(value) == float("inf"):
            raise ValueError
        return value

    def check_text(value):
        if isinstance(value, str):
            if "\0" in value:
                raise ValueError
            value.encode()
        elif isinstance(value, dict):
            for key in value:
                check_text(key)
                check_text(value[key])
        elif isinstance(value, list):
            for element in value:
                check_text(element)

    try:
        tree = json.loads(text, parse_constant=refuse, object_pairs_hook=pairs, parse_float=number,
                          parse_int=number)
        check_text(tree)
    except ValueError:
        return False
    return isinstance(tree, dict)


def damage(rng, text):
    at = rng.randrange(len(text))
    kind = rng.randrange(4)
    if kind == 0:
        return text[:at] + text[at + 1:]
    if kind == 1:
        return text[:at] + rng.choice('{}[]",:\\-+.eE0123456789tfn u \t/\'') + text[at:]
    if kind == 2:
        return text[:at] + rng.choice('{}[]",:\\-+.eE0123456789tfn u \t') + text[at + 1:]
    return text[:at]


def check_damaged(run, maker):
    rng = maker.rng
    m = struct_pb2.Struct()
    maker.fill_struct(m, 3)
    text = json_format.MessageToJson(m, indent=None, ensure_ascii=rng.random() < 0.5)
    for _ in range(rng.randrange(1, 4)):
        text = damage(rng, text) or "{"
    good = strictly_json(text)

    def check(line, answer):
        run.expect((answer[0] == "ok") == good, "Python says otherwise", line, *answer)

    run.ask(f"json google.protobuf.Struct {text}", check)


def load(path):
    """The pool with our files added, and all of our messages; the well-known types are Python's."""
    pool = descriptor_pool.Default()
    descriptors = [module.DESCRIPTOR.message_types_by_name.values() for module in (
        any_pb2, duration_pb2, struct_pb2, timestamp_pb2)]
    descriptors.append([wrappers_pb2.BoolValue.DESCRIPTOR])
    files = descriptor_pb2.FileDescriptorSet()
    with open(path, "rb") as source:
        files.ParseFromString(source.read())
    for file in files.file:
        if not file.name.startswith("google/protobuf/"):
            pool.Add(file)
            descriptors.append(pool.FindFileByName(file.name).message_types_by_name.values())
    todo = [descriptor for group in descriptors for descriptor in group]
    done = []
    while todo:
        descriptor = todo.pop()
        if not descriptor.GetOptions().map_entry:
            done.append(descriptor)
        todo += descriptor.nested_types
    return pool, sorted(done, key=lambda descriptor: descriptor.full_name)


def main():
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 20200512
    rng = random.Random(seed)
    pool, descriptors = load(sys.argv[2])
    maker = Maker(rng, pool)
    run = Run(sys.argv[1])
    for descriptor in descriptors:
        for _ in range(MESSAGES_PER_TYPE):
            check_message(run, maker, descriptor)
    check_numbers(run, maker)
    for _ in range(DAMAGED_DOCUMENTS):
        check_damaged(run, maker)
    print(f"seed {seed}: {len(descriptors)} message types, {MESSAGES_PER_TYPE} messages of each")
    return run.finish()


sys.exit(main())
