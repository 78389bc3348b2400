#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A store says what is run, and as whom: one that others have put where it is, or can change, is not served.
. "$(dirname "$0")/../lib.sh"
need_root "several users"

refused() { # WORDS ARGUMENTS…
	words=$1
	shift
	mount_fs "$@" >"$T/out" 2>"$T/stderr"
	[ $? -ne 0 ] || { fail "mounted: $words"; unmount_fs; }
	contains "what it says" "$(cat "$T/stderr")" "$words"
	same "lines of it" "$(wc -l <"$T/stderr")" 1
	no_daemon || fail "a daemon is left"
}

# A store of another user's, by itself and through a link.
start
unmount_fs
chown 4001 "$DB"
refused "$DB belongs to uid 4001"
mv "$DB" "$T/theirs"
ln -s "$T/theirs" "$DB"
refused "belongs to uid 4001"
rm "$DB"
# Shown it may be.
mv "$T/theirs" "$DB"
check mount_fs -o ro
same "projects" "$(ls "$M")" "README
flytesnacks"
unmount_fs
rm "$DB"*.lock 2>/dev/null
rm -rf "$DB" "$DB".*

# What was laid beside a store to come.
for end in -wal -shm -journal .lock; do
	: >"$DB$end"
	chown 4001 "$DB$end"
	refused "$DB$end belongs to uid 4001"
	not_there "$DB"
	rm "$DB$end"
done
# A run directory of another's, one that others may write in, and a link to somewhere.
mkdir "$DB.runs"
chown 4001 "$DB.runs"
refused "the run directory $DB.runs belongs to uid 4001"
chown 0 "$DB.runs"
chmod 777 "$DB.runs"
refused "chmod go-w"
chmod 770 "$DB.runs"
refused "chmod go-w"
chmod 711 "$DB.runs"
start
unmount_fs
same "mode of the store" "$(stat -c %a "$DB")" 600
same "mode of the run directory" "$(stat -c %a "$DB.runs")" 711

# A directory in which others may write (not as /tmp is: there they can't put theirs in the place of root's).
mkdir "$T/shared"
chmod 777 "$T/shared"
DB=$T/shared/flyte.db
in_shared() { (cd "$T" && exec "$FLYTEFS" "$@" shared/flyte.db mnt); }
in_shared 2>"$T/stderr" && { fail "mounted from a directory that others may write in"; unmount_fs; }
contains "what it says" "$(cat "$T/stderr")" "others may write in $T/shared"
chmod 1777 "$T/shared"
check in_shared
unmount_fs

# An ordinary user's directory may be open to their own group, as some systems make it.
if as 65534 test -r /dev/fuse -a -w /dev/fuse && as 65534 test -x "$FLYTEFS"; then
	mkdir "$T/home" "$T/home/mnt" "$T/home/flyte.db.runs"
	chown -R 65534:65534 "$T/home"
	chmod 775 "$T/home" "$T/home/flyte.db.runs"
	M=$T/home/mnt
	as 65534 sh -c 'cd "$1" && exec "$2" flyte.db mnt' - "$T/home" "$FLYTEFS"
	same "status" $? 0
	as 65534 fusermount3 -u "$M"
	until_true 20 no_daemon
	chmod 777 "$T/home/flyte.db.runs"
	as 65534 sh -c 'cd "$1" && exec "$2" flyte.db mnt' - "$T/home" "$FLYTEFS" 2>"$T/stderr" && fail "mounted"
	contains "what it says" "$(cat "$T/stderr")" "chmod go-w"
fi
