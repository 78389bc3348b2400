#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Shared mappings, handles that outlive their names, holes, huge offsets: an errno, never a hang or a SIGBUS."""

import mmap
import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import lib
from lib import CALLS, refused

lib.begin("-o", "jobs=0")
X = lib.X
GOOD = b'{"launch_plan": "echo"}'
lib.create(f"{X}/run.json", b'{"launch_plan": "echo", "inputs": {"text": "hi"}}')
before = lib.read(f"{X}/run/spec.json")

# A private mapping reads; a shared one that is changed is refused where it is written back.
with open(f"{X}/run/spec.json", "rb") as f, mmap.mmap(f.fileno(), 0, mmap.MAP_SHARED, mmap.PROT_READ) as m:
    lib.same("mapped text", m[:].decode(), before)
# (a child: the page stays dirty until it is gone)
script = """
import sys; sys.path.insert(0, sys.argv[1])
import lib
print(lib.code(lib.mmap_write, sys.argv[2]))
"""
out = subprocess.run([sys.executable, "-c", script, os.path.dirname(lib.__file__), f"{X}/run/spec.json"],
                     capture_output=True, text=True)
lib.check(out.stdout.strip() in ("EIO", "EPERM", "EACCES"), f"a changed page: {out.stdout}{out.stderr}")
lib.check(out.returncode != -signal.SIGBUS, "SIGBUS")

# Nobody reads the page that was refused: neither from the file nor from any other kind.
lib.create(f"{X}/terminated.json", GOOD)
lib.create(f"{X}/terminated/terminate", "over")
for path in (f"{lib.M}/README", f"{lib.M}/flytesnacks/project.json", f"{lib.M}/.flytefs/version",
             f"{X}/run/spec.json", f"{X}/run/phase", f"{X}/terminated/closure.json", f"{X}/run/inputs/text",
             f"{lib.D}/tasks/echo/v1/spec.json", f"{lib.D}/launch_plans/echo/v1/state"):
    want = lib.read(path)
    refused("EIO|EPERM|EACCES", CALLS["mmap"], path)
    deadline = time.monotonic() + 5
    while lib.read(path) != want and time.monotonic() < deadline:
        pass
    lib.same(f"text of {path} after a refused page", lib.read(path), want)

# The page of a draft's document never launches.
os.mkdir(f"{X}/mapped")
lib.create(f"{X}/mapped/spec.json", b" " * 4096)
out = subprocess.run([sys.executable, "-c", script.replace("sys.argv[2])", "sys.argv[2], '{\\\"launch_plan\\\": \\\"echo\\\"}')"),
                      os.path.dirname(lib.__file__), f"{X}/mapped/spec.json"], capture_output=True, text=True)
lib.check(out.stdout.strip() in ("EIO", "ENODEV", "EACCES"), f"a page of a document: {out.stdout}{out.stderr}")
lib.check(not os.path.exists(f"{X}/mapped/phase"), "a page written back has launched")
lib.create(f"{X}/mapped/spec.json", GOOD)
lib.check(os.path.exists(f"{X}/mapped/phase"), "a written document is launched after it")

# Handles that outlive their names.
os.mkdir(f"{X}/gone")
fd = os.open(f"{X}/gone/spec.json", os.O_RDWR | os.O_CREAT)
os.write(fd, GOOD[:10])
os.unlink(f"{X}/gone/spec.json")
os.rmdir(f"{X}/gone/inputs")
os.rmdir(f"{X}/gone")
for call in (lambda: os.write(fd, GOOD[10:]), lambda: os.read(fd, 10), lambda: os.fstat(fd),
             lambda: os.ftruncate(fd, 0), lambda: os.fsync(fd), lambda: os.fchmod(fd, 0o600)):
    got = lib.code(call)
    lib.check(got in ("0", "ESTALE", "ENOENT", "EIO", "EPERM"), f"a call on a removed draft's file: {got}")
