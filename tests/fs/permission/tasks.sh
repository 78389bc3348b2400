#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A task runs as who launched it, with no more groups, capabilities, environment or files than that user has.
. "$(dirname "$0")/../lib.sh"
need_root "several users"

export SECRET_OF_THE_DAEMON=1
start -o allow_other
register_examples
# Nothing of root's may leak into it: what it is stands in its output.
register tasks who '{
  "outputs": {"who": "string"},
  "command": ["sh", "-c", "exec >$OUTPUTS/who; grep -E \"^(Uid|Gid|Groups|CapEff|CapPrm|CapInh|CapAmb|NoNewPrivs):\" /proc/self/status; ps -o sid=,pgid=,pid= -p $$; env; ls -ld \"$OUTPUTS\"; umask"]
}'
check put_as 4001 "$X/who.json" '{"task": "who"}'
finish who SUCCEEDED
who=$(cat "$X/who/outputs/who")
contains uid "$who" "Uid:	4001	4001	4001	4001"
contains gid "$who" "Gid:	4001	4001	4001	4001"
case $(echo "$who" | sed -n 's/^Groups:[[:space:]]*//p' | tr -d ' ') in '' | 4001) ;; *) fail "groups: $who" ;; esac
for cap in Eff Prm Inh Amb; do contains capabilities "$who" "Cap$cap:	0000000000000000"; done
lacks environment "$who" SECRET_OF_THE_DAEMON
# A session and a process group of its own.
set -- $(echo "$who" | grep -E '^ *[0-9]+ +[0-9]+ +[0-9]+$')
[ "$1" != "$(ps -o sid= -p $$ | tr -d ' ')" ] || fail "the session is this one"

# Root's own keep the daemon's environment.
check put "$X/whoroot.json" '{"task": "who"}'
finish whoroot SUCCEEDED
contains environment "$(cat "$X/whoroot/outputs/who")" SECRET_OF_THE_DAEMON

# Its run directory is its own.
run=$(find "$DB.runs" -user 4001 -type d | head -n 1)
[ -n "$run" ] || fail "no directory of the run belongs to its user"
same "what others see of runs" "$(as 4002 find "$DB.runs" -type f 2>/dev/null)" ""
as 4002 sh -c 'cat $(find "$1" -type f)' - "$DB.runs" >"$T/seen" 2>/dev/null </dev/null
same "what others read of runs" "$(cat "$T/seen")" ""

# A path is opened as who named it: root's files stay root's.
echo "root's own" >"$T/secret"
chmod 600 "$T/secret"
register tasks reads '{"inputs": {"f": "file"}, "outputs": {"text": "string"}, "command": ["sh", "-c", "cat $INPUTS/f >$OUTPUTS/text"]}'
put_as 4001 "$X/reads.json" "{\"task\": \"reads\", \"inputs\": {\"f\": \"$T/secret\"}}" 2>/dev/null && finish reads FAILED
grep -rq "root's own" "$X" && fail "a private file of root's is shown"
# ... nor by a link that a task leaves as its output,
register tasks links "{\"outputs\": {\"out\": \"string\", \"file\": \"file\"}, \"command\": [\"sh\", \"-c\",
 \"ln -s $T/secret \$OUTPUTS/out; ln -s $T/secret \$OUTPUTS/file\"]}"
check put_as 4001 "$X/links.json" '{"task": "links"}'
finish links FAILED
grep -rq "root's own" "$X/links" && fail "a link made root's file an output"
# ... nor by an input that is a link in a draft.
as 4001 mkdir "$X/linked"
as 4001 ln -s "$T/secret" "$X/linked/inputs/f"
put_as 4001 "$X/linked/spec.json" '{"task": "reads"}' 2>/dev/null && finish linked FAILED
grep -rq "root's own" "$X" && fail "a link made root's file an input"
# Captured output is not the task's to change.
register tasks forge "{\"command\": [\"sh\", \"-c\", \"echo real; find $DB.runs -writable -name '*std*' 2>/dev/null; true\"]}"
check put_as 4001 "$X/forge.json" '{"task": "forge"}'
finish forge SUCCEEDED
same "its output" "$(cat "$X/forge/nodes/"*/attempts/0/stdout)" real
# setsid escapes nothing: who terminates ends all of it.
register tasks escape "{\"command\": [\"sh\", \"-c\", \"setsid tail -f $T/asleep & sleep 0.2; setsid setsid tail -f $T/asleep & echo asleep; wait\"]}"
check put_as 4001 "$X/escape.json" '{"task": "escape"}'
two_run() { [ "$(pgrep -c -f "^tail -f $T/asleep")" = 2 ]; }
none_run() { [ "$(pgrep -c -f "^tail -f $T/asleep")" = 0 ]; }
until_true 20 two_run
check put_as 4001 "$X/escape/terminate" enough
until_true 20 none_run
