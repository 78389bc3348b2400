#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Links are relative and lead nowhere twice; the mount has a device number and a line in the table (B4, B5, B6).
. "$(dirname "$0")/../lib.sh"

start
register_examples
launch good echo
start_sleeper long
finish good SUCCEEDED
for link in by-phase/RUNNING/long by-phase/SUCCEEDED/good by-launch-plan/echo/good by-launch-plan/sleeper/long; do
	[ -L "$D/$link" ] || fail "no link: $link"
	target=$(readlink "$D/$link")
	same "target of $link" "$target" "../../executions/${link##*/}"
	check test -f "$D/$link/phase"
done
same "links in query" "$(cd "$D/query/phase=SUCCEEDED" && find . -type l)" ./good
# grep -r follows none of them: a hit under by-phase would be a second one.
same "hits of grep -r in by-phase" "$(grep -r RUNNING "$D/by-phase")" ""
at_least "hits of grep -R in by-phase" "$(grep -R RUNNING "$D/by-phase" | wc -l)" 1
check put "$X/long/terminate" enough
same "by-phase follows" "$(ls "$D/by-phase/ABORTED")" long
not_there "$D/by-phase/RUNNING/long"
check mv "$X/good" "$D/archived/"
same "the link to an archived one" "$(readlink "$D/by-phase/SUCCEEDED/good")" ../../archived/good
check test -f "$D/by-launch-plan/echo/good/phase"

# -xdev and --one-file-system stop at the mount.
[ "$(stat -c %d "$M")" != "$(stat -c %d "$T")" ] || fail "no device number of its own"
same "find -xdev" "$(find "$T" -xdev -path "$M/*" | head -n 1)" ""
if is_root; then
	mkdir "$T/around" "$T/around/mnt"
	check mount --bind "$M" "$T/around/mnt"
	check tar cf "$T/around.tar" --one-file-system -C "$T" around 2>/dev/null
	same "tar --one-file-system" "$(tar tf "$T/around.tar" | tr '\n' ' ')" "around/ around/mnt/ "
	umount "$T/around/mnt"
fi

# The table says type and source, exactly as given.
line=$(grep " $M " /proc/self/mounts)
contains "the mount table" "$line" "flyte.db $M fuse.flytefs "
if has findmnt; then
	same "findmnt" "$(findmnt -no FSTYPE,SOURCE "$M" | tr -s ' ')" "fuse.flytefs flyte.db"
fi
unmount_fs
mkdir "$T/a dir, and more"
cd "$T"
check "$FLYTEFS" "./a dir, and more/x.db" mnt
same "a source with blanks and a comma" \
	"$("$PYTHON" -c 'import sys
for line in open("/proc/self/mounts"):
    w = line.split()
    if w[1] == sys.argv[1]: print(w[0].encode().decode("unicode_escape"))' "$M")" "./a dir, and more/x.db"
