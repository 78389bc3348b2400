#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""flytectl's exec files launched by rename onto spec.yaml, against what flytectl and Flyte Admin v1.16.8 made of them
(tests/data/admin/cli): the same ones refused, the same inputs and spec."""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "kit"), os.path.join(HERE, "..")]
import lib
import recorded
import tree

lib.begin("-o", "jobs=0", examples=False)

names = recorded.Names()
verdicts = recorded.Verdicts("cli")
executions = lib.M + "/vcli/development/executions"


def play(case):
    run = f"{executions}/{case['name']}"
    refusal = tree.in_draft(run, "spec.yaml", tree.rename_onto, case["file"])
    if refusal or case.get("refused"):
        if not refusal:
            return "it is taken"
        return "" if case.get("refused") and len(refusal.sentence) > 10 else f"it is refused: {refusal.sentence}"
    where = recorded.compare(case["inputs"], tree.read_json(run + "/inputs.json"), names) if "inputs" in case else ""
    if where or "spec" not in case:
        return where
    got = {"spec": tree.read_json(run + "/spec.json")}
    recorded.allow_in_execution({"spec": case["spec"]}, got)
    return recorded.compare(case["spec"], got["spec"], names)


for call in recorded.lines("cli", "setup.jsonl"):
    lib.same(f"setup {call['rpc']}", recorded.agrees(call, tree.say(call["rpc"], call["request"]), names), "")
for line in recorded.lines("cli", "exec_files.jsonl"):
    verdicts.judge(line["id"], play(line))
lib.check(verdicts.end(), "verdicts")
lib.end()
