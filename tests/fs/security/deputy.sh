#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A program with root's rights whose output a user redirects into the tree does nothing as root there: the kernel
# tells who writes, not who opened.
. "$(dirname "$0")/../lib.sh"
need_root "a set-user-id program"

# dd keeps its rights: what it is told to copy, root writes.
cp "$(command -v dd)" "$T/deputy"
chmod 4755 "$T/deputy"
as 4001 "$T/deputy" if=/proc/self/status status=none | grep -q '^Uid:	4001	0' || skip "programs gain no rights in $T"
# deputy_writes FILE TEXT: user 4001 opens FILE, root writes TEXT; deputy_appends the same at its end.
deputy_writes() { as 4001 sh -c 'printf "%s\n" "$3" | "$1" status=none >"$2"' - "$T/deputy" "$1" "$2"; }
deputy_appends() { as 4001 sh -c 'printf "%s\n" "$3" | "$1" status=none >>"$2"' - "$T/deputy" "$1" "$2"; }
is_theirs() {
	same "owner of $1" "$(stat -c '%u %g' "$X/$1")" "4001 4001"
	finish "$1" SUCCEEDED
	same "who ran $1" "$(cat "$X/$1/outputs/who")" "4001 4001"
	contains "principal of $1" "$(cat "$X/$1/spec.json")" '"principal": "4001"'
}

start -o allow_other
register tasks who '{"outputs": {"who": "string"}, "command": ["sh", "-c", "echo $(id -u) $(id -g) >$OUTPUTS/who"]}'
who='{"task": "who"}'

# A draft, written whole or completed by the deputy, belongs to who made it.
as 4001 mkdir "$X/whole"
check deputy_writes "$X/whole/spec.json" "$who"
is_theirs whole
as 4001 mkdir "$X/completed"
as 4001 sh -c 'printf "{\"task\": " >"$1/spec.json"' - "$X/completed"
check deputy_appends "$X/completed/spec.json" '"who"}'
is_theirs completed
# So do the gestures, as who opened them.
check deputy_writes "$X/gesture.json" "$who"
is_theirs gesture
# What is made again is its source's owner's.
check deputy_writes "$X/whole/relaunch" again
is_theirs again
check deputy_writes "$X/whole/relaunch" ""
is_theirs "$(basename "$(readlink "$X/whole/relaunched")")"
check deputy_writes "$X/whole/recover" recovered
is_theirs recovered
# Root itself, asked to, does it for the owner as well.
check put "$X/whole/relaunch" byroot
is_theirs byroot
# An entity belongs to who made its directory, and so does one written over.
as 4001 mkdir -p "$D/workflows/theirs/v1"
check deputy_writes "$D/workflows/theirs/v1/spec.json" '{"steps": [{"task": "who"}]}'
same "owner of a workflow" "$(stat -c %u "$D/workflows/theirs" "$D/workflows/theirs/v1" | sort -u)" 4001
same "owner of its plan" "$(stat -c %u "$D/launch_plans/theirs" "$D/launch_plans/theirs/v1" | sort -u)" 4001
check deputy_writes "$D/launch_plans/theirs/v1/spec.json" '{"workflow": "theirs", "max_parallelism": 4}'
same "owner of the plan written over" "$(stat -c %u "$D/launch_plans/theirs/v1")" 4001
check deputy_writes "$D/launch_plans/theirs/v1/state" ACTIVE
same "its owner" "$(stat -c %u "$D/launch_plans/theirs/v1")" 4001
# Nothing at all runs as root.
same "executions of root's" "$(find "$X" -mindepth 1 -maxdepth 1 -uid 0)" ""

# What a refusal says is told to the deputy, whose it was, and not as anybody else's fault.
as 4001 mkdir "$X/refused"
refuse deputy_writes "$X/refused/spec.json" '{"task": "nosuch"}'
contains "root's last error" "$(last_error 0)" nosuch

# A draft that is open to all by its mode is its owner's all the same: nobody else's words run in their name.
as 4001 sh -c 'umask 0; mkdir "$1/open"; : >"$1/open/spec.json"; chmod 666 "$1/open/spec.json"; mkdir "$1/open/inputs"' - "$X" 2>"$T/stderr"
same "mode" "$(stat -c %a "$X/open")" 777
refuse_with "Permission denied" put_as 4002 "$X/open/spec.json" "$who"
refuse_with "Permission denied" put_as 4002 "$X/open/new" "$who"
refuse_with "Permission denied" put_as 4002 "$X/open/inputs/text" theirs
refuse_with "Permission denied" as 4002 ln -s /etc/passwd "$X/open/inputs/link"
check put_as 4001 "$X/open/new" "$who"
refuse_with "Permission denied" as 4002 mv "$X/open/new" "$X/open/spec.json"
refuse_with "Permission denied" as 4002 rm -f "$X/open/new"
contains "the sentence" "$(last_error 4002)" "belongs to uid 4001"
check as 4001 mv "$X/open/new" "$X/open/spec.json"
is_theirs open
