# SPDX-License-Identifier: Apache-2.0
"""The recordings in tests/data/admin for tests through a mount: reading them, comparing answers, counting verdicts.

What the recorded server says elsewhere on purpose stands in differences.tsv beside the cases, shared with the
drivers through src/admin. Calls that no gesture says are made by the program `play` while nothing is mounted.
"""

import base64
import json
import os
import pwd
import subprocess
import sys

TESTS = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
DATA = os.path.join(TESTS, "data", "admin")
USER = pwd.getpwuid(os.getuid()).pw_name

ERRNO_OF = {
    "OK": "0", "CANCELED": "ECANCELED", "UNKNOWN": "EIO", "INVALID_ARGUMENT": "EINVAL",
    "DEADLINE_EXCEEDED": "ETIMEDOUT", "NOT_FOUND": "ENOENT", "ALREADY_EXISTS": "EEXIST",
    "PERMISSION_DENIED": "EACCES", "RESOURCE_EXHAUSTED": "EDQUOT", "FAILED_PRECONDITION": "EPERM",
    "ABORTED": "EBUSY", "OUT_OF_RANGE": "EINVAL", "UNIMPLEMENTED": "EOPNOTSUPP", "INTERNAL": "EIO",
    "UNAVAILABLE": "EHOSTDOWN", "DATA_LOSS": "EIO", "UNAUTHENTICATED": "EACCES",
}


def lines(folder, file):
    with open(os.path.join(DATA, folder, file), encoding="utf-8") as f:
        return [json.loads(line) for line in f if line.strip()]


def play(store, calls, first_project):
    """Make calls on a store that nobody has mounted; answers {code, error, response} in order."""
    return run_play([store, first_project], calls)


def wire(calls):
    """The requests of calls as bytes of the wire form."""
    return [base64.b64decode(answer["wire"]) for answer in run_play(["--wire"], calls)]


def run_play(arguments, calls):
    build = os.path.dirname(os.path.dirname(os.path.dirname(os.environ["FLYTEFS"])))
    program = os.environ.get("PLAY", os.path.join(build, "tests", "unit", "admin", "play"))
    text = "".join(json.dumps(call) + "\n" for call in calls)
    out = subprocess.run([program, *arguments], input=text, capture_output=True, text=True, check=True).stdout
    return [json.loads(line) for line in out.splitlines()]


# --- comparison ------------------------------------------------------------------------------------

BUCKET = "file://bucket/"       # the recorded server's blob store
REFUSED = "failed to create workflow in propeller "


class Names:
    """What "$1", "$2", … of a recording stand for: learned at the first meeting."""

    def __init__(self):
        self.known = {}

    def fill_in(self, value):
        if isinstance(value, dict):
            return {key: self.fill_in(child) for key, child in value.items()}
        if isinstance(value, list):
            return [self.fill_in(child) for child in value]
        return self.known.get(value, value) if isinstance(value, str) else value

    def same_text(self, want, got):
        if want == "<any>":
            return got is not None
        if not isinstance(got, str):
            return False
        if want.startswith("$") and want[1:].isdigit():
            return self.known.setdefault(want, got) == got
        return bool(got) if want.startswith(BUCKET) else want == got


def differs(path, want, got):
    def show(value):
        return "missing" if value is None else json.dumps(value, sort_keys=True)[:300]
    return f"{path or 'answer'} is {show(got)}, recorded is {show(want)}"


def counterpart(element, others, i):
    """Bindings have no order: one is found by its variable."""
    if isinstance(element, dict) and "var" in element:
        return next((other for other in others if isinstance(other, dict) and other.get("var") == element["var"]), None)
    return others[i]


def compare(want, got, names, path=""):
    """Where got differs from what is recorded; "" when it agrees."""
    if isinstance(want, str):
        return "" if names.same_text(want, got) else differs(path, want, got)
    if isinstance(want, dict) and isinstance(got, dict):
        for key in list(want) + [key for key in got if key not in want]:
            below = f"{path}.{key}" if path else key
            if key not in want or key not in got:
                return differs(below, want.get(key), got.get(key))
            where = compare(want[key], got[key], names, below)
            if where:
                return where
        return ""
    if isinstance(want, list) and isinstance(got, list):
        if len(want) != len(got):
            return differs(path, want, got)
        wheres = (compare(a, counterpart(a, got, i), names, f"{path}[{i}]") for i, a in enumerate(want))
        return next((where for where in wheres if where), "")
    return "" if want == got else differs(path, want, got)


