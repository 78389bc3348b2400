#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a run starts, and what is made of it again, is its owner's and as private as it is; and nobody slips a run of
# theirs in under the name of a child.
. "$(dirname "$0")/../lib.sh"
need_root "several users"

start -o allow_other
register_examples
register workflows parent '{
  "inputs": {"text": {"type": "string", "default": "quiet"}},
  "steps": [{"launch_plan": "echo", "id": "below", "inputs": {"text": "$text"}}],
  "outputs": {"shout": "$below.shout"}
}'
closed() {
	same "mode of $1" "$(stat -c '%a %u %g' "$X/$1")" "700 4001 4001"
	refuse_with "Permission denied" as 4002 ls "$X/$1"
	refuse_with "Permission denied" as 4002 cat "$X/$1/phase"
}

as 4001 mkdir -m 700 "$X/private"
check put_as 4001 "$X/private/spec.json" '{"launch_plan": "parent", "inputs": {"text": "hush"}}'
finish private SUCCEEDED
same "its output" "$(as 4001 cat "$X/private/outputs/shout")" HUSH
closed private
# Its child, a relaunch and a recovery.
there "$X/private-below-0"
closed private-below-0
check put_as 4001 "$X/private/relaunch" again
finish again SUCCEEDED
closed again
closed again-below-0
check put_as 4001 "$X/private/recover" saved
finish saved SUCCEEDED
closed saved
as 4002 sh -c 'grep -rhi hush "$1" "$1"/*/*/query/*/ 2>/dev/null' - "$M" >"$T/seen"
same "what others find of it" "$(cat "$T/seen")" ""
# Their changes are not told to all, those of others are.
as 4001 sh -c 'echo "{\"launch_plan\": \"parent\"}" >"$1/public.json"' - "$X"
finish public SUCCEEDED
events=$(cat "$M/.flytefs/events")
for name in private private-below-0 again saved; do lacks "events" "$events" "executions/$name"; done
contains "events" "$events" "executions/public\""
contains "events" "$events" "executions/public/nodes/below"
# Nor are they in lists that others read.
list=$(as 4002 cat "$D/query/limit=100/list.json")
for name in private private-below-0 again saved; do lacks "a list" "$list" "\"$name\""; done
contains "a list" "$list" '"public"'
# A mode of no bits is as private; what is launched under a narrow umask is, too.
as 4001 mkdir -m 000 "$X/nobody"
same "mode of a draft" "$(stat -c %a "$X/nobody")" 0
check put "$X/nobody/spec.json" '{"launch_plan": "echo"}'
finish nobody SUCCEEDED
same "mode and owner" "$(stat -c '%a %u' "$X/nobody")" "0 4001"
lacks "a list" "$(as 4002 cat "$D/query/limit=100/list.json")" '"nobody"'
as 4001 sh -c 'umask 077; echo "{\"launch_plan\": \"echo\"}" >"$1/narrow.json"' - "$X"
finish narrow SUCCEEDED
closed narrow
as 4001 sh -c 'umask 027; echo "{\"launch_plan\": \"echo\"}" >"$1/group.json"' - "$X"
same "mode for a group" "$(stat -c %a "$X/group")" 750
as 4001 sh -c 'umask 022; echo "{\"launch_plan\": \"echo\"}" >"$1/wide.json"' - "$X"
same "mode for all" "$(stat -c %a "$X/wide")" 755

# A run that waits under the name of a child-to-be is none: its outputs are not taken, and it is not terminated.
check put_as 4002 "$X/victim-below-0.json" '{"launch_plan": "sleeper"}'
until_true 20 sleeper_runs victim-below-0
check put_as 4001 "$X/victim.json" '{"launch_plan": "parent"}'
finish victim FAILED
contains "its error" "$(cat "$X/victim/error")" "victim-below-0"
same "the other one" "$(phase_of victim-below-0) $(stat -c %u "$X/victim-below-0")" "RUNNING 4002"
check put_as 4002 "$X/forged-below-0.json" '{"launch_plan": "echo", "inputs": {"text": "forged"}}'
finish forged-below-0 SUCCEEDED
check put_as 4001 "$X/forged.json" '{"launch_plan": "parent"}'
finish forged FAILED
# Nobody else's node is named as a parent.
refuse put_as 4002 "$X/cuckoo.json" '{"launch_plan": "echo", "metadata": {
 "mode": "CHILD_WORKFLOW", "parent_node_execution": {"node_id": "below", "execution_id":
 {"project": "flytesnacks", "domain": "development", "name": "public"}}}}'
contains "its errno" "$(last_error 4002)" EACCES
not_there "$X/cuckoo"
check put "$X/victim-below-0/terminate" enough
