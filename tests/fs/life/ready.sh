#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# flytefs exits 0 only when the mount serves, and otherwise says why and leaves nothing behind (F1, F9).
. "$(dirname "$0")/../lib.sh"

# fails TEXT WORDS…: flytefs with these arguments exits non-zero, says TEXT on one line, and mounts nothing.
fails() {
	text=$1
	shift
	(cd "$T" && timeout 20 "$FLYTEFS" "$@") >"$T/out" 2>"$T/stderr" && fail "succeeded: $*"
	contains "what flytefs $* said" "$(cat "$T/stderr")" "$text"
	same "what it printed" "$(cat "$T/out")" ""
	same "mounts" "$(mounts_of_test)" ""
	same "daemons" "$(daemons)" ""
}
start_watchdog
fails "usage: flytefs"
fails "usage: flytefs" flyte.db
fails "here is also: more" flyte.db mnt more
fails "$T/nosuch" flyte.db "$T/nosuch"
echo x >"$T/file"
fails "not a directory" flyte.db file
fails "No such file or directory" nosuch/flyte.db mnt
fails "unknown option -x" flyte.db mnt -x
fails "nosuchoption" flyte.db mnt -o nosuchoption
fails "nosuchoption" flyte.db mnt -o allow_other,nosuchoption=5,jobs=2
fails "jobs=many" flyte.db mnt -o jobs=many
fails "jobs=-1" flyte.db mnt -o jobs=-1
fails "jobs needs a value" flyte.db mnt -o jobs
fails "workdir" flyte.db mnt -o workdir=/nosuch
fails "env=" flyte.db mnt -o env=/nosuch
echo "no equals sign" >"$T/env"
fails "env:1: not KEY=VALUE" flyte.db mnt -o env="$T/env"
fails "runtime=docker" flyte.db mnt -o runtime=docker
fails "its own mount point" mnt/flyte.db mnt
fails "dns:///flyte.example.org" dns:///flyte.example.org mnt
head -c 8192 /dev/urandom >"$T/noise.db"
fails "noise.db" noise.db mnt
mkdir "$T/dir.db"
fails "dir.db" dir.db mnt
not_there "$T/nosuch"

# It serves when the parent returns; relative names are meant where it was started.
for i in 1 2 3 4 5; do
	start
	there "$M/README"
	same "a listing at once" "$(ls "$M" | tr '\n' ' ')" "README flytesnacks "
	unmount_fs
	not_there "$M/README"
done
start
same "the daemon's directory" "$(readlink "/proc/$(daemon_pid)/cwd")" /
there "$DB"

# The same again says so and succeeds; another store there, or the store elsewhere, does not.
(cd "$T" && "$FLYTEFS" flyte.db mnt) >"$T/out" 2>&1
same "status of mounting again" $? 0
contains "what it says" "$(cat "$T/out")" "mounted there already"
(cd / && "$FLYTEFS" "$DB" "$M") >"$T/out" 2>&1
same "status by another spelling" $? 0
same "mounts" "$(mounts_of_test)" "$M"
(cd "$T" && "$FLYTEFS" other.db mnt) >"$T/out" 2>&1 && fail "mounted another store over it"
contains "what it says" "$(cat "$T/out")" "another flytefs store is mounted there"
mkdir "$T/mnt2"
(cd "$T" && "$FLYTEFS" flyte.db mnt2) >"$T/out" 2>&1 && fail "one store has two daemons"
contains "what it says" "$(cat "$T/out")" "flyte.db"
same "mounts" "$(mounts_of_test)" "$M"
there "$M/README"
unmount_fs

# In the foreground it logs to stderr and ends with 0.
(cd "$T" && exec "$FLYTEFS" -f flyte.db mnt) 2>"$T/log" &
pid=$!
until_true 10 is_mounted "$M"
until_true 10 test -e "$M/README"
contains "its log" "$(cat "$T/log")" "serves"
mkdir "$M/Not A Project" 2>/dev/null
until_true 5 grep -q "Not A Project" "$T/log"
kill -TERM $pid
wait $pid
same "status after SIGTERM" $? 0
same "mounts" "$(mounts_of_test)" ""

# Its own words and the program's.
contains "--help" "$("$FLYTEFS" --help)" "SOURCE MOUNTPOINT"
contains "--version" "$("$FLYTEFS" --version)" "flytefs "
start -o jobs=3,noauto,nofail,user,_netdev,x-systemd.automount,comment=hello,max_read=131072,noatime
there "$M/README"
