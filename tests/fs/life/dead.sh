#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A killed daemon: readers get an error at once, the next flytefs detaches what is left and mounts again (F2, F3).
. "$(dirname "$0")/../lib.sh"

start
register_examples
start_sleeper long
cat "$X/long/.wait" >"$T/out" 2>"$T/waiting" &
waiter=$!
until_true 10 sh -c "[ \"\$(sed -n 's/^waiting //p' $M/.flytefs/stats)\" = 1 ]"
kill -KILL "$(daemon_pid)"
wait $waiter && fail "a wait outlives the daemon"
contains "in flight" "$(cat "$T/waiting")" "Software caused connection abort"
until_true 10 no_daemon
refuse_with "Transport endpoint is not connected" ls "$M/flytesnacks"
# What the kernel has it may show for the second for which it need not ask.
until_true 10 sh -c "! cat $X/long/phase"
refuse_with "Transport endpoint is not connected" sh -c "cat $X/long/phase"
is_mounted "$M" || fail "the dead mount is gone by itself"
start
same "mounts" "$(mounts_of_test)" "$M"
same "phase" "$(phase_of long)" RUNNING
# At once after the kill, twice, with a shell inside, by another spelling of the paths.
for i in 1 2; do
	cd "$X"
	kill -KILL "$(daemon_pid)"
	cd "$T"
	check "$FLYTEFS" "./flyte.db" "$T/../${T##*/}/mnt/"
	same "phase" "$(phase_of long)" RUNNING
	same "mounts" "$(mounts_of_test)" "$M"
done
# The task was never told: it is the same process, and its output is all there.
same "sleepers" "$(sleepers)" 1
echo "after the crashes" >>"$T/asleep"
until_true 10 grep -q "after the crashes" "$X/long/log"
check put "$X/long/terminate" enough
no_sleepers() { [ "$(sleepers)" = 0 ]; }
until_true 20 no_sleepers
# A dead mount of another kind is not ours to detach.
if is_root; then
	unmount_fs
	check mount -t tmpfs tmpfs "$M"
	start
	same "what lies beneath" "$(mounts_of_test | wc -l)" 2
	unmount_fs
	umount "$M"
fi
