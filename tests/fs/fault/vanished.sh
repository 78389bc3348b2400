#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The store is taken away under a mount: nothing is taken any more, and what was there can still be read.
. "$(dirname "$0")/../lib.sh"
need_root "a file system to take away"

mkdir "$T/disk"
# The store lies on a file system of its own, what runs leave elsewhere.
on_disk() { start_watchdog; (cd "$T" && exec "$FLYTEFS" "$@" disk/flyte.db mnt); }
# By rename, by unlink, and with the file system it lies on.
for how in rename unlink umount; do
	check mount -t tmpfs -o size=16m tmpfs "$T/disk"
	DB=$T/disk/flyte.db
	on_disk -o "jobs=0,rundir=$T/runs" || exit 1
	register_examples
	launch before echo
	case $how in
	rename) mv "$DB" "$T/disk/other.db" ;;
	unlink) rm "$DB" ;;
	umount) umount -l "$T/disk" ;;
	esac
	# A thread that never read before cannot open the store any more: another one answers.
	until_true 20 mkdir "$X/after"
	refuse_with "Input/output error" bash_put "$X/after/spec.json" '{"launch_plan": "echo"}'
	said EIO "was moved or removed"
	refuse_with "Input/output error" bash_put "$X/before/terminate" why
	still_queued() { [ "$(phase_of before)" = QUEUED ]; }
	until_true 20 still_queued
	until_true 20 grep -q '"echo"' "$X/before/spec.json"
	not_there "$X/after/phase"
	if [ $how = rename ]; then
		mv "$T/disk/other.db" "$DB"
		check put "$X/after/spec.json" '{"launch_plan": "echo"}'
		same "phase once it is back" "$(phase_of after)" QUEUED
	fi
	unmount_fs
	umount "$T/disk" 2>/dev/null
done
# What cannot be written is said at once, and can be shown.
mkdir "$T/source"
check mount -t tmpfs -o size=16m tmpfs "$T/disk"
on_disk -o "jobs=0,rundir=$T/runs" || exit 1
register_examples
launch before echo
unmount_fs
check mount -o remount,ro "$T/disk"
on_disk -o "rundir=$T/runs" 2>"$T/stderr" && fail "a store on a read-only file system was taken"
contains "what is said" "$(cat "$T/stderr")" "Read-only file system"
on_disk -o "ro,rundir=$T/runs" || exit 1
same "phase" "$(phase_of before)" QUEUED
unmount_fs
umount "$T/disk"
