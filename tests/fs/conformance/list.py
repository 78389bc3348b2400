#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""List calls as query/FILTERS against what Flyte Admin v1.16.8 answered (tests/data/admin/list): which rows, in which
order, and the token of the next page, in list.json, the links and next; conditions in Flyte's language and again in
the shell's where both say the same. The data are made by gestures as far as there are; phases come from events."""

import os
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "kit"), os.path.join(HERE, "..")]
import lib
import recorded
import tree

OPTIONS = ("-o", "jobs=0,default_project=vlist")
lib.begin(*OPTIONS, examples=False)

names = recorded.Names()
verdicts = recorded.Verdicts("list")

# Where a sort key of executions stands in a row; the rows of others have no ties.
KEYS = {
    "phase": "closure.phase", "started_at": "closure.started_at", "execution_updated_at": "closure.updated_at",
    "duration": "closure.duration", "mode": "spec.metadata.mode",
    "cluster": "spec.metadata.system_metadata.execution_cluster", "user": "spec.metadata.principal",
    "error_kind": "closure.error.kind", "error_code": "closure.error.code", "launch_plan_id": "spec.launch_plan",
    "workflow_id": "closure.workflow_id", "state": "closure.state_change_details.state",
    "abort_cause": "closure.abort_metadata.cause", "launch_entity": "spec.launch_plan.resource_type",
    "execution_project": "id.project",
}


# --- setup -------------------------------------------------------------------------------------------

def undefined(call):
    """Here an accepted run is QUEUED at once; the recorded server calls it UNDEFINED until an event."""
    i = {key: call["request"][key] for key in ("project", "domain", "name")}
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return {"rpc": "CreateWorkflowEvent", "request": {"event": {"execution_id": i, "occurred_at": now}}}


def set_up():
    """Projects, entities and launches by gestures, in their order; then what an engine and other users do."""
    later = []
    for call in recorded.lines("list", "setup.jsonl"):
        rpc = call["rpc"]
        if rpc in ("UpdateNamedEntity", "TerminateExecution", "UpdateExecution") or rpc.endswith("Event"):
            later.append(call)
            continue
        if rpc == "RegisterProject" and call["request"]["project"]["id"] == "vlist":
            call = dict(call, rpc="UpdateProject", request=call["request"]["project"])
        answer = tree.say(call["rpc"], call["request"])
        lib.same(f"setup {rpc}", recorded.agrees(call, answer, names), "")
        if rpc == "CreateExecution" and call.get("code", "OK") == "OK":
            later.append(undefined(call))
    tree.unmount()
    for call, answer in zip(later, recorded.play(lib.DB, later, "vlist")):
        lib.same(f"setup {call['rpc']} {answer['error']}", answer["code"], call.get("code", "OK"))
    tree.mount(*OPTIONS)


# --- rows ----------------------------------------------------------------------------------------------

def key_of(row, path):
    """What a row is sorted by. A task run alone has no launch plan."""
    for name in path.split("."):
        row = row.get(name) if isinstance(row, dict) and name else None
    if path == "spec.launch_plan" and row and row["resource_type"] == "TASK":
        return None
    return row


def name_of(row):
    """A row by the name it has in the recordings. attempts/ does not say whose task it was."""
    i = row.get("id", row)
    if not isinstance(i, dict):
        return i
    if "retry_attempt" in i:
        return f"etl.load/{i['retry_attempt']}"
    return i.get("node_id") or i.get("name", row.get("name")) + ("@" + i["version"] if "version" in i else "")


def compare_order(call, got, rows):
    by_name = dict(zip(got, rows))
    missing = next((name for name in call.get("names", []) if name not in by_name), None)
    if missing:
        return f"{missing} is missing"
    if call.get("unordered") or call.get("arbitrary"):
        return ""
    path = KEYS.get(call["request"].get("sort_by", {}).get("key")) if call.get("ties") else None
    for i, want in enumerate(call.get("names", [])):
        same = got[i] == want if path is None else key_of(rows[i], path) == key_of(by_name[want], path)
        if not same:
            return f"row {i} is {got[i]}, recorded is {want}"
    return ""


def agrees(call, answer):
    code = call.get("code", "OK")
    if answer.errno != recorded.ERRNO_OF[code]:
        return f"{answer.errno} ({answer.sentence}), recorded is {code}"
    if code != "OK":
        return "" if len(answer.sentence) > 10 else f"no sentence but {answer.sentence!r}"
    rows = next((value for value in answer.response.values() if isinstance(value, list)), [])
    got = list(map(name_of, rows))
    if answer.response.get("token", "") != call.get("token", ""):
        return f"token is {answer.response.get('token', '')!r}, recorded is {call.get('token', '')!r}"
    if len(got) != len(call.get("names", [])):
        return f"{len(got)} rows, recorded are {len(call.get('names', []))}"
    return compare_order(call, got, rows)


def check_rows():
    """What rows leave out: inputs, long messages, nodes."""
    listed = lib.M + "/vlist/development/query/"
    for row in tree.read_json(listed + "limit=100/list.json")["executions"]:
        lib.check("inputs" not in row["spec"], "inputs in a list")
        lib.check(len(row["closure"].get("error", {}).get("message", "")) <= 100, "a long message in a list")
    for row in tree.read_json(listed + "workflows,limit=100/list.json")["workflows"]:
        template = row["closure"]["compiled_workflow"]["primary"]["template"]
        lib.check("interface" in template and "nodes" not in template, "nodes in a list")


set_up()
for case in recorded.lines("list", "cases.jsonl"):
    try:
        verdicts.judge(case["id"], agrees(case, tree.say(case["rpc"], case["request"])))
    except tree.Unsayable as why:
        verdicts.cannot_say(case["id"], str(why))
check_rows()
lib.check(verdicts.end(), "verdicts")
lib.end()
