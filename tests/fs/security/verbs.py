#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every call of another user's on what somebody owns: refused by an errno, and nothing has changed for it."""

import os
import stat
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import lib
from lib import CALLS

if os.getuid() != 0:
    print("skipped: needs root: several users", file=sys.stderr)
    sys.exit(77)
lib.begin("-o", "allow_other,jobs=0")
M, D, X = lib.M, lib.D, lib.X
A, B = 4001, 4002
NO = ("EACCES", "EPERM")


def as_user(uid, function, *arguments):
    """The errno of a call that a user makes, or "0"."""
    out, into = os.pipe()
    pid = os.fork()
    if not pid:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
        os.umask(0o022)
        try:
            os.write(into, lib.code(function, *arguments).encode())
        finally:
            os._exit(0)
    os.close(into)
    with os.fdopen(out) as f:
        got = f.read()
    os.waitpid(pid, 0)
    return got


def refused(what, function, *arguments, allowed=NO):
    got = as_user(B, function, *arguments)
    lib.check(got in allowed, f"{what}: {got}")


def done(what, function, *arguments, uid=A):
    lib.same(what, as_user(uid, function, *arguments), "0")


GOOD = '{"launch_plan": "echo"}'
done("a run", lib.create, f"{X}/run.json", GOOD)
done("a run that is over", lib.create, f"{X}/over.json", GOOD)
done("its end", lib.write_once, f"{X}/over/terminate", "over")
done("one to archive", lib.create, f"{X}/away.json", GOOD)
done("its end", lib.write_once, f"{X}/away/terminate", "over")
done("away", os.rename, f"{X}/away", f"{D}/archived/away")
done("a private one", os.mkdir, f"{X}/private", 0o700)
done("its document", lib.create, f"{X}/private/spec.json", '{"launch_plan": "echo", "inputs": {"text": "hush"}}')
done("a draft", os.mkdir, f"{X}/draft")
done("a file in it", lib.create, f"{X}/draft/file", "text")
done("an input in it", lib.create, f"{X}/draft/inputs/text", "text")
done("a draft of the other's", os.mkdir, f"{X}/other", uid=B)
done("a task", os.mkdir, f"{D}/tasks/theirs")
done("its version", os.mkdir, f"{D}/tasks/theirs/v1")
done("its document", lib.create, f"{D}/tasks/theirs/v1/spec.json", '{"command": ["true"]}')
done("a version to come", os.mkdir, f"{D}/tasks/theirs/v2")
done("a workflow", os.mkdir, f"{D}/workflows/flow")
done("its version", os.mkdir, f"{D}/workflows/flow/v1")
done("its document", lib.create, f"{D}/workflows/flow/v1/spec.json", '{"steps": [{"task": "theirs"}]}')
done("a refusal", lambda: lib.code(os.mkdir, f"{X}/Bad Name"))
before = lib.fingerprint("%T@ %C@")

# --- a run of somebody else's -----------------------------------------------------------------------

for run in (f"{X}/run", f"{X}/over", f"{D}/archived/away"):
    name = os.path.basename(run)
    for verb in ("terminate", "relaunch", "recover", "delete"):
        if os.path.exists(f"{run}/{verb}"):
            refused(f"{verb} of {name}", lib.write_once, f"{run}/{verb}", name)
            refused(f"{verb} of {name}, appended", lib.append, f"{run}/{verb}", name)
            refused(f"{verb} of {name}, cut", os.truncate, f"{run}/{verb}", 0)
    for file in ("phase", "spec.json", "log", "inputs/text", "execution.pb"):
        refused(f"writing {file} of {name}", lib.open_only, f"{run}/{file}", os.O_WRONLY)
        refused(f"removing {file} of {name}", os.unlink, f"{run}/{file}")
        refused(f"chmod of {file} of {name}", os.chmod, f"{run}/{file}", 0o777)
        refused(f"a link to {file} of {name}", os.link, f"{run}/{file}", f"{X}/hard")
        refused(f"moving {file} of {name} away", os.rename, f"{run}/{file}", f"{X}/other/file")
        refused(f"moving into {file} of {name}", os.rename, f"{X}/other/inputs", f"{run}/{file}")
    for mode in (0o777, 0o4777, 0):
        refused(f"chmod of {name}", os.chmod, run, mode)
    refused(f"chown of {name}", os.chown, run, B, B)
    refused(f"times of {name}", os.utime, run, (1, 1))
    refused(f"a directory in {name}", os.mkdir, f"{run}/inputs/x")
    refused(f"a file in {name}", lib.create, f"{run}/new")
    refused(f"removing {name}", os.rmdir, run)
    refused(f"removing inputs of {name}", os.rmdir, f"{run}/inputs")
    refused(f"renaming {name}", os.rename, run, f"{X}/mine")
    refused(f"a draft over {name}", os.rename, f"{X}/other", run, allowed=NO + ("ENOTEMPTY", "EEXIST"))
    refused(f"exchanging {name}", lib.rename_exchange, f"{X}/other", run, allowed=NO + ("EINVAL", "EBADMSG"))
refused("archiving", os.rename, f"{X}/over", f"{D}/archived/over")
refused("activating", os.rename, f"{D}/archived/away", f"{X}/away")

# --- a private one: by none of the ways to it -------------------------------------------------------------

ways = [f"{X}/private", f"{D}/by-phase/QUEUED/private", f"{D}/by-launch-plan/echo/private", f"{D}/query/name=private/private"]
for way in ways:
    lib.check(os.path.exists(f"{way}/phase"), f"{way} is no way to it")
    refused(f"listing {way}", os.listdir, f"{way}/", allowed=("EACCES",))
    for file in ("phase", "spec.json", "inputs.json", "inputs/text", "log", "nodes", "data.json", "execution.pb", ".wait",
                 "relaunch", "status", "no-such-file"):
        refused(f"stat of {way}/{file}", os.stat, f"{way}/{file}", allowed=("EACCES",))
        refused(f"reading {way}/{file}", lib.read, f"{way}/{file}", allowed=("EACCES",))
    refused(f"relaunching {way}", lib.write_once, f"{way}/relaunch", "mine", allowed=("EACCES",))
