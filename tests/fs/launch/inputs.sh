#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# inputs/VAR in a draft: plain text by the declared type, winning over the document; blobs are paths or links.
. "$(dirname "$0")/../lib.sh"

start
register tasks typed '{
  "inputs": {"n": "integer", "s": "string", "b": "boolean", "l": "[integer]", "f": "file"},
  "outputs": {"n": "integer", "s": "string", "b": "boolean", "l": "[integer]", "copy": "file"},
  "command": "for v in n s b l; do cp $INPUTS/$v $OUTPUTS/$v; done; cp $INPUTS/f $OUTPUTS/copy"
}'
echo "a file" >"$T/file"
doc="{\"task\": \"typed\", \"inputs\": {\"n\": 1, \"s\": \"from the document\", \"b\": false, \"l\": [], \"f\": \"$T/file\"}}"

check mkdir "$X/r1"
echo 5 >"$X/r1/inputs/n"
printf 'two lines\nof text\n' >"$X/r1/inputs/s"
echo true >"$X/r1/inputs/b"
echo '[1, 2, 3]' >"$X/r1/inputs/l"
check ln -s "$T/file" "$X/r1/inputs/f"
same "what a draft lists" "$(names_in "$X/r1/inputs" | tr '\n' ' ')" "b f l n s "
check put "$X/r1/spec.json" "$doc"
finish r1 SUCCEEDED
same n "$(cat "$X/r1/outputs/n")" 5
same s "$(cat "$X/r1/outputs/s")" "$(printf 'two lines\nof text')"
same b "$(cat "$X/r1/outputs/b")" true
same l "$(jq -c . "$X/r1/outputs/l")" '[1,2,3]'
same copy "$(cat "$X/r1/outputs/copy")" "a file"
same "the link shown" "$(readlink "$X/r1/inputs/f")" "$T/file"
# What was given in files is no part of the user's document, but of what the run got.
contains "inputs.json" "$(cat "$X/r1/inputs.json")" "two lines"

# A path as text, a relative link, an empty text, exactly one newline dropped.
check mkdir "$X/r2"
echo "$T/file" >"$X/r2/inputs/f"
printf '' >"$X/r2/inputs/s"
check put "$X/r2/spec.json" "$doc"
finish r2 SUCCEEDED
same "an empty text" "$(cat "$X/r2/outputs/s")" ""
check mkdir "$X/r3"
printf 'x\n\n' >"$X/r3/inputs/s"
check put "$X/r3/spec.json" "$doc"
finish r3 SUCCEEDED
same "newlines kept" "$(od -An -c "$X/r3/inputs/s" | tr -d ' \n')" 'x\n\n'

# Values that don't parse, names that are no input, links where no path can be.
check mkdir "$X/r4"
echo five >"$X/r4/inputs/n"
errno_is EINVAL create "$X/r4/spec.json" "$doc"
contains "error" "$(cat "$X/r4/error")" 'inputs/n: "five" is not a whole number'
echo 5 >"$X/r4/inputs/n"
echo x >"$X/r4/inputs/nope"
errno_is EINVAL write "$X/r4/spec.json" "$doc"
contains "error" "$(cat "$X/r4/error")" "inputs/nope: "
check rm "$X/r4/inputs/nope"
check ln -s "$T/file" "$X/r4/inputs/b"
errno_is EINVAL write "$X/r4/spec.json" "$doc"
contains "error" "$(cat "$X/r4/error")" "inputs/b: "
check rm "$X/r4/inputs/b"
errno_is 0 write "$X/r4/spec.json" "$doc"
finish r4 SUCCEEDED

# An editor's leavings are no inputs.
check mkdir "$X/r5"
echo 7 >"$X/r5/inputs/n"
echo x >"$X/r5/inputs/.n.swp"
echo x >"$X/r5/inputs/n~"
check put "$X/r5/spec.json" "$doc"
finish r5 SUCCEEDED
same n "$(cat "$X/r5/outputs/n")" 7
same "names shown" "$(names_in "$X/r5/inputs" | tr '\n' ' ')" "b f l n s "

# A blob is never its bytes: over 1 MiB is refused, and the sentence says how to give it.
check mkdir "$X/r6"
head -c 1048576 /dev/zero | tr '\0' x >"$X/r6/inputs/s"
refuse_with "File too large" sh -c "head -c 1048577 /dev/zero | tr '\\\\0' x | dd of=$X/r6/inputs/f bs=1M iflag=fullblock status=none"
said EFBIG r6/inputs/f "path"
check rm "$X/r6/inputs/f"
check put "$X/r6/spec.json" "$doc"
finish r6 SUCCEEDED
same "bytes of s" "$(wc -c <"$X/r6/outputs/s")" 1048577

# Once launched they are as immutable as the rest.
errno_is "EPERM|EACCES" write "$X/r1/inputs/n" 6
errno_is EPERM create "$X/r1/inputs/new" 6
errno_is EPERM unlink "$X/r1/inputs/n"
errno_is EPERM symlink /etc/passwd "$X/r1/inputs/link"
