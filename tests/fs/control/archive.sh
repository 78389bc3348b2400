#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# mv to archived/ puts a finished one away, mv back brings it, `delete` deletes it for good with its run (E7).
. "$(dirname "$0")/../lib.sh"

start
register_examples
launch good echo
finish good SUCCEEDED
start_sleeper long
cp -r "$X/good" "$T/good"

check mv "$X/good" "$D/archived/"
not_there "$X/good"
there "$D/archived/good/phase"
same "its name in both lists" "$(ls "$X" "$D/archived" | grep -c good)" 1
check diff "$T/good/outputs.json" "$D/archived/good/outputs.json"
contains "its closure" "$(cat "$D/archived/good/closure.json")" EXECUTION_ARCHIVED
there "$D/archived/good/delete"
not_there "$X/long/delete"
# Archived it stays taken, and what refers to it finds it.
errno_is EEXIST mkdir "$X/good"
said EEXIST executions/good archived
check test -f "$D/by-phase/SUCCEEDED/good/phase"
check mv "$D/archived/good" "$X/"
there "$X/good/phase"
not_there "$D/archived/good"
# (What a shell saw a moment ago may stand for a second; it does nothing any more.)
errno_is "EPERM|ENOENT" write "$X/good/delete" good
until_true 3 test ! -e "$X/good/delete"
check mv "$X/good" "$D/archived/good"
check mv "$D/archived/good" "$X/good"

# A running one is busy; a new name, another place, another domain are refused.
refuse_with "Device or resource busy" mv "$X/long" "$D/archived/"
said EBUSY long RUNNING
errno_is EPERM rename "$X/good" "$X/better"
errno_is EPERM rename "$X/good" "$D/archived/better"
errno_is "EPERM|EXDEV" rename "$X/good" "$M/flytesnacks/staging/executions/good"
errno_is EPERM rename "$X/good" "$D/tasks/good"
errno_is "EPERM|EEXIST|ENOTEMPTY" rename "$X/good" "$X/long"
errno_is EPERM mkdir "$D/archived/new"
errno_is EPERM create "$D/archived/new.json" '{"launch_plan": "echo"}'
there "$X/good/phase"

# delete: only what is archived, only by its name.
check mv "$X/good" "$D/archived/"
refuse_with "Invalid argument" bash_put "$D/archived/good/delete" goood
said EINVAL good/delete "good"
refuse_with "Invalid argument" bash_put "$D/archived/good/delete" ""
there "$D/archived/good/phase"
run=$(find "$DB.runs" -type f -path '*' | wc -l)
at_least "files of runs" "$run" 1
cd "$D/archived/good"
check put "$D/archived/good/delete" good
not_there "$D/archived/good"
same "what a shell in it sees" "$(ls . 2>/dev/null)" ""
cd /
same "by-phase" "$(ls "$D/by-phase/SUCCEEDED")" ""
same "executions" "$(stat_of executions)" 1
fewer() { [ "$(find "$DB.runs" -type f | wc -l)" -lt "$run" ]; }
until_true 10 fewer
# The name is free again, its number is not: nobody sees the old one's text.
launch good failer
finish good FAILED
contains "its error" "$(cat "$X/good/error")" "out of luck"
not_there "$X/good/outputs.json"
# ... nor moves it by the name that the deleted one had.
errno_is ENOENT rename "$D/archived/good" "$X/good"
same "phase still" "$(phase_of good)" FAILED
check mv "$X/good" "$D/archived/"
same "phase in archived/" "$(cat "$D/archived/good/phase")" FAILED
check mv "$D/archived/good" "$X/"
remount_fs
same "after a remount" "$(phase_of good)" FAILED
check put "$X/long/terminate" enough
