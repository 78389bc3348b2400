#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Sizes are exact, blocks follow them, texts end in a newline and JSON is JSON (A1, A5, A6, A10).
. "$(dirname "$0")/../lib.sh"

start
register_examples
launch good echo '{"text": "a word"}'
launch bad failer
finish good SUCCEEDED
finish bad FAILED
start_sleeper stopped
check put "$X/stopped/terminate" enough

# stat, cat | wc and wc agree for every file, listed or known by name only.
measure() {
	said_size=$(stat -Lc %s "$1")
	same "cat of $1" "$(cat "$1" | wc -c)" "$said_size"
	same "wc of $1" "$(wc -c <"$1")" "$said_size"
	same "tail of $1" "$(tail -c +1 "$1" | wc -c)" "$said_size"
	same "blocks of $1" "$(stat -Lc %b "$1")" "$(((said_size + 511) / 512))"
}
for e in good bad stopped; do
	for f in $(cd "$X/$e" && find . -type f) closure.pb spec.pb execution.json execution.pb id.json inputs.pb \
		data.json; do
		measure "$X/$e/$f"
	done
done
measure "$X/good/outputs.pb"
for f in $(find "$D/launch_plans" "$D/workflows" "$D/tasks" -type f) "$M/README" "$M/flytesnacks/project.json" \
	"$M/.flytefs/version"; do
	measure "$f"
done
# Once more without what the kernel has.
remount_fs
for f in $(find "$X" "$D/launch_plans" -type f); do measure "$f"; done

# One value, one newline.
same "phase" "$(od -An -c "$X/good/phase" | tr -d ' \n')" 'SUCCEEDED\n'
[ "$(cat "$X/bad/phase")" = FAILED ] || fail "a phase compares as text"
for f in $(find "$X" -type f -size +0 ! -path '*/inputs/*' ! -name std* ! -name log); do
	[ "$(tail -c 1 "$f" | od -An -tx1 | tr -d ' ')" = 0a ] || fail "no newline ends $f"
done

need jq
for f in $(find "$M/flytesnacks" -name '*.json') "$X/good/execution.json" "$X/good/id.json" "$X/good/data.json"; do
	jq . "$f" >"$T/jq" || fail "not JSON: $f"
done
# Two-space indent, one field a line, as jq prints it.
for f in closure.json inputs.json outputs.json execution.json; do
	jq --indent 2 . "$X/good/$f" >"$T/jq"
	same "number of lines of $f" "$(wc -l <"$X/good/$f")" "$(wc -l <"$T/jq")"
	check diff "$X/good/$f" "$X/good/$f"
done
cat "$X/good/closure.json" >"$T/first"
remount_fs
check diff "$T/first" "$X/good/closure.json"

# What du and ls -s say is of the order of what is there.
apparent=$(du -sb "$X/good" | cut -f 1)
at_least "du -sb" "$apparent" 1000
at_most "du -sb" "$apparent" 200000
at_least "ls -s" "$(ls -s "$X/good/closure.json" | cut -d ' ' -f 1)" 1
