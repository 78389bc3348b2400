#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Without allow_other only who mounted gets in; with it everybody reads, and owns what they launch (F7, F8).
. "$(dirname "$0")/../lib.sh"
need_root "several users"

start
refuse_with "Permission denied" as 4001 ls "$M"
refuse_with "Permission denied" as 4001 cat "$M/README"
unmount_fs
start -o allow_other
contains "options" "$(grep " $M " /proc/self/mounts)" default_permissions
register_examples
same "what others list" "$(as 4001 ls "$M" | tr '\n' ' ')" "README flytesnacks "
for dir in executions tasks workflows launch_plans register archived; do
	same "mode of $dir" "$(stat -c '%a %u' "$D/$dir")" "1777 0"
done
same "mode of a domain" "$(stat -c '%a %u' "$D")" "755 0"

# An execution belongs to who launched it, with the bits of its mkdir.
as 4001 sh -c 'umask 022; mkdir "$1/mine"; echo "{\"launch_plan\": \"echo\"}" >"$1/mine/spec.json"' - "$X"
finish mine SUCCEEDED
same "owner" "$(stat -c '%u %g %a' "$X/mine")" "4001 4001 755"
for f in phase spec.json outputs/shout outputs.json; do same "$f" "$(stat -c '%u %a' "$X/mine/$f")" "4001 444"; done
for f in terminate relaunch recover; do same "$f" "$(stat -c '%u %a' "$X/mine/$f")" "4001 644"; done
same "others read it" "$(as 4002 cat "$X/mine/phase")" SUCCEEDED
as 4001 mkdir -m 700 "$X/private"
same "a private draft's mode" "$(stat -c '%u %a' "$X/private")" "4001 700"
check put_as 4001 "$X/private/spec.json" '{"launch_plan": "echo", "inputs": {"text": "secret"}}'
finish private SUCCEEDED
same "a private one's mode" "$(stat -c '%u %a' "$X/private")" "4001 700"
refuse_with "Permission denied" as 4002 ls "$X/private"
refuse_with "Permission denied" as 4002 cat "$X/private/outputs/shout"
same "its owner reads" "$(as 4001 cat "$X/private/outputs/shout")" SECRET
as 4002 grep -rq SECRET "$M" 2>/dev/null && fail "another user finds a private output"
as 4002 grep -rq SECRET "$D/query/phase=SUCCEEDED/" 2>/dev/null && fail "a query shows a private output"
as 4002 sh -c 'cat "$1/query/phase=SUCCEEDED/list.json"' - "$D" >"$T/list"
lacks "a query's list" "$(cat "$T/list")" secret

# Drafts are their owner's.
as 4001 mkdir "$X/draft"
refuse_with "Permission denied" put_as 4002 "$X/draft/spec.json" '{"launch_plan": "echo"}'
refuse as 4002 rmdir "$X/draft"
refuse as 4002 rm -rf "$X/draft"
there "$X/draft"
check as 4001 rm -r "$X/draft"

# Only the owner and root terminate, archive, relaunch under it, delete.
as 4001 sh -c 'cd "$1" && mkdir long && echo "{\"launch_plan\": \"sleeper\"}" >long/spec.json' - "$X"
until_true 20 sleeper_runs long
refuse_with "Permission denied" put_as 4002 "$X/long/terminate" "not yours"
same "phase" "$(phase_of long)" RUNNING
check put_as 4001 "$X/long/terminate" mine
same "phase" "$(phase_of long)" ABORTED
contains "principal" "$(cat "$X/long/abort_metadata.json")" '"principal": "4001"'
refuse as 4002 mv "$X/mine" "$D/archived/"
there "$X/mine"
refuse_with "Permission denied" put_as 4002 "$X/mine/relaunch" other
not_there "$X/other"
check as 4001 mv "$X/mine" "$D/archived/"
refuse_with "Permission denied" put_as 4002 "$D/archived/mine/delete" mine
there "$D/archived/mine"
check put_as 4001 "$D/archived/mine/delete" mine
not_there "$D/archived/mine"
as 4001 sh -c 'cd "$1" && mkdir forroot && echo "{\"launch_plan\": \"sleeper\"}" >forroot/spec.json' - "$X"
check put "$X/forroot/terminate" "root may"
same "phase" "$(phase_of forroot)" ABORTED
# Nobody launches in another's name: the principal is who asks.
put_as 4001 "$X/spoof.json" '{"launch_plan": "echo", "metadata": {"principal": "root"}}'
contains "principal" "$(cat "$X/spoof/spec.json" "$X/spoof/closure.json")" '"principal": "4001"'
lacks "principal" "$(cat "$X/spoof/spec.json")" '"root"'

# What another launched is copied, not taken.
check as 4002 cp "$X/spoof/spec.json" "$X/copied.json"
same "owner of the copy" "$(stat -c %u "$X/copied")" 4002

# Entities belong to who registered them; only they add versions and change states.
as 4001 mkdir -p "$D/tasks/theirs/v1"
check put_as 4001 "$D/tasks/theirs/v1/spec.json" '{"command": ["true"]}'
same "owner of a task" "$(stat -c %u "$D/tasks/theirs" "$D/tasks/theirs/v1" | sort -u)" 4001
as 4002 mkdir "$D/tasks/theirs/v2" 2>/dev/null
refuse put_as 4002 "$D/tasks/theirs/v2/spec.json" '{"command": ["false"]}'
not_there "$D/tasks/theirs/v2/closure.json"
refuse_with "Permission denied" put_as 4002 "$D/launch_plans/echo/v1/state" ACTIVE
refuse_with "Permission denied" put_as 4002 "$M/flytesnacks/project.json" '{"id": "flytesnacks", "name": "mine"}'
refuse_with "Permission denied" as 4002 mkdir "$M/newproject"
check put_as 4002 "$X/uses.json" '{"task": "theirs"}'
finish uses SUCCEEDED

# Refusals are told to who met them alone.
refuse as 4002 mkdir "$X/Bad Name"
contains "the sentence" "$(as 4002 tail -n 1 "$M/.flytefs/errors/4002")" "Bad Name"
same "mode" "$(stat -c '%a %u' "$M/.flytefs/errors/4002")" "400 4002"
refuse_with "Permission denied" as 4001 cat "$M/.flytefs/errors/4002"
lacks "another's file" "$(as 4001 cat "$M/.flytefs/errors/4001")" "Bad Name"
refuse as 4002 sh -c 'echo "{bad" >"$1/bad.json"' - "$X"
contains "root reads all" "$(cat "$M/.flytefs/errors/4002")" "bad.json:1:2"
