# SPDX-License-Identifier: Apache-2.0
"""Clients: threads that do what people do, and keep in the model what was acknowledged and what got lost."""

import errno
import json
import os
import random
import threading
import time

from model import ARCHIVED, DOMAIN, EXECUTIONS, PLANS, PROJECT, TERMINAL, Run, Words, task
from mount import Lost, Refused

UNFINISHED_MAX = 6      # of one client: then it ends some instead of launching more


class Round:
    """What the clients of a round share."""

    def __init__(self, number):
        self.number = number
        self.stop = threading.Event()
        self.running = []       # names that somebody may wait for


class Client:
    def __init__(self, mount, model, number, seed):
        self.mount, self.model, self.number = mount, model, number
        self.random = random.Random(f"{seed}.{number}")
        self.runs, self.serial = [], 0
        self.round = None
        self.verbs = [(self.launch, 30), (self.terminate, 14), (self.relaunch, 8), (self.recover, 8),
                      (self.archive, 16), (self.activate, 5), (self.delete, 12), (self.register, 4),
                      (self.set_state, 4), (self.project, 2), (self.crawl, 14), (self.race, 4)]

    def go(self, round_):
        """Work until the round or the daemon ends."""
        self.round = round_
        verbs, weights = zip(*self.verbs)
        while not round_.stop.is_set():
            try:
                self.random.choices(verbs, weights)[0]()
            except Refused as e:
                self.mount.fail(f"refused: {e}")
            except Lost:
                self.model.count("lost")
                return

    # --- runs ------------------------------------------------------------------------------------

    def new_name(self):
        self.serial += 1
        return f"c{self.number}-{self.serial}"

    def new_run(self, place=EXECUTIONS):
        name = self.new_name()
        plan = self.random.choice(PLANS)
        ms = self.random.choice([1, 20, 100, 300, 600])
        return Run(name, plan, f"t-{name}", ms, {None, place})

    def keep(self, run):
        self.model.runs[run.name] = run
        self.runs.append(run)
        self.round.running.append(run.name)

    def acknowledged(self, run, what):
        run.places.discard(None)
        self.model.count(what)

    def some(self, suits):
        """A run of ours whose place is known and that suits; None when there is none."""
        runs = [r for r in self.runs if r.place() and suits(r)]
        return self.random.choice(runs[-60:]) if runs else None

    def is_busy(self):
        return sum(1 for r in self.runs if not r.end and r.places != {None}) >= UNFINISHED_MAX

    def launch(self):
        if self.is_busy():
            self.look()
            return
        way = self.random.choice([self.by_draft, self.by_draft, self.by_rename, self.by_name, self.by_spec,
                                  self.by_inputs])
        way(self.new_run())

    def by_draft(self, run):
        self.mount.mkdir(f"{EXECUTIONS}/{run.name}")
        if self.random.random() < 0.1:
            self.model.drafts.add(run.name)
            return
        self.keep(run)
        self.mount.write(f"{EXECUTIONS}/{run.name}/spec.json", run.spec(), self.random.choice([1, 1, 3]))
        self.acknowledged(run, "launched by draft")

    def by_rename(self, run):
        at = f"{EXECUTIONS}/{run.name}"
        self.mount.mkdir(at)
        self.mount.write(f"{at}/new", run.spec())
        self.keep(run)
        self.mount.rename(f"{at}/new", f"{at}/spec.json")
        self.acknowledged(run, "launched by rename")

    def by_inputs(self, run):
        at = f"{EXECUTIONS}/{run.name}"
        self.mount.mkdir(at)
        self.mount.write(f"{at}/inputs/tag", run.tag + "\n")
        self.mount.write(f"{at}/inputs/mode", run.plan.mode + "\n")
        self.keep(run)
        self.mount.write(f"{at}/spec.json", json.dumps({"launch_plan": run.plan.name, "inputs": {"ms": run.ms}}))
        self.acknowledged(run, "launched by inputs")

    def by_name(self, run):
        self.keep(run)
        self.mount.write(f"{EXECUTIONS}/{run.name}.json", run.spec())
        self.acknowledged(run, "launched by NAME.json")

    def by_spec(self, run):
        """The generated name is read back, or remains to be found by its tag."""
        entry = self.generated(run)
        entry[3] += 1
        name = self.mount.call("write executions/spec.json", self.write_and_read, run.spec())
        if not name:
            entry[2] += 1
            self.model.count("launched by spec.json, name lost")
            return
        entry[3] -= 1
        run.name = name
        self.keep(run)
        self.acknowledged(run, "launched by spec.json")

    def generated(self, run):
        return self.model.generated.setdefault(run.tag, [run.plan, run.ms, 0, 0])

    def write_and_read(self, text):
        fd = os.open(f"{EXECUTIONS}/spec.json", os.O_RDWR | os.O_CREAT, dir_fd=self.mount.root)
        try:
            os.write(fd, text.encode())
            try:
                return json.loads(os.read(fd, 4096))["id"]["name"]
            except OSError:
                return None
        finally:
            os.close(fd)

    def race(self):
        """All clients want the same name: one gets it."""
        name = f"race-{self.round.number}"
        tag = f"t-{name}-{self.number}"
        tried, won = self.model.races.setdefault(name, ([], []))
        if tag in tried:
            return
        run = Run(name, PLANS[0], tag, 1, {None, EXECUTIONS})
        tried.append(tag)
        try:
            if self.random.random() < 0.5:
                self.mount.mkdir(f"{EXECUTIONS}/{name}", allow=(errno.EEXIST,))
                # Another one's NAME.json may have made the draft's directory that of its run.
                self.mount.write(f"{EXECUTIONS}/{name}/spec.json", run.spec(), allow=(errno.EEXIST, errno.EPERM))
            else:
                self.mount.write(f"{EXECUTIONS}/{name}.json", run.spec(), allow=(errno.EEXIST,))
        except Refused:
            return
        won.append(tag)
        self.model.count("races won")

    # --- verbs on a run -----------------------------------------------------------------------------

    def look(self):
        """Read a phase: a terminal one that was seen holds for ever."""
        run = self.some(lambda r: not r.end)
        if run:
            self.saw(run, self.mount.read(f"{run.path()}/phase").strip())

    def saw(self, run, phase):
        run.touched = True
        if run.end and phase != run.end:
            self.mount.fail(f"{run.name} was {run.end} and is {phase}")
        if phase in TERMINAL:
            run.end = phase

    def terminate(self):
        run = self.some(lambda r: not r.terminated and not r.end)
        if not run:
            return
        self.serial += 1
        cause = f"because of {self.number}-{self.serial}"
        run.causes.add(cause)
        run.touched = True
        self.mount.write(f"{run.path()}/terminate", cause + "\n")
        run.terminated, run.terminated_at = True, time.time()
        self.model.count("terminated")
        # Who meets the file for the first time at that very moment may bring the old text for some milliseconds.
        began = time.monotonic()
        while (phase := self.mount.read(f"{run.path()}/phase").strip()) not in TERMINAL:
            if self.mount.ending:       # who ends tells the kernel nothing more: it may show what it has for a second
                return
            old = time.monotonic() - began
            self.mount.slowest["old phase"] = max(self.mount.slowest["old phase"], old)
            self.model.count("old phases read")
            if old > 0.2 * self.mount.slow:
                self.mount.fail(f"{run.name} is {phase} after terminate")
                break
        self.saw(run, phase)

    def again(self, source, verb, **named):
        """relaunch and recover: the same inputs under another name, or under a generated one."""
        run = Run("", source.plan, source.tag, source.ms, {None, EXECUTIONS})
        run.recovered = verb == "recover"
        if self.random.random() < 0.7:
            run.name = self.new_name()
            self.keep(run)
        else:
            self.generated(run)[3] += 1
        try:
            self.mount.write(f"{source.path()}/{verb}", run.name + "\n", **named)
        except Refused:
            run.places = {None}
            if not run.name:
                self.generated(run)[3] -= 1
            return
        if run.name:
            self.acknowledged(run, f"{verb} by name")
        else:
            self.generated(run)[2] += 1
            self.model.count(f"{verb} without a name")

    def relaunch(self):
        run = None if self.is_busy() else self.some(lambda r: True)
        if run:
            self.again(run, "relaunch")

    def recover(self):
        run = None if self.is_busy() else self.some(lambda r: r.end)
        if run:
            self.again(run, "recover")

    def move(self, run, to):
        at = run.path()
        run.touched = True
        run.places.add(to)
        try:
            self.mount.rename(at, f"{to}/{run.name}", allow=(errno.EBUSY,))
        except Refused:
            run.places.discard(to)
            self.look()
            return
        run.places = {to}
        self.model.count(f"moved to {os.path.basename(to)}")

    def archive(self):
        run = self.some(lambda r: r.end and r.place() == EXECUTIONS)
        if run:
            self.move(run, ARCHIVED)
        else:
            self.look()

    def activate(self):
        run = self.some(lambda r: r.place() == ARCHIVED)
        if run:
            self.move(run, EXECUTIONS)

    def delete(self):
        run = self.some(lambda r: r.place() == ARCHIVED and r.checked)
        if not run:
            return
        path = run.path()
        run.places.add(None)
        run.touched = True
        self.mount.write(f"{path}/delete", run.name + "\n")
        run.places = {None}
        self.model.count("deleted")

    # --- entities and projects ----------------------------------------------------------------------

    def register(self):
        self.serial += 1
        name, version = f"own{self.number}", f"v{self.serial}"
        document = json.dumps({"workflow": f"one@v1", "fixed": {"mode": "good"},
                               "defaults": {"tag": f"{name}.{version}"}})
        kind = "launch_plans"
        if self.random.random() < 0.4:
            kind, document = "tasks", json.dumps(task("/nowhere", description=f"{name}.{version}"))
        path = f"{DOMAIN}/{kind}/{name}/{version}"
        self.mount.call(f"mkdir -p {path}", self.make_dirs, path)
        words = self.model.entities[path] = Words(None, f"{name}.{version}")
        self.mount.write(f"{path}/spec.json", document)
        words.done(f"{name}.{version}")
        if kind == "launch_plans":
            self.model.states[path] = Words("INACTIVE")
        self.model.count("registered")

    def make_dirs(self, path):
        parent = os.path.dirname(path)
        try:
            os.mkdir(parent, dir_fd=self.mount.root)
        except FileExistsError:
            pass
        os.mkdir(path, dir_fd=self.mount.root)

    def set_state(self):
        """The versions of a plan belong to one client; of them one can be active."""
        prefix = f"{DOMAIN}/launch_plans/own{self.number}/"
        mine = {p: w for p, w in list(self.model.states.items()) if p.startswith(prefix)}
        if not mine:
            return
        path = self.random.choice(list(mine))
        state = self.random.choice(["ACTIVE", "ACTIVE", "INACTIVE"])
        others = [w for p, w in mine.items() if p != path and state == "ACTIVE"]
        mine[path].begin(state)
        for words in others:
            words.begin("INACTIVE")
        self.mount.write(f"{path}/state", state + "\n")
        mine[path].done(state)
        for words in others:
            words.done("INACTIVE")
        self.model.count("states set")

    def project(self):
        mine = [p for p in self.model.projects if p.startswith(f"crash{self.number}-")]
        known = [p for p in mine if None not in self.model.projects[p].values]
        if len(mine) < 5:
            self.serial += 1
            name = f"crash{self.number}-{self.serial}"
            words = self.model.projects[name] = Words(None, "")
            self.mount.mkdir(name)
            words.done("")
            self.model.count("projects made")
        elif known:
            name = self.random.choice(known)
            self.serial += 1
            text = f"description {self.serial}"
            self.model.projects[name].begin(text)
            self.mount.write(f"{name}/project.json", json.dumps({"description": text}))
            self.model.projects[name].done(text)
            self.model.count("projects described")

    # --- readers ------------------------------------------------------------------------------------

    def crawl(self):
        """As ls -lR and grep -r do, a part of the tree."""
        where = self.random.choice([EXECUTIONS, ARCHIVED, f"{DOMAIN}/by-phase/RUNNING",
                                    f"{DOMAIN}/by-launch-plan/one", f"{DOMAIN}/query/phase=SUCCEEDED,limit=20"])
        gone = (errno.ENOENT, errno.ESTALE)
        try:
            names = self.mount.list(where, allow=gone)
            for name in self.random.sample(names, min(3, len(names))):
                for file in self.mount.list(f"{where}/{name}", allow=gone + (errno.ENOTDIR,)):
                    if file not in ("inputs", "outputs", "nodes", "relaunched", "terminate", "relaunch",
                                    "recover", "delete", "spec.json" if self.is_draft(where, name) else ""):
                        self.mount.read(f"{where}/{name}/{file}", allow=gone + (errno.EISDIR,))
                    if self.round.stop.is_set():
                        return
        except Refused:
            pass
        self.model.count("crawls")

    def is_draft(self, where, name):
        return where == EXECUTIONS and name not in self.model.runs


class Waiter:
    """Waits for ends through .wait, which parks a READLINK."""

    def __init__(self, mount, seed):
        self.mount, self.random = mount, random.Random(f"{seed}.waiter")

    def go(self, round_):
        while not round_.stop.wait(0.005):
            if not round_.running:
                continue
            name = self.random.choice(round_.running)
            try:
                self.mount.readlink(f"{EXECUTIONS}/{name}/.wait", allow=(errno.ENOENT, errno.ESTALE), extra=60)
            except Refused:
                pass
            except Lost:
                return