def allow_in_execution(want, got):
    """Differences that hold everywhere: a run without a phase is QUEUED, a spec shows the user's inputs, sentences
    are ours, and this user has a name."""
    closure, wanted = got.get("closure", {}), want.get("closure", {})
    if closure.get("phase") == "QUEUED" and "phase" not in wanted:
        del closure["phase"]
    if "inputs" not in want.get("spec", {}):
        got.get("spec", {}).pop("inputs", None)
    if wanted.get("error", {}).get("message", "").startswith(REFUSED) and closure.get("error", {}).get("message"):
        closure["error"]["message"] = wanted["error"]["message"]
    for path in (("spec", "metadata"), ("closure", "state_change_details"), ("closure", "abort_metadata"),
                 ("spec", "security_context", "run_as")):
        holder, recorded = got, want
        for key in path:
            holder, recorded = holder.get(key, {}), recorded.get(key, {})
        for key in ("principal", "execution_identity"):
            if holder.get(key) == USER and key not in recorded:
                del holder[key]


def agrees(call, answer, names):
    """Where an answer of the tree differs from the recorded one; "" when it agrees."""
    code, want = call.get("code", "OK"), call.get("response") or {}
    if answer.errno != ERRNO_OF[code]:
        return f"{answer.errno} ({answer.sentence}), recorded is {code}"
    if answer.status not in (None, code):
        return f"error says {answer.status} ({answer.sentence}), recorded is {code}"
    if code != "OK":
        return "" if len(answer.sentence) > 10 else f"no sentence but {answer.sentence!r}"
    got = json.loads(json.dumps(answer.response))
    if call["rpc"] == "GetExecution":
        allow_in_execution(want, got)
    for a, b in zip(want.get("executions", []), got.get("executions", [])):
        allow_in_execution(a, b)
    return compare(want, got, names)


# --- verdicts ----------------------------------------------------------------------------------------

class Verdicts:
    """Counts cases that agree, differ as meant, and can't be said; anything else is told and fails."""

    def __init__(self, folder):
        self.meant, self.met, self.reasons, self.agreed, self.unsaid, self.bad = {}, set(), {}, 0, {}, 0
        with open(os.path.join(DATA, folder, "differences.tsv"), encoding="utf-8") as f:
            rows = [line.rstrip("\n").split("\t") for line in f if line.strip() and line[0] != "#"]
        for case, who, reason in rows:
            if who != "admin":
                self.meant[case] = (who, reason)

    def judge(self, case, where):
        meant = self.meant.get(case)
        self.met.add(case)
        if where and meant:
            self.reasons.setdefault(meant[1], []).append(case)
        elif where or meant:
            self.bad += 1
            print(f"{case}: {where or 'agrees, though meant to differ: ' + meant[1]}", file=sys.stderr)
        else:
            self.agreed += 1

    def differs_by_rule(self, case, reason):
        self.met.add(case)
        self.reasons.setdefault(reason, []).append(case)

    def cannot_say(self, case, reason):
        self.unsaid.setdefault(reason, []).append(case)
        if self.meant.get(case, ("both",))[0] == "both":
            self.met.add(case)

    def end(self):
        for case in sorted(set(self.meant) - self.met):
            self.bad += 1
            print(f"{case} is meant to differ, but no gesture said it", file=sys.stderr)
        differed, unsaid = (sum(map(len, groups.values())) for groups in (self.reasons, self.unsaid))
        said = self.agreed + differed + self.bad
        print(f"{said + unsaid} cases: gestures say {said}: {self.agreed} agree, {differed} differ as meant, "
              f"{self.bad} are bad; {unsaid} can't be said")
        self.print_groups("differ", self.reasons)
        self.print_groups("can't be said", self.unsaid)
        return not self.bad

    @staticmethod
    def print_groups(title, groups):
        for reason, cases in sorted(groups.items(), key=lambda item: -len(item[1])):
            print(f"  {len(cases):4} {title}: {reason} ({', '.join(cases[:3])}{', …' if len(cases) > 3 else ''})")
