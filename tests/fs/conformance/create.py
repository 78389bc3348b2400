#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""CreateExecution as gestures against what Flyte Admin v1.16.8 answered (tests/data/admin/create): setup by mkdir and
documents, each case by mkdir and spec.json, by NAME.json, or in the wire form by rename onto spec.pb, with the
execution.json and data.json that followed. A refused request is refused in every one of these ways."""

import base64
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
verdicts = recorded.Verdicts("create")


def check_setup(call, answer):
    lib.same(f"setup {call['rpc']}", recorded.agrees(call, answer, names), "")


def set_up():
    """Entities by turns as JSON and in the wire form."""
    calls = [call for call in recorded.lines("create", "setup.jsonl") if call["rpc"] != "UpdateProjectDomainAttributes"]
    data = recorded.wire(calls)
    for i, call in enumerate(calls):
        if call["rpc"] in ("CreateTask", "CreateWorkflow", "CreateLaunchPlan") and i % 2:
            check_setup(call, tree.GESTURES[call["rpc"]](call["request"], data[i]))
        else:
            check_setup(call, tree.say(call["rpc"], call["request"]))


# --- the ways to say a request ---------------------------------------------------------------------

def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 127) << shift
        shift, at = shift + 7, at + 1
        if data[at - 1] < 128:
            return value, at


def id_in_wire(data):
    """project, domain and name of a CreateExecutionRequest: the path repeats them."""
    found, at = {}, 0
    while at < len(data):
        tag, at = varint(data, at)
        size, at = varint(data, at)
        if tag in (0o12, 0o22, 0o32):
            found[("project", "domain", "name")[(tag >> 3) - 1]] = data[at:at + size].decode(errors="replace")
        at += size
    return found


def ways(call, data):
    """Functions without arguments that make the gesture."""
    if "wire" in call:
        return [lambda: tree.create_by_rename(id_in_wire(data), data)]
    request = call["request"]
    if not request.get("name"):
        return [lambda: tree.create_by_file(request)]
    spec = request.get("spec", {})
    in_spec = "spec" in request and request.get("inputs", {}).get("literals") and "inputs" not in spec
    return [lambda: tree.create_by_mkdir(request), lambda: tree.create_by_file(request),
            lambda: tree.create_by_rename(request, data),
            *([lambda: tree.create_by_spec(request)] if in_spec else [])]


turn = 0


def create(call, data):
    """Where the answers differ: of one way, by turns, when it launches, else of all."""
    global turn
    every = ways(call, data)
    if call.get("code", "OK") == "OK":
        turn += 1
        every = [every[turn % len(every)]]
    return next((where for way in every if (where := judge(call, way()))), "")


PLACE = re.compile(r'spec\.pb: |spec\.json:[0-9]+:[0-9]+: [^ "]+: ')


def judge(call, answer):
    """What a draft's document is refused for is told with its place and path in it."""
    where = recorded.agrees(call, answer, names)
    if not where and answer.status and not PLACE.match(answer.sentence):
        where = f"no place in {answer.sentence!r}"
    return where


# --- cases -------------------------------------------------------------------------------------------

def check_spec_inputs(request, spec):
    """The shown spec can be launched again as it is."""
    given = [holder.get("inputs", {}) for holder in (request, request.get("spec", {}))]
    want = next((inputs for inputs in given if inputs.get("literals")), None)
    lib.same("spec.inputs", recorded.compare(want, spec.get("inputs"), names) if want else spec.get("inputs"),
             "" if want else None)


def after(call):
    for step in call.get("after", []):
        answer = tree.say(step["rpc"], names.fill_in(step["request"]))
        where = recorded.agrees(step, answer, names)
        if where:
            return where
        if step["rpc"] == "GetExecution" and "request" in call:
            check_spec_inputs(call["request"], answer.response["spec"])
    return ""


def play(call, data):
    if call.get("request", {}).get("name", "").startswith("refuse-"):
        raise tree.Unsayable("the recorded engine was told to refuse this run")
    for before in call.get("pre", []):
        if "Event" in before["rpc"]:
            raise tree.Unsayable("an event comes from the engine")
        where = recorded.agrees(before, tree.say(before["rpc"], before["request"]), names)
        if where:
            return where
    if call["rpc"] != "CreateExecution":
        return recorded.agrees(call, tree.say(call["rpc"], call["request"]), names)
    return create(call, data) or after(call)


set_up()
cases = recorded.lines("create", "cases.jsonl")
encodable = [call for call in cases if call["rpc"] == "CreateExecution" and "wire" not in call]
wire = {call["id"]: data for call, data in zip(encodable, recorded.wire(encodable))}
wire.update((call["id"], base64.b64decode(call["wire"])) for call in cases if "wire" in call)
for case in cases:
    try:
        verdicts.judge(case["id"], play(case, wire.get(case["id"])))
    except tree.Unsayable as reason:
        verdicts.cannot_say(case["id"], str(reason))
lib.check(verdicts.end(), "verdicts")
lib.end()
