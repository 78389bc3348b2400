#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""CreateTask, CreateWorkflow and CreateLaunchPlan as gestures against what Flyte Admin v1.16.8 answered
(tests/data/admin/compile): requests written as spec.json, or in the wire form by rename onto spec.pb, the faults its
compiler found in them, and what became of them in closure.json. A refused request is refused in both ways."""

import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "kit"), os.path.join(HERE, "..")]
import lib
import recorded
import tree

lib.begin("-o", "jobs=0", examples=False)

names = recorded.Names()
verdicts = recorded.Verdicts("compile")
FOLDERS = {"CreateTask": "tasks", "CreateWorkflow": "workflows", "CreateLaunchPlan": "launch_plans"}


def directory_of(call):
    i = call["request"].get("id", {})
    names_of = [tree.encode(i.get(key, "")) for key in ("name", "version")]
    return os.path.join(tree.domain_of(i), FOLDERS[call["rpc"]], *names_of)


def as_json(call, _data):
    directory = directory_of(call)
    if call["rpc"] == "CreateLaunchPlan" and os.path.isdir(directory) and is_generated(directory):
        return tree.try_call(tree.write_json, directory + "/spec.json", call["request"]) or tree.Answer()
    return tree.in_draft(directory, "spec.json", tree.write_json, call["request"]) or tree.Answer()


def as_wire(call, data):
    return tree.in_draft(directory_of(call), "spec.pb", tree.rename_onto, data) or tree.Answer()


def is_generated(directory):
    return os.stat(directory + "/spec.json").st_mode & 0o200


# --- comparison ------------------------------------------------------------------------------------

def faults_of(sentence):
    return re.findall(r"\(([A-Za-z]+)\)(?:;|$)", sentence)


def same_faults(call, answer):
    want = call.get("faults")
    got = faults_of(answer.sentence)
    return "" if want is None or got == want else f"faults {got}, recorded are {want}: {answer.sentence}"


def same_stored(call):
    """What a workflow is compiled into; of others all but the id."""
    want = call.get("stored")
    if want is None:
        return ""
    directory = directory_of(call)
    got = tree.read_json(directory + "/closure.json")
    if call["rpc"] == "CreateWorkflow":
        got = got["compiled_workflow"]
        if "tasks" not in want:
            got.pop("tasks", None)
    else:
        got = {"closure": got}
        if call["rpc"] == "CreateLaunchPlan":
            got["spec"] = tree.read_json(directory + "/spec.json")
    return recorded.compare(want, got, names, "stored")


def judge(call, answer):
    code = call.get("code", "OK")
    if code == "INTERNAL" and answer.errno != "0":
        return ""
    if answer.errno != recorded.ERRNO_OF[code] or answer.status not in (None, code):
        return f"{answer.errno} {answer.status} ({answer.sentence}), recorded is {code}"
    if code != "OK":
        return same_faults(call, answer) or ("" if len(answer.sentence) > 10 else "no sentence")
    return same_stored(call)


turn = 0


def play(call, data):
    """By turns in one way when it is accepted, else in both."""
    global turn
    turn += 1
    directory = directory_of(call)
    if call.get("code", "OK") != "OK":
        return judge(call, as_json(call, data)) or judge(call, as_wire(call, data))
    generated = os.path.isdir(directory) and is_generated(directory)
    return judge(call, (as_json if generated or turn % 2 else as_wire)(call, data))


def play_all(calls):
    data = iter(recorded.wire([step for call in calls for step in [*call.get("pre", []), call]]))
    for call in calls:
        steps = [(step, next(data)) for step in [*call.get("pre", []), call]]
        case = call.get("id", f"setup {call['rpc']}")
        try:
            for step, encoded in steps:
                where = play(step, encoded) if step["rpc"] in FOLDERS else recorded.agrees(
                    step, tree.say(step["rpc"], step["request"]), names)
                if step is not call or "id" not in call:
                    lib.same(f"before {case}", where, "")
            if "id" in call:
                verdicts.judge(case, where)
        except tree.Unsayable as reason:
            verdicts.cannot_say(case, str(reason))


for file in ("setup.jsonl", "cases.jsonl", "packages.jsonl"):
    play_all(recorded.lines("compile", file))
lib.check(verdicts.end(), "verdicts")
lib.end()
