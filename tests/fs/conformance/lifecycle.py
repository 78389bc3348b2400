#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Terminate, relaunch, recover, archive and every reading of executions, nodes and attempts as gestures against what
Flyte Admin v1.16.8 answered (tests/data/admin/lifecycle). Events are what an engine reports: between two mounts they
are made on the store, for all scripts that wait for one, and the tree shows what became of them."""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "kit"), os.path.join(HERE, "..")]
import lib
import recorded
import tree

OPTIONS = ("-o", "jobs=0")
lib.begin(*OPTIONS, examples=False)

names = recorded.Names()
verdicts = recorded.Verdicts("lifecycle")


def node_row(row):
    return {"id": {"node_id": row["id"]["node_id"]}, "closure": row["closure"]}


def attempt_row(row):
    return {"id": {"retry_attempt": row["id"].get("retry_attempt", 0)}, "closure": row["closure"]}


def shown(step):
    """The part of a recorded answer that the tree shows: of nodes and attempts what is theirs in the id, the closure,
    and their values."""
    rpc, response = step["rpc"], step.get("response") or {}
    if rpc == "GetNodeExecution" and response:
        response = node_row(response)
    elif rpc == "GetTaskExecution" and response:
        response = attempt_row(response)
    elif rpc == "GetNodeExecutionData":
        response = {key: response.get(key, {}) for key in ("full_inputs", "full_outputs")}
    elif rpc == "ListNodeExecutions" and response:
        rows = sorted(response["node_executions"], key=lambda row: row["id"]["node_id"])
        response = {"node_executions": list(map(node_row, rows))}
    elif rpc == "ListTaskExecutions" and response:
        rows = sorted(response["task_executions"], key=lambda row: row["id"].get("retry_attempt", 0))
        response = {"task_executions": list(map(attempt_row, rows))}
    return dict(step, response=response)


AT_ONCE = "terminate returns when it is so: ABORTED then, where the recording waits for the engine to say it"


def closures(message):
    return [row["closure"] for row in message.get("executions", [message]) if "closure" in row]


def aborted_at_once(step, answer, where, cause):
    """Where they differ apart from phase and times of a run that a gesture has ended, for the first cause given."""
    changed = False
    for want, got in zip(closures(step.get("response") or {}), closures(answer.response)):
        if got.get("phase") == "ABORTED" and want.get("phase") in ("ABORTING", "ABORTED") and "abort_metadata" in got:
            changed = True
            for key in ("phase", "updated_at", "duration"):
                got.pop(key, None)
                if key in want:
                    got[key] = want[key]
            if got["abort_metadata"].get("cause", "") == cause:
                got["abort_metadata"] = dict(got["abort_metadata"], **want["abort_metadata"])
    return recorded.agrees(step, answer, names) if changed else where


class Script:
    def __init__(self, recording):
        self.steps = [(f"{recording['id']}/{i}", step) for i, step in enumerate(recording["steps"], 1)]
        self.silenced = False       # a step that changes something could not be said
        self.cause = None           # what the first terminate wrote

    def play(self, case, step):
        if self.silenced:
            verdicts.cannot_say(case, "it follows what no gesture says")
            return
        try:
            answer = tree.say(step["rpc"], names.fill_in(step.get("request", {})))
            if step["rpc"] == "TerminateExecution" and self.cause is None:
                self.cause = step["request"].get("cause", "")
            step = shown(step)
            where = recorded.agrees(step, answer, names)
            if where and not aborted_at_once(step, answer, where, self.cause):
                verdicts.differs_by_rule(case, AT_ONCE)
            else:
                verdicts.judge(case, where)
        except tree.Unsayable as reason:
            verdicts.cannot_say(case, str(reason))
            self.silenced = not step["rpc"].startswith(("Get", "List"))

    def play_gestures(self):
        while self.steps and not is_event(self.steps[0][1]):
            self.play(*self.steps.pop(0))

    def take_events(self):
        while self.steps and is_event(self.steps[0][1]):
            case, step = self.steps.pop(0)
            verdicts.cannot_say(case, "an event comes from the engine")
            yield names.fill_in(step)


def is_event(step):
    return step["rpc"].endswith("Event")


def play_rounds(scripts):
    """Each script up to its next event, then all those events, until no script has steps left."""
    rounds = 0
    while any(script.steps for script in scripts):
        for script in scripts:
            script.play_gestures()
        events = [event for script in scripts for event in script.take_events()]
        if events:
            tree.unmount()
            recorded.play(lib.DB, events, "flytesnacks")
            tree.mount(*OPTIONS)
        rounds += 1
    return rounds


for call in recorded.lines("lifecycle", "setup.jsonl"):
    lib.same(f"setup {call['rpc']}", recorded.agrees(call, tree.say(call["rpc"], call["request"]), names), "")
print(play_rounds([Script(line) for line in recorded.lines("lifecycle", "scripts.jsonl")]), "mounts")
lib.check(verdicts.end(), "verdicts")
lib.end()
