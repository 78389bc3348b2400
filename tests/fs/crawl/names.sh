#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Names are safe in scripts: executions match [a-z0-9-]; what others may contain is spelt %XX (F11).
. "$(dirname "$0")/../lib.sh"

start -o jobs=0
register_examples
launch a-name-1 echo
printf '%s\0' "$M/flytesnacks/"* | xargs -0 ls -d >"$T/out"
same "names given by xargs -0" "$(wc -l <"$T/out")" 4

for name in A a_b a.b -a a- 'a b' 'ü' "$(printf 'a%064d' 1)" .hidden 'a%2Fb'; do
	errno_is EINVAL mkdir "$X/$name"
	said EINVAL "executions/"
done
for name in a 0 1run r2-d2; do
	[ "$(errno_of mkdir "$X/$name")" = 0 ] || contains "the name $name" "$(last_error)" "not allowed"
done

# Entities: Flyte allows nearly anything; / % control bytes and a leading dot are spelt.
task='{"command": ["true"]}'
for name in 'my.project.module.task' 'with blank' 'ünïcödé' 'a%2Fb' 'a%25b' '%2Ehidden' 'tab%09tab' "quote'\"" '$HOME' '*'; do
	check mkdir "$D/tasks/$name"
	check mkdir "$D/tasks/$name/v1%2F2"
	check put "$D/tasks/$name/v1%2F2/spec.json" "$task"
	there "$D/tasks/$name/v1%2F2/closure.json"
done
contains "the name inside" "$(cat "$D/tasks/a%2Fb/v1%2F2/spec.json")" '"name": "a/b"'
contains "the version inside" "$(cat "$D/tasks/a%2Fb/v1%2F2/spec.json")" '"version": "v1/2"'
contains "a dot in front" "$(cat "$D/tasks/%2Ehidden/v1%2F2/spec.json")" '"name": ".hidden"'
remount_fs -o jobs=0
contains "listed" "$(ls "$D/tasks")" "a%2Fb"
contains "listed" "$(ls "$D/tasks")" "%2Ehidden"
same "control bytes in names" "$(find "$M" | LC_ALL=C tr -d '\n' | LC_ALL=C tr -dc '\001-\037' | wc -c)" 0
# Only one spelling is taken: anything else would be a second name for the same thing.
for name in 'a%2fb' '%61' 'x%' 'x%4' 'x%zz'; do
	errno_is EINVAL mkdir "$D/tasks/$name"
	errno_is ENOENT stat "$D/tasks/$name"
done
# An error's text never breaks its line.
errno_is EINVAL mkdir "$X/$(printf 'two\nlines')"
same "lines said" "$(last_error | awk -F '\t' '{ print NF }')" 5
