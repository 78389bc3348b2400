#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Documents out of measure and out of shape: huge, deep, mutated, cut, in pieces; nothing is launched by chance."""

import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import lib
from lib import refused

lib.begin("-o", "jobs=0")
X = lib.X
MIB = 1 << 20
GOOD = b'{"launch_plan": "echo", "inputs": {"text": "hi"}, "tags": ["a", "b"]}'


def error(name):
    return lib.read(f"{X}/{name}/error")


# Huge: 64 MiB is the most a message may have, and the most a user's drafts may hold.
os.mkdir(f"{X}/huge")
fd = os.open(f"{X}/huge/spec.json", os.O_WRONLY | os.O_CREAT)
os.write(fd, b'{"launch_plan": "echo", "inputs": {"text": "')
block = b"x" * MIB
got = "0"
for i in range(70):
    got = lib.code(os.write, fd, block)
    if got != "0":
        break
lib.check(got in ("EFBIG", "EDQUOT"), f"a document without end: {got} after {i} MiB")
lib.check(60 <= i <= 64, f"refused after {i} MiB")
lib.same("where it is told", lib.last_error().split("\t")[3], got)
os.close(fd)
lib.check(not os.path.exists(f"{X}/huge/phase"), "launched")
os.unlink(f"{X}/huge/spec.json")
# Where it is refused by size alone.
fd = os.open(f"{X}/huge/spec.json", os.O_WRONLY | os.O_CREAT)
refused("EFBIG", os.pwrite, fd, b"}", 64 * MIB)
refused("EFBIG|EINVAL", os.pwrite, fd, b"}", 1 << 40)
refused("EFBIG|EINVAL", os.ftruncate, fd, 1 << 40)
refused("EFBIG|EDQUOT", os.ftruncate, fd, 64 * MIB + 1)
os.close(fd)
os.unlink(f"{X}/huge/spec.json")
# Room is given back: a document of some megabytes still launches (or is refused for what it says).
lib.create(f"{X}/huge/spec.json", b'{"launch_plan": "echo",' + b" " * (4 * MIB) + b'"tags": []}')
lib.check(os.path.exists(f"{X}/huge/phase"), "a document of 4 MiB of blanks is not launched")

# Deep: refused at the write that goes too deep, at the byte.
os.mkdir(f"{X}/deep")
for opening in (b"[", b'{"a":'):
    refused("EINVAL", lib.create, f"{X}/deep/spec.json", b'{"tags": ' + opening * 200000)
    lib.check("more than 128" in error("deep"), error("deep"))
refused("EINVAL", lib.create, f"{X}/deep/spec.json", b'{"tags": ' + b"[" * 127 + b"]" * 127 + b"}")
refused("EINVAL", lib.create, f"{X}/deep/spec.json", b"[" * 128 + b"]" * 128)
# Wide: many members, one long string, one long number.
refused("EINVAL", lib.create, f"{X}/deep/spec.json",
        b"{" + b",".join(b'"k%d": 1' % i for i in range(100000)) + b"}")
refused("EINVAL", lib.create, f"{X}/deep/spec.json", b'{"max_parallelism": ' + b"9" * 100000 + b"}")
refused("ENOENT", lib.create, f"{X}/deep/spec.json", b'{"launch_plan": "' + b"x" * MIB + b'"}')
lib.check(len(error("deep")) < 4096, "an error as long as its cause")
os.unlink(f"{X}/deep/spec.json")

# Cut anywhere: nothing is launched before the last byte; the rest launches it, whatever the pieces are.
for size in (1, 2, 3, 7, 16, 64):
    name = f"pieces{size}"
    os.mkdir(f"{X}/{name}")
    fd = os.open(f"{X}/{name}/spec.json", os.O_WRONLY | os.O_CREAT)
    for at in range(0, len(GOOD), size):
        lib.check(not os.path.exists(f"{X}/{name}/phase"), f"launched {at} bytes early")
        os.write(fd, GOOD[at:at + size])
    lib.check(os.path.exists(f"{X}/{name}/phase"), f"pieces of {size} bytes are not launched")
    os.close(fd)
# Backwards, with holes: the holes are NULs, which no document has.
os.mkdir(f"{X}/holes")
fd = os.open(f"{X}/holes/spec.json", os.O_WRONLY | os.O_CREAT)
refused("EINVAL", os.pwrite, fd, GOOD[-10:], len(GOOD) - 10)
refused("0|EINVAL", os.ftruncate, fd, 0)
refused("0", os.pwrite, fd, GOOD, 0)
os.close(fd)
lib.check(os.path.exists(f"{X}/holes/phase"), "written after its holes it is not launched")

# Mutated: whatever comes, the answer is a launch or a refusal in words, and the daemon lives.
rnd = random.Random(20240501)
launched = lib.stat_of("executions")
tokens = [b"{", b"}", b"[", b"]", b",", b":", b'"', b"\\", b"\\u0000", b"\0", b"\xff", b"null", b"1e999", b"-", b"0",
          b'"inputs"', b'{"literals": {"text": {"scalar": {}}}}', b"\xed\xa0\x80", b"\n"]
os.mkdir(f"{X}/mutant")
answers = {}
for i in range(min(lib.MANY, 600)):
    data = bytearray(GOOD)
    for _ in range(rnd.randint(1, 3)):
        at = rnd.randrange(len(data) + 1)
        kind = rnd.randrange(4)
        if kind == 0:
            data[at:at] = rnd.choice(tokens)
        elif kind == 1:
            del data[at:at + rnd.randint(1, 8)]
        elif kind == 2 and at < len(data):
            data[at] = rnd.randrange(256)
        else:
            data[at:at + rnd.randint(0, 8)] = rnd.choice(tokens)
    got = lib.code(lib.create, f"{X}/mutant/spec.json", bytes(data))
    answers[got] = answers.get(got, 0) + 1
    if os.path.exists(f"{X}/mutant/phase"):
        launched += 1
        lib.same(f"a launch that failed: {bytes(data)}", got, "0")
        lib.create(f"{X}/mutant/terminate", "over")
        os.rename(f"{X}/mutant", f"{lib.D}/archived/mutant")
        lib.create(f"{lib.D}/archived/mutant/delete", "mutant")
        launched -= 1
        os.mkdir(f"{X}/mutant")
    elif got != "0":
        text = error("mutant")
        first, _, second = text.partition("\n")
        lib.check(len(first) > 12 and second.endswith(f" ({got})\n"), f"error {text!r} of {bytes(data)}")
lib.check(set(answers) <= {"0", "EINVAL", "ENOENT"}, f"answers: {answers}")
lib.check(answers.get("EINVAL", 0) > 100, f"answers: {answers}")
lib.same("executions", lib.stat_of("executions"), launched)

# Wire bytes by rename: cut, mutated.
os.mkdir(f"{X}/wire")
wire = lib.read(f"{X}/huge/spec.pb", "rb")
for i in range(200):
    data = bytearray(wire)
    if i < len(wire):
        data = data[:i]
    else:
        data[rnd.randrange(len(data))] = rnd.randrange(256)
    lib.create(f"{X}/wire/new", bytes(data))
    got = lib.code(os.rename, f"{X}/wire/new", f"{X}/wire/spec.pb")
    lib.check(got in ("0", "EBADMSG", "ENOENT", "EINVAL"), f"{got} from wire bytes {i}")
    if os.path.exists(f"{X}/wire/phase"):
        lib.create(f"{X}/wire/terminate", "over")
        os.rename(f"{X}/wire", f"{lib.D}/archived/wire{i}") if False else None
        break
lib.end()
