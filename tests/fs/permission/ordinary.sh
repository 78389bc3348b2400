#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# An ordinary user mounts their own store: it works, stays private, and allow_other needs root's word.
. "$(dirname "$0")/../lib.sh"
need_root "becoming another user"
as 65534 test -r /dev/fuse -a -w /dev/fuse || skip "/dev/fuse is not for ordinary users here (udev gives it 0666)"

mkdir "$T/home" "$T/home/mnt"
chown -R 65534:65534 "$T/home"
chmod 755 "$T/home"
M=$T/home/mnt DB=$T/home/flyte.db
D=$M/flytesnacks/development
X=$D/executions
start_watchdog
nobody() { as 65534 env HOME="$T/home" "$@"; }
cat >"$T/mount" <<SH
cd $T/home && exec "$FLYTEFS" "\$@" flyte.db mnt
SH
nobody test -x "$FLYTEFS" || skip "the built program is out of an ordinary user's reach"
nobody sh "$T/mount"
same "status" $? 0
is_mounted "$M" || fail "not mounted"
contains "the mount table" "$(grep " $M " /proc/self/mounts)" "user_id=65534"
same "owner of the store" "$(stat -c '%u %a' "$DB")" "65534 600"
same "root's listing" "$(ls "$M" 2>/dev/null)" ""
cat >"$T/home/work" <<'SH'
set -eu
cd "$1"
mkdir -p tasks/echo/v1
echo '{"inputs": {"text": "string"}, "outputs": {"shout": "string"},
 "command": ["sh", "-c", "tr a-z A-Z <$INPUTS/text >$OUTPUTS/shout; id -u; echo $HOME"]}' >tasks/echo/v1/spec.json
echo '{"task": "echo", "inputs": {"text": "mine"}}' >executions/r1.json
test "$(cat executions/r1/.wait)" = SUCCEEDED
test "$(cat executions/r1/outputs/shout)" = MINE
cat executions/r1/nodes/*/attempts/0/stdout
stat -c '%u %g' executions/r1/phase
SH
same "a run" "$(nobody sh "$T/home/work" "$D" | tr '\n' ' ')" "65534 $T/home 65534 65534 "
nobody sh "$T/mount" -o allow_other >"$T/out" 2>&1
same "mounting again" $? 0
nobody fusermount3 -u "$M"
until_true 20 no_daemon
if ! grep -q '^user_allow_other' /etc/fuse.conf; then
	nobody sh "$T/mount" -o allow_other >"$T/out" 2>"$T/stderr" && fail "allow_other without user_allow_other"
	contains "what it says" "$(cat "$T/stderr")" "user_allow_other"
	same "mounts" "$(mounts_of_test)" ""
fi
# Killed and mounted again: an ordinary user detaches their own dead mount.
nobody sh "$T/mount"
kill -KILL "$(daemon_pid)"
nobody sh "$T/mount"
same "status after a crash" $? 0
same "mounts" "$(mounts_of_test)" "$M"
same "its runs" "$(nobody cat "$X/r1/phase")" SUCCEEDED
nobody sh -c 'kill -TERM "$1"' - "$(daemon_pid)"
until_true 20 no_daemon

# A store that was looked at while it was write-protected is written again afterwards.
chmod 444 "$DB"
nobody sh "$T/mount" -o ro
same "a run of the past" "$(nobody cat "$X/r1/phase")" SUCCEEDED
nobody fusermount3 -u "$M"
until_true 20 no_daemon
chmod 600 "$DB"
nobody sh "$T/mount"
nobody sh -c 'echo "{\"task\": \"echo\", \"inputs\": {\"text\": \"again\"}}" >"$1/r2.json"' - "$X"
same "the next run" "$(nobody timeout 30 cat "$X/r2/.wait")" SUCCEEDED
nobody fusermount3 -u "$M"
until_true 20 no_daemon

# Where it may not be mounted, or written.
mkdir "$T/closed"
chmod 755 "$T/closed"
nobody "$FLYTEFS" "$T/home/flyte.db" "$T/closed" 2>"$T/stderr" && fail "mounted on another's directory"
contains "what it says" "$(cat "$T/stderr")" "$T/closed"
nobody "$FLYTEFS" "$T/closed/flyte.db" "$M" 2>"$T/stderr" && fail "a store in another's directory"
contains "what it says" "$(cat "$T/stderr")" "$T/closed/flyte.db"
same "mounts" "$(mounts_of_test)" ""
