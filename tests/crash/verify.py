# SPDX-License-Identifier: Apache-2.0
"""Looks after a restart, and once all has come to its end, whether the tree holds what the model says."""

import datetime
import json
import os
import shutil
import sqlite3
import time

from model import ARCHIVED, DOMAIN, EXECUTIONS, PLANS, TERMINAL, Run, Words
from mount import processes


def seconds_of(stamp):
    """A Timestamp of JSON as seconds, to the microsecond."""
    whole, _, fraction = stamp.rstrip("Z").partition(".")
    at = datetime.datetime.fromisoformat(whole + "+00:00").timestamp()
    return at + int(fraction[:6].ljust(6, "0")) / 1e6


def command_of(pid):
    """Its state, its parent and its command line: what its environment says is long."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as f, open(f"/proc/{pid}/cmdline", "rb") as line:
            state, parent = f.read().rpartition(")")[2].split()[:2]
            return f"{state}, child of {parent}: {line.read().decode(errors='replace')[:300]!r}"
    except OSError as e:
        return f"gone now: {e}"


class Verifier:
    def __init__(self, mount, model):
        self.mount, self.model = mount, model
        self.marks_read = 0
        self.starts = {}        # run -> {node: [(attempt, seconds)]}

    def fail(self, text):
        self.mount.fail(text)

    # --- the store, while nobody serves it ---------------------------------------------------------

    def store(self):
        """On a copy: who opens the original would do flytefs' recovery for it."""
        copy = f"{self.mount.top}/copy.db"
        for tail in ("", "-wal"):
            if os.path.exists(self.mount.store + tail):
                shutil.copyfile(self.mount.store + tail, copy + tail)
        db = sqlite3.connect(copy)
        for pragma in ("integrity_check", "foreign_key_check"):
            rows = db.execute(f"PRAGMA {pragma}").fetchall()
            if rows not in ([], [("ok",)]):
                self.fail(f"PRAGMA {pragma}: {rows[:5]}")
        db.close()
        for tail in ("", "-wal", "-shm"):
            if os.path.exists(copy + tail):
                os.remove(copy + tail)

    # --- after a restart ------------------------------------------------------------------------------

    def names(self):
        """name -> where it is listed; each once."""
        found = {}
        for where in (EXECUTIONS, ARCHIVED):
            for name in self.mount.list(where):
                if name in found:
                    self.fail(f"{name} is listed twice")
                found[name] = where
        return found

    def everything(self, whole=False):
        """whole: look at each run, not at those alone that were touched since the last time."""
        found = self.names()
        self.races(found)
        for name in set(found) - set(self.model.runs) - self.model.drafts:
            self.adopt(name, found[name])
        self.generated()
        for run in self.model.runs.values():
            self.placed(run, found.get(run.name))
            if run.places != {None} and (whole or run.touched):
                self.run(run)
            run.touched = False
        self.texts()

    def placed(self, run, where):
        if where not in run.places:
            self.fail(f"{run.name} is in {where}, it should be in one of {run.places}")
        if len(run.places) > 1:
            self.model.count("lost, but done" if where else "lost, and not there")
        run.places = {where}

    def races(self, found):
        for name, (tried, won) in self.model.races.items():
            if name in self.model.runs:
                continue
            if len(won) > 1 or (won and name not in found):
                self.fail(f"{name}: {won} won, {name in found}")
            if name in found:
                tag = self.spec(f"{found[name]}/{name}")[0]
                if tag not in (won or tried):
                    self.fail(f"{name} has the tag {tag}, not one of {won or tried}")
                self.new(name, found[name], tag, *self.spec(f"{found[name]}/{name}")[1:])
        self.model.races = {}

    def new(self, name, where, tag, plan, ms):
        run = self.model.runs[name] = Run(name, plan, tag, ms, {where})
        return run

    def adopt(self, name, where):
        """What we did not name: a launch whose name got lost, or a child."""
        tag, plan, ms = self.spec(f"{where}/{name}")
        spec = self.mount.json(f"{where}/{name}/spec.json")
        run = self.new(name, where, tag, plan, ms)
        run.parent = spec["metadata"].get("parent_node_execution")
        run.recovered = spec["metadata"].get("mode") == "RECOVERED"
        if run.parent:
            self.model.count("children")
        elif tag not in self.model.generated:
            self.fail(f"{name} is nobody's: {spec}")
        else:
            self.model.adopted[tag] = self.model.adopted.get(tag, 0) + 1

    def generated(self):
        for tag, (_, _, acknowledged, tried) in self.model.generated.items():
            n = self.model.adopted.get(tag, 0)
            if not acknowledged <= n <= tried:
                self.fail(f"{n} runs with the tag {tag}: {acknowledged} acknowledged, {tried} tried")
                self.model.adopted[tag] = acknowledged

    def spec(self, path):
        """tag, plan and time from a run's full spec.json."""
        spec = self.mount.json(f"{path}/spec.json")
        values = {k: v["scalar"]["primitive"] for k, v in spec["inputs"]["literals"].items()}
        name = spec["launch_plan"]["name"]
        mode = values.get("mode", {}).get("string_value", "good")
        plan = next((p for p in PLANS if (p.name, p.mode) == (name, mode)), None)
        if not plan:
            self.fail(f"{path}: plan {name}, mode {mode}")
            plan = PLANS[0]
        return values["tag"]["string_value"], plan, int(values["ms"]["integer"])

    def run(self, run):
        """Wholly there: what was written, and a phase that suits all we know."""
        path = run.path()
        if self.spec(path) != (run.tag, run.plan, run.ms):
            self.fail(f"{run.name}: its spec is {self.spec(path)}")
        phase = self.mount.read(f"{path}/phase").strip()
        if run.end and phase != run.end:
            self.fail(f"{run.name} was {run.end} and is {phase}")
        if run.terminated and phase not in TERMINAL:
            self.fail(f"{run.name} is {phase}, but terminate was acknowledged")
        if phase == "ABORTED" and not run.parent:
            cause = self.mount.json(f"{path}/abort_metadata.json")["cause"]
            if cause not in run.causes:
                self.fail(f"{run.name} was aborted: {cause!r}, wanted one of {run.causes}")
            run.causes = {cause}
        whole = self.mount.json(f"{path}/execution.json")
        if whole["id"]["name"] != run.name or (phase in TERMINAL and whole["closure"].get("phase") != phase):
            self.fail(f"{run.name}: execution.json has {whole['id']} {whole['closure'].get('phase')} for {phase}")
        if run.terminated and phase != "ABORTED" and seconds_of(whole["closure"]["updated_at"]) > run.terminated_at:
            self.fail(f"{run.name} became {phase} after terminate was acknowledged")
        self.mount.read(f"{path}/status")

    def texts(self):
        for path, words in self.model.entities.items():
            if len(words.values) > 1 or not hasattr(words, "looked"):
                self.text(path, words, self.entity(path))
                words.looked = True
        for path, words in self.model.states.items():
            self.text(path, words, self.mount.read(f"{path}/state").strip())
        for name, words in self.model.projects.items():
            there = name in self.mount.list(".")
            project = self.mount.json(f"{name}/project.json") if there else None
            if there and len(project["domains"]) != 3:
                self.fail(f"{name} has the domains {project['domains']}")
            self.text(name, words, project.get("description", "") if there else None)
        for words in (self.model.entities, self.model.projects):
            for path in [p for p, w in words.items() if w.values == {None}]:
                del words[path]

    def text(self, path, words, value):
        if value not in words.values:
            self.fail(f"{path} has {value!r}, wanted one of {words.values}")
        words.values = {value}

    def entity(self, path):
        """The mark in its text; None when it is not there."""
        parent, version = os.path.split(path)
        kind, name = os.path.split(parent)
        if name not in self.mount.list(kind) or version not in self.mount.list(parent):
            return None
        text = self.mount.read(f"{path}/spec.json")
        mark = f"{name}.{version}"
        if f'"{mark}"' not in text or not self.mount.read(f"{path}/closure.json"):
            self.fail(f"{path}: {text}")
        if "/launch_plans/" in path and path not in self.model.states:
            self.model.states[path] = Words("INACTIVE")
        return mark

    # --- the end of all runs -----------------------------------------------------------------------------

    def wait_for_ends(self, seconds):
        deadline = time.monotonic() + seconds
        while True:
            left = []
            for run in self.model.unfinished():
                phase = self.mount.read(f"{run.path()}/phase").strip()
                if phase in TERMINAL:
                    run.end = phase
                else:
                    left.append(run)
            if not left:
                return
            if time.monotonic() > deadline:
                for run in left[:5]:
                    self.fail(f"{run.name} is stuck:\n{self.mount.read(run.path() + '/status')}")
                self.fail(f"{len(left)} runs have not ended in {seconds} s")
                return
            time.sleep(0.02)

    def check_ends(self):
        self.read_marks()
        for run in self.model.runs.values():
            if not run.checked and run.places != {None}:
                self.end(run)
                run.checked = True

    def end(self, run):
        self.run(run)
        self.tasks(run)
        self.model.count(f"ended {run.end}")
        if run.end == "ABORTED":
            if not run.causes and not run.parent:
                self.fail(f"{run.name} is ABORTED by nobody")
            return
        if run.end not in run.plan.ends and not (run.plan.mode == "half"):
            self.fail(f"{run.name} ({run.plan.name}, {run.plan.mode}) is {run.end}:\n"
                      f"{self.mount.read(run.path() + '/status')}")
        if run.end == "SUCCEEDED" and run.recovered and self.is_recovered(run, "end-node"):
            pass        # as Flyte has it: recovered from a success, without outputs
        elif run.end == "SUCCEEDED":
            got = self.mount.read(f"{run.path()}/outputs/answer").strip()
            want = run.plan.answer.format(run.tag)
            if got != want and json.loads(got) != json.loads(want):
                self.fail(f"{run.name}: its answer is {got}, wanted {want}")
        elif run.plan.mode == "slow" and "Timeout" not in self.mount.read(f"{run.path()}/error.json"):
            self.fail(f"{run.name}: {self.mount.read(run.path() + '/error.json')}")

    # --- what the tasks marked ------------------------------------------------------------------------------

    def read_marks(self):
        try:
            with open(f"{self.mount.top}/marks", encoding="utf-8") as f:
                f.seek(self.marks_read)
                text = f.read()
                self.marks_read = f.tell()
        except FileNotFoundError:
            return
        for line in text.splitlines():
            kind, run, node, attempt, seconds = line.split()
            if kind == "overlap":
                self.fail(f"{run} {node}: try {attempt} runs beside another one")
            if kind == "start":
                self.model.count("tasks started")
                tries = self.starts.setdefault(run, {}).setdefault(node, [])
                tries.append((int(attempt), float(seconds)))

    def tasks(self, run):
        """Unless its supervisor was killed, each try is made once, and what is done is not done again."""
        nodes = self.starts.pop(run.name, {})
        plan = run.plan
        for node, tries in nodes.items():
            attempts = [attempt for attempt, _ in tries]
            if not run.hurt and len(set(attempts)) != len(attempts):
                self.fail(f"{run.name} {node}: the same try was made twice: {attempts}")
            if not run.hurt and len(attempts) > plan.tries:
                self.fail(f"{run.name} {node}: tried {attempts}, wanted {plan.tries}")
            late = run.terminated_at and max(at for _, at in tries) - run.terminated_at
            if run.end == "ABORTED" and late and late > self.mount.slow:
                self.fail(f"{run.name} {node}: a task started {late:.3f} s after terminate")
        if run.end != "SUCCEEDED" or run.hurt:
            return
        for node in plan.nodes:
            if node not in nodes and not (run.recovered and self.is_recovered(run, node)):
                self.fail(f"{run.name} {node} was never run")

    def is_recovered(self, run, node):
        return self.mount.read(f"{run.path()}/nodes/{node.partition('[')[0]}/phase").strip() == "RECOVERED"

    # --- what is left behind -----------------------------------------------------------------------------------

    def no_processes(self):
        deadline = time.monotonic() + 15 * self.mount.slow
        while (left := processes(self.mount.top)) and time.monotonic() < deadline:
            time.sleep(0.05)
        for pid, _ in left:
            self.fail(f"process {pid} is left: {command_of(pid)}")

    def rows(self):
        db = sqlite3.connect(f"file:{self.mount.store}?mode=ro", uri=True)
        ids = {row[0] for row in db.execute("SELECT id FROM execution")}
        db.close()
        return ids

    def leftovers(self):
        """No process; once another daemon has looked: no directory of what was deleted, no mark of a living task."""
        self.no_processes()
        self.mount.start()
        self.mount.end("unmount")
        self.mount.wait_end()
        self.no_processes()
        live = os.listdir(f"{self.mount.rundir}/live")
        if live:
            self.fail(f"marks of tasks are left: {live[:5]}")
        ids = self.rows()
        for name in os.listdir(self.mount.rundir):
            if name.isdigit() and int(name) not in ids:
                self.fail(f"the directory of a deleted run is left: {name}")
