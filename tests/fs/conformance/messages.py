#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/tree.md names every message and enum of execution.proto, with a test that exists."""

import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.join(HERE, "..", "..", "..")


def text_of(*path):
    with open(os.path.join(TOP, *path), encoding="utf-8") as f:
        return f.read()


rows = text_of("docs", "tree.md").rpartition("execution.proto\n")[2].splitlines()
rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows if row.startswith("| ")][2:]
named = {name for row in rows for name in row[0].split(", ")}
proto = text_of("proto", "flyteidl", "admin", "execution.proto")
declared = set(re.findall(r"^\s*(?:message|enum) (\w+)", proto, re.M))
faults = [f"{name} has no row" for name in sorted(declared - named)]
faults += [f"{row[2]} is no test" for row in rows if not os.path.exists(os.path.join(TOP, "tests", "fs", row[2]))]
faults += [f"{row[0]}: {len(row)} cells" for row in rows if len(row) != 3]
for fault in faults or ([] if len(rows) > 10 else ["the table is gone"]):
    print("FAILED:", fault, file=sys.stderr)
sys.exit(1 if faults or len(rows) <= 10 else 0)
