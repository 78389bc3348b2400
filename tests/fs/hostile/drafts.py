#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Thousands of drafts, files in them and gestures never finished: bounded by a sentence, and given back."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import lib
from lib import refused

lib.begin("-o", "jobs=0")
X = lib.X
GOOD = '{"launch_plan": "echo"}'


def make_all(prefix):
    """Drafts until one is refused; how many, and the errno."""
    for i in range(5000):
        got = lib.code(os.mkdir, f"{X}/{prefix}{i}")
        if got != "0":
            return i, got
    return 5000, "0"


made, got = make_all("d")
lib.same("drafts a user may have", (made, got), (1000, "EDQUOT"))
lib.check("as many as a user may have" in lib.last_error(), lib.last_error())
lib.same("drafts listed", len(os.listdir(X)), 1000)
refused("EDQUOT", lib.create, f"{X}/gesture.json", GOOD)
refused("EDQUOT", os.mkdir, f"{lib.D}/tasks/newtask")
# One that is launched makes room for one, one that is removed too.
lib.create(f"{X}/d0/spec.json", GOOD)
refused("0", os.mkdir, f"{X}/more0")
refused("EDQUOT", os.mkdir, f"{X}/more1")
os.rmdir(f"{X}/d1/inputs")
os.rmdir(f"{X}/d1")
refused("0", os.mkdir, f"{X}/more1")
refused("EDQUOT", os.mkdir, f"{X}/more2")
for name in os.listdir(X):
    if name != "d0":
        os.rmdir(f"{X}/{name}/inputs")
        os.rmdir(f"{X}/{name}")
lib.same("what is left", os.listdir(X), ["d0"])
made, got = make_all("e")
lib.same("drafts after removing all", (made, got), (1000, "EDQUOT"))
for i in range(1000):
    os.rmdir(f"{X}/e{i}")

# Bytes: 64 MiB of all drafts together, given back by rm and by cutting.
os.mkdir(f"{X}/big")
block = b"x" * (1 << 20)
for i in range(100):
    got = lib.code(lib.create, f"{X}/big/file{i}", block)
    if got != "0":
        break
lib.same("errno when 64 MiB are full", got, "EDQUOT")
lib.check(62 <= i <= 64, f"refused after {i} MiB")
os.truncate(f"{X}/big/file0", 0)
refused("0", lib.write_once, f"{X}/big/file1", b"y" * 100)
for name in os.listdir(f"{X}/big"):
    if name != "inputs":
        os.unlink(f"{X}/big/{name}")
refused("0", lib.create, f"{X}/big/file", block)
os.unlink(f"{X}/big/file")

# Files without number in one draft, made and removed again and again.
count = min(lib.MANY * 5, 3000)
for i in range(count):
    lib.create(f"{X}/big/f{i}", b"x")
lib.same("files in a draft", len(os.listdir(f"{X}/big")), count + 1)
for i in range(count):
    os.unlink(f"{X}/big/f{i}")
lib.same("files in it now", os.listdir(f"{X}/big"), ["inputs"])
lib.create(f"{X}/big/spec.json", GOOD)
lib.check(os.path.exists(f"{X}/big/phase"), "launched after all that")

# Gestures begun and never finished hold no name and do not pile up without a limit.
held = []
for i in range(1100):
    try:
        fd = os.open(f"{X}/g{i}.json", os.O_WRONLY | os.O_CREAT)
        os.write(fd, b'{"launch_plan"')
        held.append(fd)
    except OSError:
        break
lib.same("gestures a user may have open", len(held), 1000)
for fd in held:
    os.close(fd)
lib.same("executions", lib.stat_of("executions"), 2)
lib.end()
