#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Many processes do everything at once to the same few names: nobody hangs, the store stays whole, counts agree."""

import os
import random
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import lib

lib.begin()
X, D = lib.X, lib.D
SECONDS = 3
GOOD = b'{"launch_plan": "echo"}'


def actions(rnd):
    name = f"n{rnd.randrange(6)}"
    here, away = f"{X}/{name}", f"{D}/archived/{name}"
    return rnd.choice((
        lambda: os.mkdir(here),
        lambda: lib.create(f"{here}/spec.json", GOOD),
        lambda: lib.create(f"{here}/spec.json", b"{bad"),
        lambda: lib.create(f"{here}/spec.json", b'{"launch_plan": '),
        lambda: lib.append(f"{here}/spec.json", b'"echo"}'),
        lambda: lib.create(f"{here}/inputs/text", b"mine"),
        lambda: lib.create(f"{here}/new", GOOD),
        lambda: os.rename(f"{here}/new", f"{here}/spec.json"),
        lambda: os.unlink(f"{here}/spec.json"),
        lambda: os.rmdir(f"{here}/inputs"),
        lambda: os.rmdir(here),
        lambda: lib.create(f"{X}/{name}.json", GOOD),
        lambda: lib.create(f"{X}/spec.json", GOOD),
        lambda: lib.create(f"{here}/terminate", b"enough"),
        lambda: lib.create(f"{here}/relaunch", name.encode() + b"r"),
        lambda: os.rename(here, away),
        lambda: os.rename(away, here),
        lambda: lib.create(f"{away}/delete", name.encode()),
        lambda: os.listdir(here), lambda: os.listdir(X), lambda: os.listdir(f"{D}/by-phase/SUCCEEDED"),
        lambda: [os.stat(e.path) for e in os.scandir(here)],
        lambda: lib.read(f"{here}/closure.json"), lambda: lib.read(f"{here}/status"),
        lambda: lib.read(f"{here}/log"), lambda: os.listdir(f"{D}/query/name={name}"),
    ))


def worker(seed):
    rnd = random.Random(seed)
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        got = lib.code(actions(rnd))
        if got in ("EIO", "ENOTCONN", "ECONNABORTED", "ENOSYS", "ENOMEM", "EDEADLK"):
            print(f"worker {seed}: {got}", file=sys.stderr)
            os._exit(1)
    os._exit(0)


pids = []
for seed in range(8):
    pid = os.fork()
    if not pid:
        worker(seed)
    pids.append(pid)
for pid in pids:
    lib.same("status of a worker", os.waitpid(pid, 0)[1], 0)

# Quiet now: everything ends, and all ways to look at it agree.
runs = [n for n in os.listdir(X) if os.path.exists(f"{X}/{n}/phase")]
away = os.listdir(f"{D}/archived")
for name in runs:
    lib.check(lib.wait_for(name) in ("SUCCEEDED", "ABORTED", "FAILED"), f"{name} does not end")
lib.same("counted and listed", lib.stat_of("executions"), len(runs) + len(away))
linked = subprocess.run(["find", f"{D}/by-phase", "-type", "l"], capture_output=True, text=True).stdout.split()
lib.same("listed by phase", len(linked), len(runs) + len(away))
for link in linked:
    lib.check(os.path.exists(f"{link}/phase"), f"{link} leads nowhere")
    lib.same(f"phase of {link}", lib.read(f"{link}/phase").strip(), link.split("/")[-2])
# What is left are drafts, and drafts can be removed.
for name in os.listdir(X):
    if name not in runs:
        try:
            shutil.rmtree(f"{X}/{name}")
        except OSError as e:
            lib.fail(f"{name}: {e}; stat {lib.code(os.stat, f'{X}/{name}')}, list {lib.code(os.listdir, f'{X}/{name}')}, "
                     f"phase {lib.code(os.stat, f'{X}/{name}/phase')}")
lib.same("names in the end", sorted(os.listdir(X)), sorted(runs))
lib.end()
