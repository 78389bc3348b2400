#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A full disk: what is asked for fails with ENOSPC and changes nothing, reading goes on, and once there is room the
# same works.
. "$(dirname "$0")/../lib.sh"
need_root "a small file system"
need sqlite3

mkdir "$T/disk"
# The store lies on a file system of its own, what runs leave elsewhere.
on_disk() { start_watchdog; (cd "$T" && exec "$FLYTEFS" "$@" disk/flyte.db mnt); }
check mount -t tmpfs -o size=4m tmpfs "$T/disk"
DB=$T/disk/flyte.db
on_disk -o "jobs=0,rundir=$T/runs" || exit 1
register_examples
launch before echo
echo '{"launch_plan": "echo"}' >"$T/s.json"
fill() { dd if=/dev/zero of="$T/disk/ballast" bs=4k status=none 2>/dev/null; }
empty() { rm "$T/disk/ballast"; }
NOSPACE="No space left on device"

# The log grows by what is written: the last pages go first.
fill
for try in 1 2 3 4 5 6 7 8; do
	mkdir "$X/full$try" || fail "a draft is in memory only"
	cp "$T/s.json" "$X/full$try/spec.json" 2>"$T/stderr" || break
	echo "full$try" >>"$T/told"
done
[ "$try" -lt 8 ] || fail "the disk never got full"
contains "cp says" "$(cat "$T/stderr")" "$NOSPACE"
said ENOSPC "no room left for the store"
contains "the draft's error" "$(cat "$X/full$try/error")" "no room left for the store"
not_there "$X/full$try/phase"
for round in 1 2; do
	refuse_with "$NOSPACE" bash_put "$X/before/terminate" why
	same "phase" "$(phase_of before)" QUEUED
	refuse_with "$NOSPACE" bash_put "$X/before/relaunch" again
	not_there "$X/again"
	refuse_with "$NOSPACE" mkdir "$M/project"
	not_there "$M/project"
	errno_is ENOSPC create "$X/direct.json" '{"launch_plan": "echo"}'
done
check find "$M" -type f -exec cat {} + >/dev/null
[ ! -e "$T/told" ] || for name in $(cat "$T/told"); do there "$X/$name/phase"; done
contains "df" "$(df -P "$M" | awk 'NR == 2 { print $5 }')" "100%"

empty
check cp "$T/s.json" "$X/full$try/spec.json"
same "phase of what was refused before" "$(phase_of "full$try")" QUEUED
check put "$X/before/terminate" why
same "phase" "$(phase_of before)" ABORTED
check mkdir "$M/project"

# A daemon that ends, and one that begins, on a full disk.
fill
unmount_fs
if on_disk -o "jobs=0,rundir=$T/runs" 2>"$T/stderr"; then
	same "phase" "$(phase_of before)" ABORTED
	unmount_fs
else
	contains "what is said" "$(cat "$T/stderr")" "no room left"
fi
empty
on_disk -o "jobs=0,rundir=$T/runs" || exit 1
same "phase" "$(phase_of before)" ABORTED
there "$X/full$try/phase"
unmount_fs
same "the store" "$(sqlite3 "$DB" 'PRAGMA integrity_check')" ok
umount "$T/disk"
