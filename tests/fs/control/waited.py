#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What .wait leads to is the end, also for who looks at the moment of the end and has read the phase before (B2)."""

import os
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import lib

lib.begin()

ROUNDS = 200 if os.environ.get("FLY_CONFIGURATION", "gcc") == "gcc" else 40


def read(path):
    with open(f"{lib.X}/{path}", encoding="utf-8") as f:
        return f.read()


def terminate(name):
    lib.write_once(f"{lib.X}/{name}/terminate", "enough\n")


for i in range(ROUNDS):
    name = f"w{i}"
    lib.create(f"{lib.X}/{name}.json", '{"launch_plan": "sleeper"}')
    while read(f"{name}/phase") != "RUNNING\n":
        pass
    thread = threading.Thread(target=terminate, args=(name,))
    thread.start()
    before = read(f"{name}/phase")
    lib.same(f"{name}/.wait, of a phase that was {before.strip()}", read(f"{name}/.wait"), "ABORTED\n")
    thread.join()

lib.end()
