#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Names with every byte, long names, strange ones: taken or refused in words, never anything else."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import lib
from lib import refused

lib.begin("-o", "jobs=0")
X, D, M = (os.fsencode(p) for p in (lib.X, lib.D, lib.M))
GOOD = set(b"abcdefghijklmnopqrstuvwxyz0123456789-")

# Executions: [a-z0-9-], a letter or digit first.
for byte in range(1, 256):
    if byte == ord("/"):
        continue
    name = b"a" + bytes([byte]) + b"z"
    if byte in GOOD:
        refused("0", os.mkdir, X + b"/" + name)
        refused("0", os.rmdir, X + b"/" + name + b"/inputs")
        refused("0", os.rmdir, X + b"/" + name)
    else:
        refused("EINVAL", os.mkdir, X + b"/" + name)
        refused("EINVAL", lib.create, X + b"/" + name + b".json", b"{}")
    refused("ENOENT", os.stat, X + b"/" + name)
lib.same("names in executions/", os.listdir(X), [])

# Scratch files of a draft and of its inputs: any byte, listed as they were made.
os.mkdir(X + b"/draft")
wanted = set()
for byte in range(1, 256):
    if byte in b"/":
        continue
    name = bytes([byte]) + b"file"
    lib.create(X + b"/draft/" + name, b"x")
    wanted.add(name)
lib.same("names in a draft", set(os.listdir(X + b"/draft")) - {b"inputs"}, wanted)
for name in wanted:
    os.unlink(X + b"/draft/" + name)
lib.same("names in it now", os.listdir(X + b"/draft"), [b"inputs"])
lib.create(X + b"/draft/inputs/\xff\xfe", b"x")
refused("EINVAL", lib.create, X + b"/draft/spec.json", b'{"launch_plan": "echo"}')
os.unlink(X + b"/draft/inputs/\xff\xfe")

# Entities: %XX for what no file name has; every other text is a name, what is not UTF-8 is none.
task = b'{"command": ["true"]}'
registered = 0
for byte in list(range(1, 256)):
    if byte == ord("/"):
        continue
    name = b"t" + bytes([byte])
    path = D + b"/tasks/" + name
    plain = 32 <= byte < 127 and byte != ord("%")
    got = lib.code(os.makedirs, path + b"/v1")
    if plain:
        lib.same(f"making {name!r}", got, "0")
        lib.create(path + b"/v1/spec.json", task)
        registered += 1
    elif got == "0":
        refused("EINVAL", lib.create, path + b"/v1/spec.json", task)
for byte in (*range(1, 32), 127, ord("%"), ord("/")):
    path = D + b"/tasks/" + b"e%%%02X" % byte
    os.makedirs(path + b"/v1")
    lib.create(path + b"/v1/spec.json", task)
    registered += 1
lib.same("tasks", lib.stat_of("tasks") - 3, registered)
lib.same("names that are files too", [n for n in os.listdir(D + b"/tasks") if b"\n" in n or b"/" in n], [])

# Long names: up to what a file name can be, and what Flyte takes.
refused("EINVAL", os.mkdir, X + b"/" + b"a" * 64)
refused("0", os.mkdir, X + b"/" + b"a" * 63)
refused("EINVAL", os.mkdir, X + b"/" + b"a" * 255)
refused("EINVAL|ENAMETOOLONG", os.mkdir, X + b"/" + b"a" * 256)
refused("EINVAL|ENAMETOOLONG", os.mkdir, X + b"/" + b"a" * 2000)
# (A query may be longer than a file's name: it reaches what is too long for one.)
lib.same("a long query", os.listdir(D + b"/query/name=" + b"a" * 300), [b"list.json"])
refused("ENAMETOOLONG", os.stat, D + b"/query/name=" + b"a" * 5000)
got = lib.code(os.makedirs, D + b"/tasks/" + b"n" * 255 + b"/v1")
if got == "0":
    got = lib.code(lib.create, D + b"/tasks/" + b"n" * 255 + b"/v1/spec.json", task)
lib.check(got in ("0", "EINVAL"), f"a name of 255 bytes: {got}")
refused("ENAMETOOLONG", lib.create, X + b"/draft/" + b"f" * 256)
lib.create(X + b"/draft/" + b"f" * 255, b"x")
lib.same("a name of 255 bytes", os.listdir(X + b"/draft").count(b"f" * 255), 1)

# Projects and their place; names that mean something to shells, SQL and paths.
for name in (b"..", b"."):
    lib.check(os.stat(M + b"/" + name), f"{name!r}")
for name in (b"'; DROP TABLE execution; --", b"a\\b", b"$(reboot)", b"`x`", b"-rf", b"con%00x", b"a\nb"):
    refused("EINVAL", os.mkdir, M + b"/" + name)
    refused("EINVAL", os.mkdir, X + b"/" + name)
    refused("ENOENT", os.stat, M + b"/" + name)
    refused("ENOENT", os.stat, X + b"/" + name)
    refused("EINVAL", os.stat, D + b"/query/" + name)
    refused("EINVAL", os.stat, D + b"/query/name=x,sort=" + name.replace(b"/", b""))
for name in (b"'; DROP TABLE execution; --", b"' OR 1=1", b"%", b"_", b"*", b"\\"):
    lib.same(f"runs named {name!r}", [n for n in os.listdir(D + b"/query/name=" + name) if n != b"list.json"], [])
    lib.check(lib.code(os.listdir, D + b"/query/name~" + name) in ("0", "EINVAL"), f"a query for {name!r}")
lib.same("executions", lib.stat_of("executions"), 0)
# Each refusal is one line of five fields.
for line in lib.read(f"{lib.M}/.flytefs/errors/{os.getuid()}").splitlines():
    lib.same("fields", line.count("\t"), 4)
lib.end()
