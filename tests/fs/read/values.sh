#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# inputs/VAR and outputs/VAR: a scalar as its text and a newline, a collection as JSON, a local blob as a link to it.
. "$(dirname "$0")/../lib.sh"

start
register tasks values '{
  "inputs": {"s": "string", "i": "integer", "f": "float", "b": "boolean", "l": "[integer]", "m": "{string}",
             "j": "json", "file": "file", "when": "datetime", "long": "duration"},
  "outputs": {"s": "string", "i": "integer", "b": "boolean", "l": "[integer]", "m": "{string}", "j": "json",
              "copy": "file", "dir": "directory"},
  "command": "for v in s i b l m j; do cp $INPUTS/$v $OUTPUTS/$v; done; cp $INPUTS/file $OUTPUTS/copy; mkdir $OUTPUTS/dir; echo inside >$OUTPUTS/dir/file"
}'
echo "bytes of a file" >"$T/file"
check mkdir "$X/run"
check put "$X/run/spec.json" "{\"task\": \"values\", \"inputs\": {\"s\": \"ünï \\\"x\\\"\", \"i\": 9007199254740993,
 \"f\": 2.5, \"b\": true, \"l\": [1, 2], \"m\": {\"k\": \"v\"}, \"j\": {\"a\": [1]}, \"file\": \"$T/file\",
 \"when\": \"2024-05-01T12:00:00Z\", \"long\": \"1h30m\"}}"
finish run SUCCEEDED
in=$X/run/inputs out=$X/run/outputs
same s "$(cat "$in/s")" 'ünï "x"'
same i "$(cat "$in/i")" 9007199254740993
same f "$(cat "$in/f")" 2.5
same b "$(cat "$in/b")" true
same when "$(cat "$in/when")" 2024-05-01T12:00:00Z
same "s out" "$(cat "$out/s")" 'ünï "x"'
same "i out" "$(cat "$out/i")" 9007199254740993
same "b out" "$(cat "$out/b")" true
same "names of inputs" "$(names_in "$in" | tr '\n' ' ')" "b f file i j l long m s when "
same "names of outputs" "$(names_in "$out" | tr '\n' ' ')" "b copy dir i j l m s "
# A scalar's text ends in one newline, and pastes into a command line without it.
same "bytes of b" "$(wc -c <"$in/b")" 5
[ -L "$in/file" ] || fail "a local file is no link"
same "the link" "$(readlink "$in/file")" "$T/file"
same "through the link" "$(cat "$in/file")" "bytes of a file"
[ -L "$out/copy" ] || fail "an output file is no link"
same "the output file" "$(cat "$out/copy")" "bytes of a file"
same "the output directory" "$(cat "$out/dir/file")" inside
if has jq; then
	same "l" "$(jq -c . "$in/l")" '[1,2]'
	same "m" "$(jq -c . "$in/m")" '{"k":"v"}'
	same "j" "$(jq -c . "$out/j")" '{"a":[1]}'
	same "inputs.json" "$(jq -r .literals.i.scalar.primitive.integer "$X/run/inputs.json")" 9007199254740993
	same "outputs.json" "$(jq -r .literals.s.scalar.primitive.string_value "$X/run/outputs.json")" 'ünï "x"'
fi
