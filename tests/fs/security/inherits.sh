#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A task begins as a program begins that its user starts: with nothing that the daemon was given to live by, and with
# the usual signals.
. "$(dirname "$0")/../lib.sh"
need_root "several users"

start_watchdog	# in this shell: the one below ends before the test does
(
	self=$(sh -c 'echo $PPID')
	bash -c 'echo -500 >"/proc/$1/oom_score_adj"' - "$self" 2>/dev/null # some containers forbid it
	renice -n -5 -p "$self" >/dev/null
	trap '' HUP INT PIPE USR1
	start -o allow_other
) || exit 1
same "the daemon's nice value" "$(ps -o ni= -p "$(daemon_pid)" | tr -d ' ')" -5
register tasks begins '{"command": ["sh", "-c",
 "grep -E ^Sig /proc/self/status; echo score $(cat /proc/self/oom_score_adj) nice $(nice) umask $(umask); yes | head -n 1"]}'
check put_as 4001 "$X/begins.json" '{"task": "begins"}'
finish begins SUCCEEDED
out=$(cat "$X/begins/nodes/"*/attempts/0/stdout)
contains "what it begins with" "$out" "score 0 nice 0 umask 0022"
contains "signals blocked" "$out" "SigBlk:	0000000000000000"
ignored=$(echo "$out" | sed -n 's/^SigIgn:[[:space:]]*//p')
for signal in 1 2 13 10; do
	[ $((0x$ignored >> (signal - 1) & 1)) = 0 ] || fail "signal $signal is ignored"
done
same "what a broken pipe says" "$(cat "$X/begins/nodes/"*/attempts/0/stderr)" ""
same "descriptors of the daemon's" "$(cat "$X/begins/log" | grep -c "$DB")" 0
