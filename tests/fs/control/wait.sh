#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# .wait blocks until the end and Ctrl-C interrupts it; many who wait take nobody's place (F10, B2).
. "$(dirname "$0")/../lib.sh"

start
register_examples
start_sleeper long
# Interrupted by a signal, within a second.
begin=$(date +%s%N)
timeout -s INT 0.3 cat "$X/long/.wait" >"$T/out" 2>"$T/stderr"
same "status of timeout" $? 124
at_most "milliseconds" $((($(date +%s%N) - begin) / 1000000)) 2000
same "what it read" "$(cat "$T/out")" ""
for signal in TERM HUP KILL; do
	timeout -s $signal 0.1 cat "$X/long/.wait" 2>/dev/null && fail "$signal does not end a wait"
done
timeout -s INT 0.1 readlink "$X/long/.wait" >/dev/null && fail "readlink did not wait"
timeout -s INT 0.1 stat -L "$X/long/.wait" >/dev/null 2>&1 && fail "stat -L did not wait"
same "lstat says at once" "$(stat -c %F "$X/long/.wait")" "symbolic link"

# More who wait than the daemon has threads; everybody else is served, and all get the answer.
for i in $(seq 50); do cat "$X/long/.wait" >"$T/w$i" & pids="${pids-} $!"; done
until_true 10 sh -c "[ \"\$(sed -n 's/^waiting //p' $M/.flytefs/stats)\" = 50 ]"
launch quick echo
finish quick SUCCEEDED
# Half of them lose patience.
half=$(echo $pids | cut -d ' ' -f 1-25)
kill $half
until_true 10 sh -c "[ \"\$(sed -n 's/^waiting //p' $M/.flytefs/stats)\" = 25 ]"
check put "$X/long/terminate" enough
wait $pids 2>/dev/null
same "who got the answer" "$(cat "$T"/w* | grep -c '^ABORTED$')" 25
until_true 10 sh -c "[ \"\$(sed -n 's/^waiting //p' $M/.flytefs/stats)\" = 0 ]"
# What is over answers at once, by every way to the file.
same "again" "$(timeout 5 cat "$X/long/.wait")" ABORTED
same "readlink" "$(timeout 5 readlink "$X/long/.wait")" phase
# A wait and the end race: nobody sleeps through it.
for i in 1 2 3 4 5 6 7 8; do
	launch "race$i" echo
	same "race $i" "$(timeout 20 cat "$X/race$i/.wait")" SUCCEEDED
done
# In a draft there is nothing to wait for.
check mkdir "$X/draft"
not_there "$X/draft/.wait"
# A run deleted while somebody waits for another is none of their business; unmounting wakes all.
start_sleeper last
cat "$X/last/.wait" >"$T/last" 2>/dev/null &
waiter=$!
until_true 10 sh -c "[ \"\$(sed -n 's/^waiting //p' $M/.flytefs/stats)\" = 1 ]"
kill -TERM "$(daemon_pid)"
until_true 10 no_daemon
wait $waiter && fail "the wait of an unmounted run succeeded"
same "what it read" "$(cat "$T/last")" ""
start
check put "$X/last/terminate" enough
