#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# mtime is when the content last changed, never "now": find -newer and make work (A7, A8).
. "$(dirname "$0")/../lib.sh"

start
register_examples
launch first echo
finish first SUCCEEDED
touch "$T/between"
until_true 5 sh -c "touch $T/later; [ $T/later -nt $T/between ]"
same "newer than now" "$(find "$X/first" -type f -newer "$T/later")" ""
launch second echo
finish second SUCCEEDED

newer=$(cd "$X" && find . -newer "$T/later" -type f)
lacks "find -newer" "$newer" "./first/"
for f in phase closure.json outputs.json spec.json; do
	contains "find -newer" "$newer" "./second/$f"
done
same "older than the first" "$(find "$X/first" -type f ! -newermt 2020-01-01)" ""
# spec and inputs are as old as the launch, results as the end.
[ ! "$X/second/spec.json" -nt "$X/second/outputs.json" ] || fail "spec.json is younger than the result"
same "newest in ls -t" "$(ls -t "$X" | head -n 1)" second
# A directory's is that of its newest change.
at_least "executions/ against what was launched in it" "$(stat -c %Y "$X")" "$(stat -c %Y "$X/second/spec.json")"

# Reading changes no time.
before=$(stat -c '%Y %Z' "$X/first/closure.json")
cat "$X/first/closure.json" >"$T/read"
grep -r nothing "$X" >/dev/null
same "times after reading" "$(stat -c '%Y %Z' "$X/first/closure.json")" "$before"

if has make; then
	cat >"$T/Makefile" <<MAKE
report.txt: $X/first/outputs.json
	cp $X/first/outputs/shout report.txt
	echo made >>made
$X/third/outputs.json: $T/third.json
	mkdir $X/third
	cp $T/third.json $X/third/spec.json
	test "\$\$(cat $X/third/.wait)" = SUCCEEDED
	echo launched >>launched
MAKE
	echo '{"launch_plan": "echo", "inputs": {"text": "made by make"}}' >"$T/third.json"
	cd "$T"
	check make -s report.txt
	check make -s report.txt
	same "times a report was made" "$(wc -l <made)" 1
	same "the report" "$(cat report.txt)" HELLO
	# A rule can launch, and is up to date once it has.
	check make -s "$X/third/outputs.json"
	check make -s "$X/third/outputs.json"
	same "times it was launched" "$(wc -l <launched)" 1
	cd /
	# After a remount nothing is made again.
	remount_fs
	(cd "$T" && make -q report.txt) || fail "a remount makes make build again"
fi
