#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Acknowledged means durable: whatever a command was told has succeeded is there after kill -9, and nothing else.
. "$(dirname "$0")/../lib.sh"

start -o jobs=0
register_examples
echo '{"launch_plan": "echo"}' >"$T/s.json"
export X T
for round in 1 2 3; do
	export round
	: >"$T/told"
	writers=
	for w in 1 2 3 4; do
		(
			i=0
			while mkdir "$X/r$round-$w-$i" && cp "$T/s.json" "$X/r$round-$w-$i/spec.json"; do
				echo "r$round-$w-$i" >>"$T/told"
				[ $((i % 5)) != 0 ] || { echo why >"$X/r$round-$w-$i/terminate" && echo "r$round-$w-$i" >>"$T/killed"; }
				i=$((i + 1))
			done
		) 2>/dev/null &
		writers="$writers $!"
	done
	until_true 20 sh -c "[ \$(wc -l <$T/told) -ge 60 ]"
	kill -KILL "$(daemon_pid)"
	wait $writers 2>/dev/null
	until_true 10 no_daemon
	start -o jobs=0
	told=$(wc -l <"$T/told")
	for name in $(cat "$T/told"); do there "$X/$name/phase"; done
	stored=$(ls "$X" | grep -c "^r$round-")
	at_least "stored in round $round" "$stored" "$told"
	# One a writer may have been stored without its writer being told.
	at_most "stored in round $round" "$stored" $((told + 4))
done
for name in $(cat "$T/killed"); do same "phase of $name" "$(phase_of "$name")" ABORTED; done

# SIGTERM loses nothing and refuses nothing that it has taken.
: >"$T/told"
(
	i=0
	while mkdir "$X/t$i" && cp "$T/s.json" "$X/t$i/spec.json"; do echo "t$i" >>"$T/told"; i=$((i + 1)); done
) 2>/dev/null &
writer=$!
until_true 20 sh -c "[ \$(wc -l <$T/told) -ge 20 ]"
kill -TERM "$(daemon_pid)"
until_true 20 no_daemon
wait $writer
same "mounts" "$(mounts_of_test)" ""
start -o jobs=0
for name in $(cat "$T/told"); do there "$X/$name/phase"; done
if has sqlite3; then
	unmount_fs
	same "the store" "$(sqlite3 "$DB" 'PRAGMA integrity_check')" ok
fi
