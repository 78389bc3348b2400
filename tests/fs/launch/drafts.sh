#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A draft: the mkdir is the lock, any file may lie in it, rm -r drops it, it is no execution until it is launched.
. "$(dirname "$0")/../lib.sh"

start -o jobs=0
register_examples
check mkdir "$X/draft"
same "what is in it" "$(names_in "$X/draft")" inputs
not_there "$X/draft/phase"
errno_is EEXIST mkdir "$X/draft"
same "its place in the list" "$(ls "$X")" draft
same "executions" "$(stat_of executions)" 0
same "by-phase" "$(find "$D/by-phase" -type l)" ""

echo notes >"$X/draft/notes.txt"
echo more >>"$X/draft/notes.txt"
check cp "$T/asleep" "$X/draft/another"
check mv "$X/draft/another" "$X/draft/renamed"
same "what is in it" "$(names_in "$X/draft" | tr '\n' ' ')" "inputs notes.txt renamed "
same "a file of it" "$(cat "$X/draft/notes.txt" | tr '\n' ' ')" "notes more "
check chmod 700 "$X/draft"
same "its mode" "$(stat -c %a "$X/draft")" 700
check touch -d 2001-01-01 "$X/draft/notes.txt"
same "its time" "$(date -r "$X/draft/notes.txt" +%Y)" 2001
check truncate -s 3 "$X/draft/notes.txt"
same "cut" "$(cat "$X/draft/notes.txt")" not
check dd if="$T/asleep" of="$X/draft/notes.txt" seek=10 bs=1 count=1 status=none
same "a hole" "$(wc -c <"$X/draft/notes.txt")" 11
# Names that come with the launch can't be made before; nor directories, links, devices.
for f in phase status closure.json outputs.json terminate; do errno_is EPERM create "$X/draft/$f"; done
errno_is EPERM mkdir "$X/draft/dir"
errno_is EPERM symlink /etc/passwd "$X/draft/link"
errno_is EPERM fifo "$X/draft/fifo"
errno_is EPERM device "$X/draft/device"
errno_is EPERM link "$X/draft/notes.txt" "$X/draft/hard"
errno_is EXDEV rename "$X/draft/notes.txt" "$X/draft2" 2>/dev/null || true
check mkdir "$X/other"
errno_is "EXDEV|EPERM" rename "$X/draft/notes.txt" "$X/other/notes.txt"
check mv "$X/draft/notes.txt" "$X/other/"
same "moved by copying" "$(wc -c <"$X/other/notes.txt")" 11
errno_is EPERM rename "$X/other" "$X/yet-another"
errno_is EPERM rename "$X/other" "$D/archived/other"
errno_is ENOTEMPTY rmdir "$X/other"
check rm -r "$X/other"
not_there "$X/other"
check mkdir "$X/other"
check rmdir "$X/other/inputs"
check rmdir "$X/other"

# Saved any number of times; only a complete valid document launches, once.
for i in 1 2 3 4 5; do echo "{\"launch_plan\": \"nope$i\"}" >"$X/draft/spec.json" 2>/dev/null; done
for i in 1 2 3; do printf '{"launch_plan": "ec' >"$X/draft/spec.json"; done
contains "error" "$(cat "$X/draft/error")" "ends early"
contains "listed" "$(ls "$X/draft")" error
echo '{"launch_plan": "echo"}' >"$X/draft/spec.json"
there "$X/draft/phase"
not_there "$X/draft/error"
same "its mode stays" "$(stat -c %a "$X/draft")" 700
same "executions" "$(stat_of executions)" 1
# What else lay in it is scratch now: not listed, but not lost for who has it open or knows it.
lacks "ls of the launched one" "$(ls -a "$X/draft")" renamed

# A draft is gone with the daemon; what was launched is not.
check mkdir "$X/lost"
remount_fs -o jobs=0
not_there "$X/lost"
there "$X/draft/phase"
# A draft's name can be had again.
check mkdir "$X/lost"
check put "$X/lost/spec.json" '{"launch_plan": "echo"}'

# Drafts of entities go by the same rules.
check mkdir "$D/tasks/new" "$D/tasks/new/v1"
errno_is EEXIST mkdir "$D/tasks/new"
same "what is in it" "$(names_in "$D/tasks/new/v1")" ""
printf '{"command"' >"$D/tasks/new/v1/spec.json"
contains "error" "$(cat "$D/tasks/new/v1/error")" "ends early"
check rm -r "$D/tasks/new"
not_there "$D/tasks/new"
