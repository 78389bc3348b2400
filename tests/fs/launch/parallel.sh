#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A thousand launches from eight processes: each exactly once, one exit status each, no lock errors (C10).
. "$(dirname "$0")/../lib.sh"

start -o jobs=0
register_examples
echo '{"launch_plan": "echo", "inputs": {"text": "one of many"}}' >"$T/s.json"
cat >"$T/launch" <<'SH'
for i; do
	if mkdir "$X/r$i" && cp "$T/s.json" "$X/r$i/spec.json"; then echo "$i 0"; else echo "$i 1"; fi
done
SH
export X T
seq "$MANY" | xargs -P 8 -n 25 sh "$T/launch" >"$T/status" 2>"$T/stderr"
same "status of xargs" $? 0
same "what was said" "$(cat "$T/stderr")" ""
same "launches that succeeded" "$(grep -c ' 0$' "$T/status")" "$MANY"
same "launches that failed" "$(grep -c ' 1$' "$T/status")" 0
same "executions" "$(stat_of executions)" "$MANY"
same "names" "$(ls "$X" | wc -l)" "$MANY"
same "phases" "$(cat "$X"/r*/phase | wc -l)" "$MANY"

# The other two gestures, from eight processes as well.
seq 100 | xargs -P 8 -I {} cp "$T/s.json" "$X/g{}.json"
same "status of xargs with NAME.json" $? 0
seq 100 | xargs -P 8 -I {} cp "$T/s.json" "$X/spec.json"
same "status of xargs with spec.json" $? 0
same "executions" "$(stat_of executions)" $((MANY + 200))
same "names" "$(ls "$X" | sort -u | wc -l)" $((MANY + 200))

# One name, eight who want it: one gets it.
seq 200 | xargs -P 8 -I {} sh -c 'mkdir "$X/same" 2>/dev/null && echo got' >"$T/got"
same "who got the name" "$(wc -l <"$T/got")" 1
check rmdir "$X/same"
seq 64 | xargs -P 8 -I {} sh -c 'cp "$T/s.json" "$X/single.json" 2>/dev/null && echo got' >"$T/got"
same "who launched the name" "$(wc -l <"$T/got")" 1

# One draft, eight who write the document: one launch; the others are told.
check mkdir "$X/crowd"
seq 64 | xargs -P 8 -I {} sh -c 'cp "$T/s.json" "$X/crowd/spec.json" 2>/dev/null && echo got' >"$T/got"
there "$X/crowd/phase"
same "executions in the end" "$(stat_of executions)" $((MANY + 202))

# They run as often as they were launched: each task writes its line once.
unmount_fs
rm -rf "$DB" "$DB".*
start -o jobs=4
register tasks mark '{"inputs": {"n": "integer"}, "command": ["sh", "-c", "echo {{.inputs.n}} >>'"$T/marks"'"]}'
: >"$T/marks"
seq 60 | xargs -P 8 -I {} sh -c 'echo "{\"task\": \"mark\", \"inputs\": {\"n\": {}}}" >"$X/m{}.json"'
for i in $(seq 60); do cat "$X/m$i/.wait"; done | sort | uniq -c | tr -s ' ' >"$T/phases"
same "how they ended" "$(cat "$T/phases")" " 60 SUCCEEDED"
same "marks" "$(sort -n "$T/marks" | uniq | wc -l)" 60
same "marks, each once" "$(wc -l <"$T/marks")" 60
