#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""poll(2) on phase wakes with POLLPRI|POLLIN when it changes, as cgroup.events does (A14)."""

import os
import select
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import lib

lib.begin()

WAKE = select.POLLPRI | select.POLLIN


def poller(path):
    fd = os.open(path, os.O_RDONLY)
    p = select.poll()
    p.register(fd, select.POLLPRI)
    return fd, p


os.mkdir(f"{lib.X}/long")
lib.create(f"{lib.X}/long/spec.json", '{"launch_plan": "sleeper"}')
fd, p = poller(f"{lib.X}/long/phase")
while os.pread(fd, 99, 0) != b"RUNNING\n":
    lib.check(p.poll(30000), "no wake-up on the way to RUNNING")
    if lib.failures:
        lib.end()

# Nothing changes: a poll with a time limit comes back empty-handed.
while p.poll(100):
    os.pread(fd, 99, 0)
lib.same("a poll while nothing changes", p.poll(300), [])

# Each thread is a poller of its own, and its first poll comes back at once.
woken = []
polling = threading.Event()


def wait_for_change():
    lib.check(p.poll(30000), "a thread's first poll is not ready")
    lib.same("phase before the change", os.pread(fd, 99, 0), b"RUNNING\n")
    polling.set()
    woken.extend(p.poll(30000))


thread = threading.Thread(target=wait_for_change)
thread.start()
polling.wait(60)
lib.create(f"{lib.X}/long/terminate", "enough\n")
thread.join()
lib.same("who was woken", [w[0] for w in woken], [fd])
lib.check(woken and woken[0][1] & select.POLLPRI, f"woken with {woken}")
lib.same("phase after the wake-up", os.pread(fd, 99, 0), b"ABORTED\n")
os.close(fd)

# What is over is always ready.
fd, p = poller(f"{lib.X}/long/phase")
lib.check(p.poll(1000), "a finished run's phase is not ready")
os.close(fd)

# Files that nobody waits for are ready, as everywhere.
fd = os.open(f"{lib.X}/long/status", os.O_RDONLY)
lib.check(select.select([fd], [], [], 1)[0], "status is not readable")
os.close(fd)
lib.end()
