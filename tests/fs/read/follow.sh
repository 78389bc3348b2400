#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What grows can be followed, what changes is seen: tail -f, watch, events (A11, A12).
. "$(dirname "$0")/../lib.sh"

start
register_examples
: >"$T/tail"
start_sleeper long
tail -n +1 -f "$X/long/log" >"$T/tail" &
tail=$!
tail -n +1 -f "$M/.flytefs/events" >"$T/events" &
events=$!
until_true 10 grep -q asleep "$T/tail"
for i in 1 2 3; do
	echo "line $i" >>"$T/asleep"
	until_true 10 grep -q "line $i" "$T/tail"
done
same "lines, each once" "$(grep -c 'line [123]' "$T/tail")" 3
# Each line says of which node it is.
contains "the log" "$(cat "$X/long/log")" sleeper
contains "stdout of the attempt" "$(cat "$X/long/nodes/sleeper/attempts/0/stdout")" "line 3"

# What this process read a moment ago is not what it reads after a change.
same "phase" "$(phase_of long)" RUNNING
check put "$X/long/terminate" "seen enough"
same "phase at once after it" "$(phase_of long)" ABORTED
there "$X/long/abort_metadata.json"
contains "status" "$(cat "$X/long/status")" "seen enough"
until_true 10 grep -q ABORTED "$T/events"
contains "an event" "$(cat "$T/events")" long
kill $tail $events
contains "the whole log" "$(cat "$X/long/log")" "line 3"

# From outside: the engine ends it while a reader looks on.
cat >"$T/gate.json" <<JSON
{"command": ["sh", "-c", "until [ -e $T/open ]; do sleep 0.02; done"]}
JSON
register tasks gate "$(cat "$T/gate.json")"
register workflows gate '{"steps": [{"task": "gate"}]}'
launch gated gate
until_true 20 phase_is gated RUNNING
contains "ls while it runs" "$(ls "$X/gated")" status
not_there "$X/gated/outputs.json"
: >"$T/open"
until_true 20 phase_is gated SUCCEEDED
there "$X/gated/outputs.json"
contains "ls" "$(ls "$X/gated")" outputs.json
same "by-phase has it" "$(ls "$D/by-phase/SUCCEEDED" | grep -c '^gated$')" 1
same "by-phase had it" "$(ls "$D/by-phase/RUNNING" | grep -c '^gated$')" 0
