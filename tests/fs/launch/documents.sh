#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every kind of bad document: an errno at the call that bash, dash, cp, tee, dd, cat and python show, the sentence with
# its place in `error` and in .flytefs/errors/UID, nothing stored, and the draft can be corrected (C3, C4, C5).
. "$(dirname "$0")/../lib.sh"

start -o jobs=0
register_examples
register workflows needs '{
  "inputs": {"n": "integer", "list": {"type": "[integer]", "default": []}},
  "steps": [{"task": "echo", "inputs": {"text": "x"}}]
}'
has sponge || WRITERS=${WRITERS% sponge}
before=$(stat_of executions)
strerror() { "$PYTHON" -c 'import errno, os, sys; print(os.strerror(getattr(errno, sys.argv[1])))' "$1"; }
einval=$(strerror EINVAL) enoent=$(strerror ENOENT)

# bad ERRNO SENTENCE FORMAT: refused by every writer, with a sentence that begins so.
bad() {
	[ "$1" = EINVAL ] && words=$einval || words=$enoent
	check mkdir "$X/bad"
	for tool in $WRITERS; do
		rm -f "$X/bad/spec.json"
		if write_by "$tool" "$X/bad/spec.json" "$3" 2>"$T/stderr"; then fail "$tool took: $3"; fi
		# dash knows one sentence for all errors.
		[ "$tool" = dash ] || contains "what $tool says of $3" "$(cat "$T/stderr")" "$words"
		error=$(cat "$X/bad/error")
		case $error in "$2"*) ;; *) fail "$3: '$error', wanted '$2' (by $tool)" ;; esac
		case $error in *"
"[A-Z]*" ($1)") ;; *) fail "no status and $1 behind it: $error" ;; esac
		same "lines of it" "$(wc -l <"$X/bad/error")" 2
	done
	said "$1" "executions/bad/spec.json" "$2"
	not_there "$X/bad/phase"
	check rm -r "$X/bad"
}

# Wrong JSON.
bad EINVAL 'spec.json:1:2: a name in double quotes must stand here' '{bad'
bad EINVAL 'spec.json:2:1: a comma or } must stand here' '{"launch_plan": "echo"\n"x"'
bad EINVAL 'spec.json:1:1: a document begins with { or [' 'launch_plan: echo\n'
bad EINVAL 'spec.json:1:24: a member is missing after the comma' '{"launch_plan": "echo",}'
bad EINVAL 'spec.json:1:17: strings stand in double quotes' "{\"launch_plan\": 'echo'}"
bad EINVAL 'spec.json:1:25: there is more text behind the end' '{"launch_plan": "echo"} x'
bad EINVAL 'spec.json:1:1: expected an object' '[]'
# A field that is not there, one given twice.
bad EINVAL 'spec.json:2:2: launch_plam: ' '{\n "launch_plam": "echo"}'
bad EINVAL 'spec.json:1:25: launch_plan' '{"launch_plan": "echo", "launch_plan": "echo"}'
# A wrong type.
bad EINVAL 'spec.json:1:17: launch_plan: expected ' '{"launch_plan": 5}'
bad EINVAL 'spec.json:3:10: tags: expected ' '{\n "launch_plan": "echo",\n "tags": "x"}'
bad EINVAL 'spec.json:1:44: inputs.text: expected ' '{"launch_plan": "echo", "inputs": {"text": 5}}'
bad EINVAL 'spec.json:1:42: inputs.n: expected a whole number' '{"launch_plan": "needs", "inputs": {"n": "five"}}'
bad EINVAL 'spec.json:2:25: inputs.list[1]: expected ' '{"launch_plan": "needs",\n "inputs": {"list": [1, "x"], "n": 1}}'
# An input that is missing, unknown, null, too large.
bad EINVAL 'spec.json:1:1: inputs.n: it is missing: launch plan needs@v1 requires it (integer)' '{"launch_plan": "needs"}'
bad EINVAL 'spec.json:2:12: inputs.n: it is missing: ' '{"launch_plan": "needs",\n "inputs": {"list": []}}'
bad EINVAL 'spec.json:1:42: inputs.m: launch plan needs@v1 has no input m' '{"launch_plan": "needs", "inputs": {"m": 1}}'
bad EINVAL 'spec.json:1:42: inputs.n: null is no value' '{"launch_plan": "needs", "inputs": {"n": null}}'
bad EINVAL 'spec.json:1:42: inputs.n: ' '{"launch_plan": "needs", "inputs": {"n": 9223372036854775808}}'
# An unknown launch plan, an unknown version.
bad ENOENT 'spec.json:1:17: launch_plan: there is no launch plan "nope"' '{"launch_plan": "nope"}'
bad ENOENT 'spec.json:1:17: launch_plan: launch plan echo has no version "v9"' '{"launch_plan": "echo@v9"}'
bad EINVAL 'spec.json:1:17: launch_plan: the name is empty' '{"launch_plan": ""}'
# A whole request that does not agree with its path.
bad EINVAL 'spec.json:1:10: name: "other" does not agree with the path: "bad"' \
	'{"name": "other", "spec": {"launch_plan": "echo"}}'
# Text that is no text.
bad EINVAL 'spec.json:1:36: this is not UTF-8' '{"launch_plan": "echo", "tags": ["\303\244\377"]}'
bad EINVAL 'spec.json:1:35: this is not UTF-8' '{"launch_plan": "echo", "tags": ["\300\200"]}'
bad EINVAL 'spec.json:1:36: control characters' '{"launch_plan": "echo", "tags": ["a\000b"]}'
bad EINVAL 'spec.json:1:1: a document begins' '\000'
bad EINVAL 'spec.json:1:34: tags[0]: the string has a NUL' '{"launch_plan": "echo", "tags": ["\\u0000"]}'
bad EINVAL 'spec.json:1:1: a byte order mark is not JSON' '\357\273\277{"launch_plan": "echo"}'
bad EINVAL 'spec.json:1:34: tags[0]: half a surrogate pair' '{"launch_plan": "echo", "tags": ["\\ud800"]}'
# Too deep.
deep=$(printf '%127s' '' | tr ' ' '[')
bad EINVAL 'spec.json:1:144: more than 128 objects and arrays' "{\"launch_plan\": $deep["

same "executions" "$(stat_of executions)" "$before"
same "what is in executions/" "$(ls -A "$X")" ""

# The same write again is refused again, a corrected document launches, and the error is gone with it.
check mkdir "$X/again"
errno_is ENOENT create "$X/again/spec.json" '{"launch_plan": "nope"}'
errno_is ENOENT write "$X/again/spec.json" '{"launch_plan": "nope"}'
errno_is 0 write "$X/again/spec.json" '{"launch_plan": "echo"}'
there "$X/again/phase"
not_there "$X/again/error"

# Bad and taken names.
errno_is EINVAL mkdir "$X/Bad_Name"
said EINVAL executions/Bad_Name "small letters a-z, digits and dashes"
errno_is EEXIST mkdir "$X/again"
errno_is EEXIST mkdir "$X/$(cd "$X" && ls -d again)"
errno_is EINVAL create "$X/Bad_Name.json" '{"launch_plan": "echo"}'
errno_is EEXIST create "$X/again.json" '{"launch_plan": "echo"}'
said EEXIST again
check put "$X/again/terminate" over
check mv "$X/again" "$D/archived/"
errno_is EEXIST mkdir "$X/again"
said EEXIST again "archived name stays taken"
check mkdir "$X/held"
errno_is EEXIST create "$X/held.json" '{"launch_plan": "echo"}'
check rmdir "$X/held"
same "executions in the end" "$(stat_of executions)" $((before + 1))
