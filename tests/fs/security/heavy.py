#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Few bytes that mean a lot: large documents and results are bounded, and nobody else waits for them."""

import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import lib
from lib import refused

lib.begin("-o", "jobs=2")
X, D = lib.X, lib.D
PLAIN = os.environ.get("FLY_CONFIGURATION", "gcc") == "gcc"


def number(n):
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def field(n, data):
    return bytes([n << 3 | 2]) + number(len(data)) + data


def literals(name, count):
    """The wire form of a LiteralMap whose one value is a list of empty literals: two bytes each."""
    return field(1, field(1, name) + field(2, field(2, b"\x0a\x00" * count)))


def daemon():
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            files = [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")]
            if os.readlink(f"/proc/{pid}/exe").endswith("/flytefs") and lib.DB in files:
                return pid
        except OSError:
            pass
    return None


PID = daemon()
lib.check(PID, "the daemon is not found")


def peak_mib():
    for line in lib.read(f"/proc/{PID}/status").splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) >> 10
    return 0


os.makedirs(f"{D}/tasks/takes/v1")
lib.create(f"{D}/tasks/takes/v1/spec.json", '{"inputs": {"list": "[integer]"}, "command": ["true"]}')

# More values than a document may have, as JSON and as a message.
os.mkdir(f"{X}/many")
lib.create(f"{X}/many/new", b'{"task": "takes", "inputs": {"list": [' + b"1," * 1100000 + b"1]}}")
refused("EFBIG", os.rename, f"{X}/many/new", f"{X}/many/spec.json")
lib.check("values" in lib.read(f"{X}/many/error"), lib.read(f"{X}/many/error"))
task = field(1, b"\x08\x01" + b"".join(field(n, v) for n, v in ((2, b"flytesnacks"), (3, b"development"), (4, b"takes"), (5, b"v1"))))
lib.create(f"{X}/many/new", task + field(2, literals(b"list", 8 << 20)))
refused("EFBIG", os.rename, f"{X}/many/new", f"{X}/many/spec.pb")
lib.check("MiB of memory" in lib.read(f"{X}/many/error"), lib.read(f"{X}/many/error"))
os.unlink(f"{X}/many/new")
if PLAIN:
    lib.check(peak_mib() < 1200, f"the daemon has used {peak_mib()} MiB")

# Many large ones at once: all are answered, in turn, and small things go on beside them.
COUNT, VALUES = 12, 45000
large = b'{"task": "takes", "inputs": {"list": [' + b"12345," * VALUES + b"1]}}"
pids = []
for i in range(COUNT):
    pid = os.fork()
    if not pid:
        os.mkdir(f"{X}/large{i}")
        lib.create(f"{X}/large{i}/new", large)
        os._exit(lib.code(os.rename, f"{X}/large{i}/new", f"{X}/large{i}/spec.json") != "0")
    pids.append(pid)
worst, rounds, alive = 0, 0, set(pids)
while alive:
    start = time.monotonic()
    lib.create(f"{X}/small{rounds}.json", '{"task": "takes", "inputs": {"list": [1]}}')
    os.listdir(X)
    lib.read(f"{X}/small{rounds}/status")
    worst = max(worst, time.monotonic() - start)
    rounds += 1
    for pid in list(alive):
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            alive.remove(pid)
            lib.same("status of a large launch", status, 0)
lib.check(rounds > 2, f"only {rounds} small launches beside the large ones")
lib.check(worst < 10, f"a small launch took {worst:.1f} s")
for i in range(COUNT):
    lib.same(f"large{i}", lib.wait_for(f"large{i}"), "SUCCEEDED")
lib.check(lib.read(f"{X}/large0/inputs.json").count("12345") == VALUES, "inputs of a large one")
# A gesture is read in the same way.
lib.create(f"{X}/gesture.json", large)
lib.same("a large gesture", lib.wait_for("gesture"), "SUCCEEDED")
lib.create(f"{X}/wrong.json", '{"task": "takes", "inputs": {"list": [1]}}')
refused("EINVAL", lib.create, f"{X}/refused.json", large.replace(b'"list"', b'"lust"'))
lib.check("lust" in lib.last_error(), lib.last_error())

# A task's result of the kind.
script = ("import sys; n = lambda i: i.to_bytes(1, 'little') if i < 128 else bytes([i & 127 | 128]) + n(i >> 7);"
          "f = lambda t, d: bytes([t << 3 | 2]) + n(len(d)) + d;"
          "open(sys.argv[1] + '/outputs.pb', 'wb').write(f(1, f(1, b'y') + f(2, f(2, b'\\x0a\\x00' * (8 << 20)))))")
os.makedirs(f"{D}/tasks/bomb/v1")
lib.create(f"{D}/tasks/bomb/v1/spec.json", '''{"template": {"type": "python-task", "metadata": {"runtime": {"version": "1"}},
 "interface": {"outputs": {"variables": {"y": {"type": {"collection_type": {"simple": "NONE"}}}}}},
 "container": {"image": "none", "command": ["%s", "-c", "%s", "{{.outputPrefix}}"]}}}'''
           % (sys.executable, script.replace("\\", "\\\\").replace('"', '\\"')))
lib.create(f"{X}/bomb.json", '{"task": "bomb"}')
lib.same("a task with a large result", lib.wait_for("bomb"), "FAILED")
lib.check("MiB of memory" in lib.read(f"{X}/bomb/error"), lib.read(f"{X}/bomb/error"))
lib.check("OutputSizeExceeded" in lib.read(f"{X}/bomb/error.json"), "its code")
if PLAIN:
    lib.check(peak_mib() < 1200, f"the daemon has used {peak_mib()} MiB")
lib.same("the same daemon serves", daemon(), PID)
lib.end()