for text in (f"{D}/query/name=private/list.json", f"{D}/query/name=private/list.pb", f"{M}/.flytefs/events"):
    lib.check("hush" not in lib.read(text), f"{text} tells inputs of a private run")
lib.check("executions/private" not in lib.read(f"{M}/.flytefs/events"), "events tell of a private run")

# --- drafts ------------------------------------------------------------------------------------------------

refused("a file in a draft", lib.create, f"{X}/draft/new", "x")
refused("the document of a draft", lib.create, f"{X}/draft/spec.json", GOOD)
refused("a link in a draft", os.symlink, "/etc/passwd", f"{X}/draft/inputs/link")
refused("a file of a draft", lib.write_once, f"{X}/draft/file", "x")
refused("an input of a draft", lib.write_once, f"{X}/draft/inputs/text", "x")
refused("launching a draft", os.rename, f"{X}/draft/file", f"{X}/draft/spec.json")
refused("taking a file out", os.rename, f"{X}/draft/file", f"{X}/other/file")
refused("putting a file in", os.rename, f"{X}/other/inputs", f"{X}/draft/inputs", allowed=NO + ("EXDEV",))
refused("removing a file", os.unlink, f"{X}/draft/file")
refused("removing a draft", os.rmdir, f"{X}/draft", allowed=NO + ("ENOTEMPTY",))
refused("renaming a draft", os.rename, f"{X}/draft", f"{X}/mine")
refused("taking a draft's name", os.mkdir, f"{X}/draft", allowed=("EEXIST",))
refused("taking it by a gesture", lib.create, f"{X}/draft.json", GOOD, allowed=("EEXIST",))
refused("a draft over a draft", os.rename, f"{X}/other", f"{X}/draft", allowed=NO + ("ENOTEMPTY", "EEXIST"))
refused("chmod of a draft", os.chmod, f"{X}/draft", 0o777)
refused("chown of a draft", os.chown, f"{X}/draft", B, B)
for kind in ("fifo", "device"):
    refused(f"a {kind} in one's own draft", CALLS[kind], f"{X}/other/{kind}")
refused("giving a draft away", os.chown, f"{X}/other", A, A)
refused("a group that is not one's own", os.chown, f"{X}/other", -1, 0)

# --- entities, projects, what is root's -------------------------------------------------------------------------

refused("another version", os.mkdir, f"{D}/tasks/theirs/v3")
refused("a document in a version to come", lib.create, f"{D}/tasks/theirs/v2/spec.json", '{"command": ["id"]}')
refused("removing a version to come", os.rmdir, f"{D}/tasks/theirs/v2")
refused("a version", lib.open_only, f"{D}/tasks/theirs/v1/spec.json", os.O_WRONLY)
refused("a generated plan", lib.write_once, f"{D}/launch_plans/flow/v1/spec.json", '{"workflow": "flow"}')
refused("a plan's state", lib.write_once, f"{D}/launch_plans/flow/v1/state", "ACTIVE")
refused("a plan of the name", os.mkdir, f"{D}/launch_plans/flow/v2")
for kind in ("tasks/theirs", "workflows/flow", "launch_plans/flow"):
    refused(f"renaming {kind}", os.rename, f"{D}/{kind}", f"{D}/{os.path.dirname(kind)}/mine")
    refused(f"removing {kind}", os.rmdir, f"{D}/{kind}", allowed=NO + ("ENOTEMPTY",))
    refused(f"chmod of {kind}", os.chmod, f"{D}/{kind}", 0o777)
refused("a project", os.mkdir, f"{M}/mine")
refused("project.json", lib.write_once, f"{M}/flytesnacks/project.json", "{}")
for place in (M, f"{M}/flytesnacks", D, f"{D}/by-phase", f"{D}/query", f"{M}/.flytefs", f"{M}/.flytefs/errors"):
    name = "phase=RUNNING,limit=7" if place.endswith("/query") else "new"
    refused(f"a file in {place}", lib.create, f"{place}/{name}", "x", allowed=NO + ("EISDIR",))
    refused(f"a directory in {place}", os.mkdir, f"{place}/{name}", allowed=NO + ("EEXIST",))
    refused(f"chmod of {place}", os.chmod, place, 0o777)
refused("a directory in archived/", os.mkdir, f"{D}/archived/new")
refused("a file in archived/", lib.create, f"{D}/archived/new.json", GOOD)
for file in ("events", "stats", "version", f"errors/{A}"):
    refused(f"writing {file}", lib.open_only, f"{M}/.flytefs/{file}", os.O_WRONLY)
refused("another's refusals", lib.read, f"{M}/.flytefs/errors/{A}", allowed=("EACCES",))
refused("root's refusals", lib.read, f"{M}/.flytefs/errors/0", allowed=("EACCES",))
done("one's own refusals", lib.read, f"{M}/.flytefs/errors/{B}", uid=B)

# What was refused has changed nothing: not a byte, not a time, not an owner.
lib.unchanged(before, "%T@ %C@")
lib.same("bits of a mode that mean more", stat.S_IMODE(os.stat(f"{X}/other").st_mode), 0o755)
done("set-user-id on one's own draft", os.chmod, f"{X}/other", 0o7777, uid=B)
lib.same("its mode", stat.S_IMODE(os.stat(f"{X}/other").st_mode), 0o777)
lib.end()
