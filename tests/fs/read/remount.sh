#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Inode numbers and times are the same after a remount; tail -F goes on behind it (A9, A11).
. "$(dirname "$0")/../lib.sh"

start
register_examples
check mkdir "$M/other"
launch good echo
launch bad failer
finish good SUCCEEDED
finish bad FAILED
check mv "$X/bad" "$D/archived/"

# (The document that was written is younger by the nanoseconds of its writes until the next mount: whole seconds.)
numbers() { (cd "$M" && find . -exec stat -c '%n %i %Y %s %a' {} + | sort); }
numbers >"$T/before"
at_least "names" "$(wc -l <"$T/before")" 100
remount_fs
numbers >"$T/after"
check diff "$T/before" "$T/after"
# Every number once, but for a directory's `.`.
same "numbers that come twice" "$(cd "$M" && find . ! -type l -printf '%i\n' | sort | uniq -d)" ""

# A draft's numbers stay when it is launched: its directory, its spec.json.
check mkdir "$X/draft"
number=$(stat -c %i "$X/draft")
cd "$X/draft"
printf '{"launch_plan": "echo"' >spec.json
spec=$(stat -c %i spec.json)
check sh -c 'echo "}" >>spec.json'
same "the directory's number" "$(stat -c %i .)" "$number"
same "spec.json's number" "$(stat -c %i spec.json)" "$spec"
same "phase from within it" "$(cat .wait)" SUCCEEDED
cd /

start_sleeper long
tail -n +1 -F "$X/long/log" >"$T/tail" 2>/dev/null &
tail=$!
until_true 10 grep -q asleep "$T/tail"
cd "$T"
check fusermount3 -u -z "$M"
until_true 20 no_daemon
start
echo "after the remount" >>"$T/asleep"
until_true 20 grep -q "after the remount" "$T/tail"
kill $tail
same "phase" "$(phase_of long)" RUNNING
check put "$X/long/terminate" enough
