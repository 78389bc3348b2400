#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every call that could change what may not be changed: the right errno, a sentence, and nothing has changed."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import lib
from lib import CALLS, refused

lib.begin()
X, D, M = lib.X, lib.D, lib.M
for name, plan in (("good", "echo"), ("bad", "failer")):
    lib.create(f"{X}/{name}.json", f'{{"launch_plan": "{plan}"}}')
    lib.wait_for(name)
os.rename(f"{X}/bad", f"{D}/archived/bad")

# Root is let through to the file system, anybody else stops at the mode.
NO = "EPERM" if os.getuid() == 0 else "EPERM|EACCES"
# (A refused page moves a time by a nanosecond, which drops it: times are compared by the minute.)
MINUTE = "%TY%Tm%Td%TH%TM"
before = lib.fingerprint(MINUTE)
counted = lib.stat_of("executions"), lib.stat_of("commits")


def names(top, types):
    for where, dirs, files in os.walk(top):
        for f in files + [d for d in dirs if os.path.islink(os.path.join(where, d))]:
            path = os.path.join(where, f)
            if (os.path.islink(path), False) == (types == "links", False):
                yield path


def told(path, errno_name):
    """The last line of .flytefs/errors names the path and the errno and says something."""
    fields = lib.last_error().split("\t")
    lib.same(f"fields told of {path}", len(fields), 5)
    if len(fields) == 5:
        lib.check(path.endswith(fields[2]), f"told of {fields[2]}, not of {path}")
        lib.same(f"errno told of {path}", fields[3], errno_name)
        lib.check(len(fields[4]) > 10, f"sentence: {fields[4]!r}")


files = sorted(set(names(M, "files")))
files += [f"{X}/good/{n}" for n in ("spec.pb", "closure.pb", "execution.json", "execution.pb", "id.json",
                                    "inputs.pb", "outputs.pb", "data.json")]
files += [f"{M}/.flytefs/{n}" for n in ("version", "stats", "events", f"errors/{os.getuid()}")]
lib.check(len(files) > 80, f"only {len(files)} files")
dressed = 0
for path in files:
    name = os.path.basename(path)
    if not os.stat(path).st_mode & 0o200:
        # Text on an existing file arrives as a truncation, then a write.
        refused(NO, lib.write_once, path, "x")
        if "/errors/" not in path and os.getuid() == 0:
            told(path, "EPERM")
        refused(NO, lib.append, path, "x")
        refused(NO, CALLS["truncate"], path, "0")
        refused(NO, CALLS["truncate"], path, "1000000")
        refused("0" if os.getuid() == 0 else NO, CALLS["open"], path, os.O_RDWR)
        if os.path.getsize(path):
            refused(NO + "|EIO", CALLS["mmap"], path)
        # Its owner's tools may dress what was written by them; all else has no mode or time to change.
        if name not in ("spec.json", "spec.pb") and "/inputs/" not in path:
            refused(NO, CALLS["chmod"], path, "777")
            refused(NO, CALLS["utime"], path, "1")
            refused(NO, CALLS["chown"], path, "4001", "4001")
        else:
            dressed += 1
    refused(NO, os.unlink, path)
    refused(NO, os.rename, path, path + "2")
    refused(NO + "|EXDEV", os.rename, path, f"{X}/good/{'phase' if name == 'status' else 'status'}")
    refused(NO, os.link, path, os.path.join(os.path.dirname(path), "hard"))
    refused("ENOTDIR", os.mkdir, path + "/dir")
    refused("ENOTDIR", os.rmdir, path)
    refused("EEXIST", os.mkdir, path)
    refused("EEXIST", os.symlink, "x", path)
    refused("EEXIST", os.mkfifo, path)
    refused("EEXIST", lib.exclusive, path)
    refused("EOPNOTSUPP|EPERM|EACCES", CALLS["setxattr"], path, "user.x", "1")
    refused("EOPNOTSUPP|EPERM|EACCES|ENODATA", CALLS["removexattr"], path, "user.x")
    refused("EOPNOTSUPP|EPERM|EACCES|ENODEV", CALLS["fallocate"], path, "100")
lib.check(dressed > 3, "spec.json and inputs are not among the files")

for path in sorted(set(names(M, "links"))):
    refused("EINVAL", os.readlink, os.path.dirname(path))
    refused(NO, os.unlink, path)
    refused(NO, os.rename, path, path + "2")
    refused("EEXIST", os.symlink, "x", path)

for where, dirs, _ in os.walk(M):
    refused(NO + "|EBUSY", os.rmdir, where) if where != M else None
    if where.startswith((f"{X}/", f"{D}/by-", f"{D}/archived")):
        refused(NO, lib.create, where + "/newfile", b"x")
        refused(NO, os.symlink, "x", where + "/newlink")
        refused(NO, os.mkfifo, where + "/newfifo")
        refused(NO, os.mkdir, where + "/newdir")
        if where not in (f"{D}/archived",):
            refused(NO, CALLS["chown"], where, "4001", "4001")
    refused("EISDIR", CALLS["open"], where, os.O_WRONLY)
    refused("EINVAL", os.readlink, where)
    refused("EOPNOTSUPP|EPERM|EACCES", CALLS["setxattr"], where, "user.x", "1")

# A control file takes words, no shape.
for verb in ("terminate", "relaunch", "recover"):
    path = f"{X}/good/{verb}"
    refused("EOPNOTSUPP|EPERM|ENODEV", CALLS["fallocate"], path, "100")

lib.unchanged(before, MINUTE)
lib.same("executions and commits", (lib.stat_of("executions"), lib.stat_of("commits")), counted)
lib.end()
