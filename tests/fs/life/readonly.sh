#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# -o ro shows the store, takes nothing and runs nothing.
. "$(dirname "$0")/../lib.sh"

start
register_examples
launch good echo
finish good SUCCEEDED
unmount_fs
start -o jobs=0
launch waiting echo
numbers() { (cd "$M" && find . -exec stat -c '%n %i %Y %s' {} + | sort); }
unmount_fs
cp "$DB" "$T/before.db"
start -o ro
contains "the mount table" "$(grep " $M " /proc/self/mounts)" " ro,"
same "output" "$(cat "$X/good/outputs/shout")" HELLO
same "phase of what waits" "$(phase_of waiting | grep -c 'QUEUED\|RUNNING\|UNDEFINED')" 1
refuse_with "Read-only file system" mkdir "$X/new"
refuse_with "Read-only file system" bash_put "$X/good/relaunch" again
refuse_with "Read-only file system" bash_put "$X/waiting/terminate" stop
refuse_with "Read-only file system" mv "$X/good" "$D/archived/"
refuse_with "Read-only file system" mkdir "$M/project"
refuse_with "Read-only file system" touch "$X/good/phase"
check find "$M" -type f -exec cat {} + >/dev/null
check ls "$D/query/phase=SUCCEEDED"
timeout -s INT 0.2 cat "$X/waiting/.wait" >/dev/null 2>&1
same "waiting for what nobody runs, interrupted" $? 124
unmount_fs
check cmp "$DB" "$T/before.db"
# A store that can't be written at all, and one that is not there.
chmod 444 "$DB"
start -o ro
same "output" "$(cat "$X/good/outputs/shout")" HELLO
unmount_fs
(cd "$T" && "$FLYTEFS" -o ro nosuch.db mnt) 2>"$T/stderr" && fail "a store that is not there was shown"
contains "what is said" "$(cat "$T/stderr")" nosuch.db
not_there "$T/nosuch.db"
chmod 644 "$DB"
# What waited goes on when somebody may run it.
start
finish waiting SUCCEEDED
