#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every recorded literal as the input of every recorded type, written to executions/spec.json: taken or EINVAL as by
Flyte Admin v1.16.8 (tests/data/admin/matrix.tsv). Literals that JSON can't say are other tests' (codec)."""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "kit"), os.path.join(HERE, "..")]
import lib
import recorded
import tree

lib.begin("-o", "jobs=0", examples=False)


def rows(file):
    with open(os.path.join(recorded.DATA, file), encoding="utf-8") as f:
        return [line.rstrip("\n").split("\t") for line in f if line[0] != "#"]


def set_up():
    calls = [call for call in recorded.lines("create", "setup.jsonl") if call["rpc"].startswith(("Register", "Create"))]
    tree.unmount()
    recorded.play(lib.DB, calls, "flytesnacks")
    tree.mount("-o", "jobs=0")


def document(kind, literal):
    return f'{{"launch_plan": "w.{kind}@v1", "inputs": {{"literals": {{"x": {literal}}}}}}}'


def launch(path, text):
    with open(path, "xb", buffering=0) as f:
        f.write(text.encode())


set_up()
literals = {row[0]: row[2] for row in rows("literals.tsv")}
path = lib.M + "/vectors/development/executions/spec.json"
taken = refused = unsaid = 0
for kind, name, answer in rows("matrix.tsv"):
    if literals[name] == "-":
        unsaid += 1
        continue
    got, want = lib.code(launch, path, document(kind, literals[name])), "0" if answer == "ok" else "EINVAL"
    lib.same(f"{name} for {kind}", got, want)
    taken, refused = taken + (got == "0"), refused + (got == "EINVAL")
print(f"{taken} taken, {refused} refused, {unsaid} not in JSON")
lib.check(taken > 100 and refused > 2000, "hardly any pairs")
lib.end()
