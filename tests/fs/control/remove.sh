#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Removing verbs never remove an execution, whoever tries: rm, rmdir, find, rmtree, git clean, rsync (E5, E6).
. "$(dirname "$0")/../lib.sh"

start
register_examples
launch good echo
launch bad failer
finish good SUCCEEDED
finish bad FAILED
check mv "$X/bad" "$D/archived/"
before=$(fingerprint)

refuse_with "Operation not permitted" rm -f "$X/good/phase"
said EPERM good/phase
refuse_with "Operation not permitted" rm -rf "$X/good"
said EPERM good
refuse rm -r --interactive=never "$X/good"
refuse_with "Operation not permitted" rmdir "$X/good"
said EPERM executions/good archived
refuse_with "Operation not permitted" rmdir "$D/archived/bad"
refuse find "$X" -delete
refuse find "$M" -delete
refuse rm -rf "$D/archived/bad"
refuse rm -rf "$M/flytesnacks"
refuse rm -f "$M/README" "$D/by-phase/SUCCEEDED/good" "$D/launch_plans/echo/v1/spec.json"
refuse unlink "$X/good/terminate"
"$PYTHON" -c 'import shutil, sys
shutil.rmtree(sys.argv[1], ignore_errors=True)
shutil.rmtree(sys.argv[2], ignore_errors=True)' "$X/good" "$D/archived"
if has rsync; then
	mkdir "$T/empty"
	rsync -r --delete "$T/empty/" "$X/" >/dev/null 2>&1 && fail "rsync --delete succeeded"
fi
refuse mv "$X/good" "$T/"
same "the tree" "$(fingerprint)" "$before"
same "executions" "$(stat_of executions)" 2
# A running one is no different.
start_sleeper long
refuse rm -rf "$X/long"
refuse find "$X" -delete
same "phase" "$(phase_of long)" RUNNING
there "$X/long/log"