os.close(fd)
lib.check(not os.path.exists(f"{X}/gone"), "the draft is back")
os.mkdir(f"{X}/gone")
lib.same("a new draft of that name", os.listdir(f"{X}/gone"), ["inputs"])
# An unlinked document that is still open launches nothing.
fd = os.open(f"{X}/gone/spec.json", os.O_WRONLY | os.O_CREAT)
os.unlink(f"{X}/gone/spec.json")
lib.code(os.write, fd, GOOD)
os.close(fd)
lib.check(not os.path.exists(f"{X}/gone/phase"), "an unlinked document was launched")

# A working directory and descriptors of what is deleted.
lib.create(f"{X}/deleted.json", GOOD)
lib.create(f"{X}/deleted/terminate", "over")
os.rename(f"{X}/deleted", f"{lib.D}/archived/deleted")
dirfd = os.open(f"{lib.D}/archived/deleted", os.O_RDONLY)
phase = os.open(f"{lib.D}/archived/deleted/phase", os.O_RDONLY)
verb = os.open(f"{lib.D}/archived/deleted/relaunch", os.O_WRONLY)
lib.create(f"{lib.D}/archived/deleted/delete", "deleted")
for call in (lambda: os.listdir(dirfd), lambda: os.read(phase, 10), lambda: os.write(verb, b"again\n"),
             lambda: os.stat("phase", dir_fd=dirfd), lambda: os.mkdir("x", dir_fd=dirfd)):
    got = lib.code(call)
    lib.check(got in ("0", "ESTALE", "ENOENT", "EPERM"), f"a call on what is deleted: {got}")
lib.check(not os.path.exists(f"{X}/again"), "a deleted run was launched again")
for fd in (dirfd, phase, verb):
    os.close(fd)

# Holes and huge offsets.
os.mkdir(f"{X}/sparse")
fd = os.open(f"{X}/sparse/file", os.O_RDWR | os.O_CREAT)
for offset in (1 << 30, 1 << 40, (1 << 63) - 10):
    refused("EFBIG|EINVAL|EDQUOT", os.pwrite, fd, b"x", offset)
    refused("EFBIG|EINVAL|EDQUOT", os.ftruncate, fd, offset)
refused("EOPNOTSUPP", CALLS["fallocate"], f"{X}/sparse/file", 1 << 40)
lib.same("size", os.fstat(fd).st_size, 0)
os.pwrite(fd, b"end", 10000)
lib.same("a hole", os.pread(fd, 20000, 0), b"\0" * 10000 + b"end")
lib.same("seeking data", lib.code(os.lseek, fd, 0, os.SEEK_DATA), "0")
os.close(fd)
for f in ("phase", "spec.json", "log"):
    fd = os.open(f"{X}/run/{f}", os.O_RDONLY)
    lib.same(f"reading {f} beyond its end", os.pread(fd, 100, 1 << 40), b"")
    lib.check(lib.code(os.pread, fd, 100, (1 << 63) - 10) in ("0", "EINVAL", "EOVERFLOW"), "reading at the end of the world")
    os.close(fd)
# Locks are the kernel's own; ioctls are none of ours.
import fcntl
with open(f"{X}/run/phase") as f:
    fcntl.flock(f, fcntl.LOCK_SH)
    refused("ENOTTY|ENOSYS|EINVAL", fcntl.ioctl, f, 0x5401, b" " * 64)
# Direct and synchronous reads and writes.
fd = os.open(f"{X}/run/spec.json", os.O_RDONLY | os.O_DIRECT)
buffer = mmap.mmap(-1, 4096)
n = os.readv(fd, [buffer])
lib.same("a direct read", buffer[:n].decode(), before[:4096])
os.close(fd)
fd = os.open(f"{X}/run/terminate", os.O_WRONLY | os.O_SYNC)
os.write(fd, b"why\n")
os.close(fd)
lib.same("phase", lib.read(f"{X}/run/phase"), "ABORTED\n")
lib.end()
