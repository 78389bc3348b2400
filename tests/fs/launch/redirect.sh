#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Launching by the shell's redirections: one launch, done before the next command starts (C1, C2, C6, C8, C11).
. "$(dirname "$0")/../lib.sh"

start
register_examples
doc='{"launch_plan": "echo", "inputs": {"text": "hi"}}'

# C1: it is there before the shell's next command.
mkdir "$X/r1" && echo "$doc" >"$X/r1/spec.json" && there "$X/r1/phase"
finish r1 SUCCEEDED
same "its output" "$(cat "$X/r1/outputs/shout")" HI

# C2: here-documents, several commands, bytes one by one: joined to one launch.
mkdir "$X/r2"
cat >"$X/r2/spec.json" <<JSON
{
  "launch_plan": "echo",
  "inputs": {"text": "hi"}
}
JSON
there "$X/r2/phase"
mkdir "$X/r3"
{ echo '{'; echo ' "launch_plan":'; echo ' "echo"'; echo '}'; } >"$X/r3/spec.json"
there "$X/r3/phase"
mkdir "$X/r4"
echo "$doc" | dd bs=1 of="$X/r4/spec.json" status=none
there "$X/r4/phase"
mkdir "$X/r5"
bash -c 'for part in "{" "\"launch_plan\"" ":" "\"echo\"" "}"; do printf %s "$part"; done >"$1"' - "$X/r5/spec.json"
there "$X/r5/phase"
mkdir "$X/r6"
tr -d x <"$T/asleep" >/dev/null
printf '%s%5000s%s\n' '{"launch_plan": "echo",' ' ' '"tags": []}' | tr x x >"$X/r6/spec.json"
there "$X/r6/phase"
# Appending in several processes joins as well.
mkdir "$X/r7"
echo '{"launch_plan":' >>"$X/r7/spec.json"
not_there "$X/r7/phase"
echo '"echo"}' >>"$X/r7/spec.json"
there "$X/r7/phase"
# Blanks in front and behind mean nothing.
mkdir "$X/r8"
printf '\n\n  %s\n\n \t\n' "$doc" >"$X/r8/spec.json"
! is_root || check sh -c "echo >>$X/r8/spec.json"
there "$X/r8/phase"
same "executions" "$(stat_of executions)" 8

# C6: an empty file launches nothing and is no error.
mkdir "$X/empty"
check sh -c ": >$X/empty/spec.json"
check touch "$X/empty/spec.json"
not_there "$X/empty/phase"
not_there "$X/empty/error"
same "executions after empty files" "$(stat_of executions)" 8
check put "$X/empty/spec.json" "$doc"
there "$X/empty/phase"

# C8: what has been launched is never launched again, nor silently ignored.
refuse_with "$NO_WORDS" bash_put "$X/r1/spec.json" "$doc"
! is_root || said EPERM r1/spec.json "never changes"
errno_is "EPERM|EACCES" write "$X/r1/spec.json" "$doc"
errno_is "EPERM|EACCES" append "$X/r1/spec.json" "$doc"
refuse cp "$X/r2/spec.json" "$X/r1/spec.json"
same "executions after writing again" "$(stat_of executions)" 9
# More text in the same write makes the document invalid, text that comes later gets EPERM and the run stands.
mkdir "$X/two"
refuse bash_put "$X/two/spec.json" "$doc $doc"
not_there "$X/two/phase"
mkdir "$X/late"
"$PYTHON" - "$X/late/spec.json" "$doc" <<'PY' || fail "text behind a launched document"
import errno, os, sys
fd = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT)
os.write(fd, sys.argv[2].encode())
os.write(fd, b"\n  \n")
try:
    os.write(fd, b"more")
    sys.exit(1)
except OSError as e:
    assert e.errno == errno.EPERM, e
os.fchmod(fd, 0o600)
os.utime(fd, (1, 1))
os.ftruncate(fd, os.lseek(fd, 0, os.SEEK_CUR))
os.fsync(fd)
os.close(fd)
PY
finish late SUCCEEDED

# C11: a writer that dies halfway launches nothing; the draft stays and says where it ends.
mkdir "$X/half"
{ printf '{"launch_plan": "echo",\n "inputs": {'; kill -KILL "$(sh -c 'echo $PPID')"; } >"$X/half/spec.json" &
wait $! 2>/dev/null
not_there "$X/half/phase"
contains "error" "$(cat "$X/half/error")" "spec.json ends early at 2:13"
check sh -c "echo '}}' >>$X/half/spec.json"
there "$X/half/phase"
not_there "$X/half/error"

# The text shown is the whole message, with the user's inputs, whatever was written.
contains "spec.json" "$(cat "$X/r1/spec.json")" '"version": "v1"'
contains "spec.json" "$(cat "$X/r1/spec.json")" '"string_value": "hi"'
# ... also to the very shell that wrote it a moment ago.
mkdir "$X/seen"
(
	failures=0
	cd "$X/seen"
	{ printf '%s' "$doc"; cat spec.json; echo; } >spec.json 2>/dev/null
	same "first line" "$(head -n 1 spec.json)" "{"
	[ "$failures" -eq 0 ]
) || fail "the writer's bytes stay in the page"
same "NULs in it" "$(tr -dc '\0' <"$X/seen/spec.json" | wc -c)" 0
check sh -c "jq . <$X/seen/spec.json >/dev/null"
