#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Launching in one step: NAME.json names the run, spec.json asks for a name, and the handle reads the answer back.
. "$(dirname "$0")/../lib.sh"

start -o jobs=0
register_examples
echo '{"launch_plan": "echo", "inputs": {"text": "hi"}}' >"$T/my.json"
check cp "$T/my.json" "$X/named.json"
there "$X/named/phase"
check sh -c "cat $T/my.json >$X/second.json"
there "$X/second/phase"
check sh -c "tee $X/third.json <$T/my.json >/dev/null"
there "$X/third/phase"
check cp -p "$T/my.json" "$X/fourth.json"
there "$X/fourth/phase"
check dd if="$T/my.json" of="$X/fifth.json" bs=7 status=none
there "$X/fifth/phase"
# None of these names exists.
for f in named.json spec.json; do
	not_there "$X/$f"
	lacks "ls" "$(ls -a "$X")" "$f"
done
same "executions" "$(stat_of executions)" 5

# A generated name, told on the same handle.
bash -c 'exec 3<>"$1/spec.json"; cat "$2" >&3; cat <&3' - "$X" "$T/my.json" >"$T/response" 2>"$T/stderr"
same "status" $? 0
name=$(jq -r .id.name "$T/response")
there "$X/$name/phase"
same "project in the answer" "$(jq -r .id.project "$T/response")" flytesnacks
same "bytes before the answer" "$(head -c 1 "$T/response")" "{"
bash -c 'exec 3<>"$1/spec.json"; cat "$2" >&3; cat <&3' - "$X" "$T/my.json" >"$T/response2"
[ "$(jq -r .id.name "$T/response2")" != "$name" ] || fail "two writers got one name"
bash -c 'exec 3<>"$1/sixth.json"; cat "$2" >&3; cat <&3' - "$X" "$T/my.json" >"$T/response"
same "name in the answer" "$(jq -r .id.name "$T/response")" sixth
# Two at a time have nothing of each other.
bash -c 'exec 3<>"$1/spec.json" 4<>"$1/spec.json"; printf "{\"launch_plan\"" >&3; printf "{\"launch_plan\"" >&4
echo ": \"echo\"}" >&4; echo ": \"echo\"}" >&3; cat <&3; cat <&4' - "$X" >"$T/both"
same "answers" "$(jq -r .id.name "$T/both" | sort -u | wc -l)" 2
same "executions" "$(stat_of executions)" 10

# Refusals: name, document, taken, more text.
refuse_with "Invalid argument" cp "$T/my.json" "$X/Not_A_Name.json"
refuse_with "File exists" cp "$T/my.json" "$X/named.json"
refuse_with "Operation not permitted" cp "$T/my.json" "$X/named.txt"
echo '{"launch_plan": "nope"}' >"$T/bad.json"
refuse_with "No such file or directory" cp "$T/bad.json" "$X/bad.json"
said ENOENT executions/bad.json "bad.json:1:17: launch_plan: "
refuse_with "Invalid argument" bash_put "$X/spec.json" '{bad'
said EINVAL executions/spec.json "spec.json:1:2: "
not_there "$X/bad"
# The name of a refused one is free, and a corrected document takes it.
check cp "$T/my.json" "$X/bad.json"
there "$X/bad/phase"
# An empty or unfinished one launches nothing and holds no name.
check sh -c ": >$X/empty.json"
check touch "$X/empty.json"
check sh -c "printf '{\"launch_plan\"' >$X/empty.json"
not_there "$X/empty"
check mkdir "$X/empty"
same "executions in the end" "$(stat_of executions)" 11
