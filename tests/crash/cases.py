# SPDX-License-Identifier: Apache-2.0
"""Moments that chance would seldom hit, provoked; and what the random rounds share with them."""

import errno
import json
import os
import re
import signal
import threading
import time

from model import ARCHIVED, DOMAIN, EXECUTIONS
from mount import Lost, Refused, processes


def register(mount, path, document):
    for at in (os.path.dirname(path), path):
        try:
            mount.mkdir(at, allow=(errno.EEXIST,))
        except Refused:
            pass
    mount.write(f"{path}/spec.json", json.dumps(document))


# --- supervisors --------------------------------------------------------------------------------


def supervisors(mount):
    """(pid, directory of the attempt) of all that watch a task; not of the task that is just becoming one."""
    found = {pid: words[2].decode() for pid, words in processes(mount.rundir)
             if words[0] == b"flytefs-task" and words[1:2] == [b"run"]}
    return [(pid, attempt) for pid, attempt in found.items() if parent_of(pid) not in found]


def parent_of(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as f:
            return int(f.read().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def run_of(attempt):
    """The name of the execution that an attempt's directory belongs to."""
    try:
        with open(f"{attempt}/job", "rb") as f:
            found = re.search(rb"FLYTE_INTERNAL_EXECUTION_ID=([a-z0-9-]+)", f.read())
    except OSError:
        return None
    return found and found[1].decode()


def kill_supervisor(mount, model, random):
    """kill -9 of one; each run suffers that once, for its system failures are counted."""
    found = supervisors(mount)
    random.shuffle(found)
    for pid, attempt in found:
        name = run_of(attempt)
        run = model.runs.get(name)
        if run and not run.hurt:
            run.hurt = True
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                return
            model.count("supervisors killed")
            return


# --- delete while a rename holds archived/ ----------------------------------------------------------

QUICK = {"command": "true"}


def delete_against_rename(mount, random, rounds):
    """
    A deletion drops a name of archived/ from the kernel's caches, which waits for the lock that a rename there holds
    until it is answered: a daemon killed in that moment must not leave a thread behind that keeps the mount.
    """
    mount.start()
    register(mount, f"{DOMAIN}/tasks/quick/v1", QUICK)
    serial = 0
    for _ in range(max(rounds // 8, 4)):
        names = []
        for _ in range(24):
            serial += 1
            names.append(f"q{serial}")
            mount.write(f"{EXECUTIONS}/{names[-1]}.json", '{"task": "quick"}')
        for name in names:
            mount.readlink(f"{EXECUTIONS}/{name}/.wait", extra=60)
            mount.rename(f"{EXECUTIONS}/{name}", f"{ARCHIVED}/{name}")
            mount.read(f"{ARCHIVED}/{name}/phase")
        threads = [threading.Thread(target=move, args=(mount, name), daemon=True) for name in names[:4]]
        threads += [threading.Thread(target=delete, args=(mount, names[i::2]), daemon=True) for i in (4, 5)]
        for t in threads:
            t.start()
        time.sleep(random.random() * 0.03)
        mount.end("kill")
        mount.wait_end()
        for t in threads:
            t.join(100)
        mount.let_go()
        mount.start()
        for where in (EXECUTIONS, ARCHIVED):
            for name in mount.list(where):
                mount.read(f"{where}/{name}/status")
    mount.end("unmount")
    mount.wait_end()


def move(mount, name):
    try:
        while not mount.ending:
            mount.rename(f"{ARCHIVED}/{name}", f"{EXECUTIONS}/{name}")
            mount.rename(f"{EXECUTIONS}/{name}", f"{ARCHIVED}/{name}")
    except Lost:
        pass


def delete(mount, names):
    try:
        for name in names:
            mount.write(f"{ARCHIVED}/{name}/delete", name)
    except Lost:
        pass


# --- reads while what is read changes -------------------------------------------------------------------


def reads_against_changes(mount, random, rounds):
    """A change drops texts from the kernel's caches, which waits for pages under READ: killed then, nothing may stay."""
    mount.start()
    register(mount, f"{DOMAIN}/tasks/talker/v1", {"command": ["sh", "-c", "for i in 1 2 3 4 5 6 7 8 9; do echo $i; done"]})
    step = {"task": "talker"}
    register(mount, f"{DOMAIN}/workflows/talkers/v1", {"steps": [dict(step, id=f"a{i}") for i in range(40)]})
    for serial in range(max(rounds // 8, 4)):
        name = f"talk{serial}"
        mount.write(f"{EXECUTIONS}/{name}.json", '{"launch_plan": "talkers"}')
        threads = [threading.Thread(target=look, args=(mount, name, file), daemon=True)
                   for file in ("phase", "closure.json", "status", "log", "graph.dot", "")]
        for t in threads:
            t.start()
        time.sleep(random.random() * 0.3)
        mount.end("kill")
        mount.wait_end()
        for t in threads:
            t.join(100)
        mount.let_go()
        mount.start()
    mount.end("unmount")
    mount.wait_end()


def look(mount, name, file):
    try:
        while not mount.ending:
            if file:
                mount.read(f"{EXECUTIONS}/{name}/{file}")
            else:
                mount.list(f"{EXECUTIONS}/{name}/nodes")
    except Lost:
        pass


# --- stopped as soon as it has started ------------------------------------------------------------------


def stop_after_start(mount, random, rounds):
    """A running task is neither lost nor forgotten by daemons that are stopped right after their start."""
    mount.start()
    register(mount, f"{DOMAIN}/tasks/patient/v1",
             {"command": ["sh", "-c", f"echo x >> {mount.top}/patient; "
                          f"until test -e {mount.top}/enough; do sleep 0.02; done"]})
    for i in range(4):
        mount.write(f"{EXECUTIONS}/p{i}.json", '{"task": "patient"}')
    for i in range(max(rounds // 8, 4)):
        how = random.choice(["term", "term", "lazy", "unmount", "kill"])
        time.sleep(random.choice([0, 0, random.random() * 0.02]))
        mount.end(how)
        mount.wait_end()
        mount.let_go()
        mount.start(background=random.random() < 0.3)
    with open(f"{mount.top}/enough", "w", encoding="utf-8"):
        pass
    for i in range(4):
        mount.readlink(f"{EXECUTIONS}/p{i}/.wait", extra=60)
        phase = mount.read(f"{EXECUTIONS}/p{i}/phase").strip()
        tries = mount.list(f"{EXECUTIONS}/p{i}/nodes/patient/attempts")
        if phase != "SUCCEEDED" or len(tries) != 1:
            mount.fail(f"p{i} is {phase} after tries {tries}")
    with open(f"{mount.top}/patient", encoding="utf-8") as f:
        if f.read() != 4 * "x\n":
            mount.fail("the tasks were started more than once")
    mount.end("unmount")
    mount.wait_end()


# --- a run directory that another store has left --------------------------------------------------------


def foreign_directory(mount, random, rounds):
    """Ids are given anew by a new store: what lies under them is not its."""
    for word in ("first", "second"):
        mount.start()
        register(mount, f"{DOMAIN}/tasks/say/v1", {"outputs": {"word": "string"},
                                                   "command": f"echo {word} > \"$OUTPUTS/word\""})
        mount.write(f"{EXECUTIONS}/x.json", '{"task": "say"}')
        mount.readlink(f"{EXECUTIONS}/x/.wait", extra=60)
        if (got := mount.read(f"{EXECUTIONS}/x/outputs/word").strip()) != word:
            mount.fail(f"the task says {got}, not {word}")
        mount.end("unmount")
        mount.wait_end()
        for tail in ("", "-wal", "-shm", ".lock"):
            try:
                os.remove(mount.store + tail)
            except FileNotFoundError:
                pass


# --- a supervisor dies, its task with it ----------------------------------------------------------------


def tries_apart(mount, random, rounds):
    """
    kill -9 of a supervisor kills its task, and the next try begins once no process of this one is left, though the
    processes go in any order and are slow to go when the machine is busy: each try takes a lock that all of it holds.
    """
    mount.start()
    shout = f"echo >> {mount.top}/overlap"
    register(mount, f"{DOMAIN}/tasks/alone/v1", {
        "retries": 3, "command": ["sh", "-c", f"exec 9>{mount.top}/locks/$FLYTE_INTERNAL_EXECUTION_ID; flock -n 9 || {shout}; "
                                  f"test $FLYTE_ATTEMPT_NUMBER = 0 || exit 0; echo > {mount.top}/once/"
                                  "$FLYTE_INTERNAL_EXECUTION_ID; sleep 1000 & sleep 1000 & wait"]})
    for serial in range(max(rounds // 8, 4)):
        names = [f"alone{serial}-{i}" for i in range(8)]
        for name in names:
            mount.write(f"{EXECUTIONS}/{name}.json", '{"task": "alone"}')
        deadline = time.monotonic() + 60 * mount.slow
        while not all(os.path.exists(f"{mount.top}/once/{name}") for name in names):
            if time.monotonic() > deadline:
                mount.fail("a task has not begun")
                break
            time.sleep(random.random() * 0.01)
        for pid, _ in supervisors(mount):
            os.kill(pid, signal.SIGKILL)
        for name in names:
            mount.readlink(f"{EXECUTIONS}/{name}/.wait", extra=60)
            if (phase := mount.read(f"{EXECUTIONS}/{name}/phase").strip()) != "SUCCEEDED":
                mount.fail(f"{name} is {phase}")
    if os.path.exists(f"{mount.top}/overlap"):
        with open(f"{mount.top}/overlap", encoding="utf-8") as f:
            mount.fail(f"{len(f.read())} tries ran beside another one")
    mount.end("unmount")
    mount.wait_end()


CASES = {"foreign-directory": foreign_directory,
         "delete-against-rename": delete_against_rename, "reads-against-changes": reads_against_changes,
         "stop-after-start": stop_after_start, "tries-apart": tries_apart}
