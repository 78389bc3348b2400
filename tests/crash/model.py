# SPDX-License-Identifier: Apache-2.0
"""What the tree must hold: everything acknowledged, and what got lost either wholly or not at all."""

import json

PROJECT = "flytesnacks"
DOMAIN = f"{PROJECT}/development"
EXECUTIONS, ARCHIVED = f"{DOMAIN}/executions", f"{DOMAIN}/archived"
TERMINAL = {"SUCCEEDED", "FAILED", "ABORTED", "TIMED_OUT"}

TASK = {
    "inputs": {"tag": "string", "mode": "string", "ms": "integer"},
    "outputs": {"answer": "string"},
    "retries": 2,
}
STEP = {"tag": "$tag", "mode": "$mode", "ms": "$ms"}


def task(top, **more):
    return dict(TASK, command=["bash", f"{top}/task.sh"], **more)


def workflow(*steps, answer, kind="string"):
    return {"inputs": {"tag": "string", "mode": {"type": "string", "default": "good"}, "ms": "integer"},
            "steps": list(steps), "outputs": {"answer": answer}}


def entities(top):
    """(kind, name, document) of what all runs are made of, in the order in which it is registered."""
    return [
        ("tasks", "work", task(top)),
        ("tasks", "brittle", task(top, retries=0)),
        ("tasks", "hasty", task(top, retries=0, timeout="1s")),
        ("workflows", "one", workflow({"id": "a", "task": "work", "inputs": STEP}, answer="$a.answer")),
        ("workflows", "chain", workflow(
            {"id": "a", "task": "work", "inputs": STEP},
            {"id": "b", "task": "work", "inputs": dict(STEP, tag="$a.answer")},
            {"id": "c", "task": "work", "inputs": STEP, "after": "a"},
            {"id": "d", "task": "work", "inputs": dict(STEP, tag="$b.answer"), "after": "c"},
            answer="$d.answer")),
        ("workflows", "each", workflow(
            {"id": "a", "task": "work", "map": "tag", "inputs": dict(STEP, tag=["$tag", "$tag", "$tag"])},
            answer="$a.answer")),
        ("workflows", "bad", workflow({"id": "a", "task": "brittle", "inputs": STEP}, answer="$a.answer")),
        ("workflows", "slow", workflow({"id": "a", "task": "hasty", "inputs": STEP}, answer="$a.answer")),
        ("workflows", "half", workflow(
            {"id": "a", "task": "work", "inputs": dict(STEP, mode="good")},
            {"id": "b", "task": "brittle", "inputs": STEP, "after": "a"},
            answer="$b.answer")),
        ("workflows", "parent", workflow({"id": "a", "launch_plan": "one", "inputs": STEP}, answer="$a.answer")),
    ]


class Plan:
    """A launch plan that clients may ask for. nodes: which of them run the task, and how often."""

    def __init__(self, name, mode, ends, answer=None, nodes="a", tries=1):
        self.name, self.mode, self.ends, self.answer = name, mode, ends, answer
        self.nodes, self.tries = nodes.split(), tries


PLANS = [
    Plan("one", "good", {"SUCCEEDED"}, "{0}+"),
    Plan("one", "flaky", {"SUCCEEDED"}, "{0}+", tries=2),
    Plan("chain", "good", {"SUCCEEDED"}, "{0}+++", "a b c d"),
    Plan("each", "good", {"SUCCEEDED"}, '["{0}+","{0}+","{0}+"]', "a[0] a[1] a[2]"),
    Plan("bad", "bad", {"FAILED"}),
    Plan("slow", "slow", {"FAILED"}),
    Plan("half", "half", {"FAILED", "SUCCEEDED"}, "{0}+", "a b"),
    Plan("parent", "good", {"SUCCEEDED"}, "{0}+", ""),
]


class Run:
    """One execution by name. places: where it may be, None for nowhere; one place when all is known."""

    def __init__(self, name, plan, tag, ms, places):
        self.name, self.plan, self.tag, self.ms = name, plan, tag, ms
        self.places = set(places)
        self.end = None             # terminal phase seen: no other one may follow
        self.terminated = False     # acknowledged
        self.causes = set()         # of every terminate that was tried; the one that was seen
        self.terminated_at = None
        self.recovered = False
        self.parent = None
        self.hurt = False           # a supervisor of it was killed
        self.touched = True         # since the last look
        self.checked = False        # its end has been checked

    def spec(self):
        return json.dumps({"launch_plan": self.plan.name,
                           "inputs": {"tag": self.tag, "mode": self.plan.mode, "ms": self.ms}})

    def place(self):
        """Where it is when that is known, else None."""
        return next(iter(self.places)) if len(self.places) == 1 else None

    def path(self):
        return f"{self.place()}/{self.name}"


class Words:
    """The text of a file that is rewritten: which ones it may hold."""

    def __init__(self, *values):
        self.values = set(values)

    def begin(self, value):
        self.values.add(value)

    def done(self, value):
        self.values = {value}


class Model:
    def __init__(self):
        self.runs = {}              # by name
        self.generated = {}         # tag -> [plan, ms, acknowledged, tried]: launches without a name
        self.adopted = {}           # tag -> how many were found
        self.entities = {}          # path of a version -> Words: its text, or None while it may be missing
        self.states = {}            # path of a launch plan's version -> Words
        self.projects = {}          # name -> Words: its description, None: no such project
        self.drafts = set()         # names made by mkdir and left so: they end with the daemon
        self.races = {}             # name -> [tags that were tried, tags acknowledged]
        self.counts = {}

    def count(self, what, n=1):
        self.counts[what] = self.counts.get(what, 0) + n

    def unfinished(self):
        return [r for r in self.runs.values() if not r.end and r.places != {None}]
