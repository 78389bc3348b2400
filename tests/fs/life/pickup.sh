#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs outlive the daemon: what ended meanwhile is reported, what runs is taken up, what waits goes on.
. "$(dirname "$0")/../lib.sh"

start
register_examples
register tasks gate "{\"inputs\": {\"n\": \"integer\"}, \"outputs\": {\"n\": \"integer\"}, \"command\": [\"sh\", \"-c\",
 \"echo began >>$T/began; until [ -e $T/open{{.inputs.n}} ]; do sleep 0.02; done; cp \$INPUTS/n \$OUTPUTS/n\"]}"
register workflows gates '{"inputs": {"n": "integer"}, "steps": [{"task": "gate", "inputs": {"n": "$n"}},
 {"id": "echo", "task": "echo", "inputs": {"text": "after it"}, "after": "gate"}],
 "outputs": {"n": "$gate.n", "shout": "$echo.shout"}}'
for how in KILL TERM; do
	rm -f "$T/open1" "$T/open2"
	: >"$T/began"
	launch "ended-$(echo $how | tr A-Z a-z)" gates '{"n": 1}'
	launch "runs-$(echo $how | tr A-Z a-z)" gates '{"n": 2}'
	until_true 20 sh -c "[ \$(wc -l <$T/began) = 2 ]"
	kill -$how "$(daemon_pid)"
	until_true 20 no_daemon
	# One ends while nobody looks.
	: >"$T/open1"
	start
	h=$(echo $how | tr A-Z a-z)
	finish "ended-$h" SUCCEEDED
	same "phase of the other" "$(phase_of "runs-$h")" RUNNING
	: >"$T/open2"
	finish "runs-$h" SUCCEEDED
	same "its output" "$(cat "$X/runs-$h/outputs/shout")" "AFTER IT"
	same "tries" "$(ls "$X/runs-$h/nodes/gate/attempts" "$X/ended-$h/nodes/gate/attempts" | grep -c '^[0-9]')" 2
	same "times a gate began" "$(wc -l <"$T/began")" 2
done
# A task whose supervisor was killed with it is lost, and tried again as the system's fault.
start_sleeper lost
