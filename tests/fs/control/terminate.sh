#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# terminate: it is so when the write returns; over already is success; one failure does not stop the rest (E1-E4).
. "$(dirname "$0")/../lib.sh"

start
register_examples
launch good echo
launch bad failer
finish good SUCCEEDED
finish bad FAILED

start_sleeper one
same "sleepers" "$(sleepers)" 1
check put "$X/one/terminate" "the wrong input"
same "phase when it returns" "$(phase_of one)" ABORTED
if has jq; then
	same "cause" "$(jq -r .cause "$X/one/abort_metadata.json")" "the wrong input"
	same "principal" "$(jq -r .principal "$X/one/abort_metadata.json")" "$(id -un)"
fi
contains "status" "$(cat "$X/one/status")" "the wrong input"
not_there "$X/one/outputs.json"
no_sleepers() { [ "$(sleepers)" = 0 ]; }
until_true 20 no_sleepers
not_there "$X/one/error.json"

# Durable when it returns: a daemon killed at once remembers.
start_sleeper two
put "$X/two/terminate" "before the crash"
kill -KILL "$(daemon_pid)"
until_true 10 no_daemon
start
same "phase after a crash" "$(phase_of two)" ABORTED
contains "cause after a crash" "$(cat "$X/two/abort_metadata.json")" "before the crash"
until_true 20 no_sleepers

# On what is over it is a no-op that succeeds; nothing changes.
for e in good bad one; do
	(cd "$X/$e" && cat phase closure.json status && ls -l --time-style=full-iso) | grep -v terminate >"$T/before"
	check put "$X/$e/terminate" "too late"
	(cd "$X/$e" && cat phase closure.json status && ls -l --time-style=full-iso) | grep -v terminate >"$T/after"
	check diff "$T/before" "$T/after"
done
same "cause of the first" "$(grep -c 'too late' "$X/one/abort_metadata.json")" 0

# A loop over many: one that fails is named and the others go on.
for i in 1 2 3; do launch "s$i" sleeper; done
for e in "$X/s1" "$X/nosuch" "$X/s2" "$X/s3"; do
	{ echo stop >"$e/terminate" || echo "$e failed"; } 2>/dev/null
done >"$T/out"
same "what failed" "$(cat "$T/out")" "$X/nosuch failed"
for i in 1 2 3; do same "phase of s$i" "$(phase_of s$i)" ABORTED; done
until_true 20 no_sleepers

# It reads as empty, at once, without an error; so do the other verbs.
for verb in terminate relaunch recover; do
	same "$verb reads as" "$(cat "$X/good/$verb")" ""
	same "size of $verb" "$(stat -c %s "$X/good/$verb")" 0
done
same "grep -r in it" "$(grep -r '' "$X/good/terminate")" ""

# The ways to write it. Each write() is answered on its own.
for how in 'echo why >terminate' 'echo why >>terminate' 'printf why >terminate' 'echo why | tee terminate' \
	'echo why | dd of=terminate status=none' 'cp "$T/asleep" terminate' 'cat "$T/asleep" >terminate' ': >terminate; echo why >terminate'; do
	launch "way" sleeper
	(cd "$X/way" && T=$T sh -c "$how" >/dev/null) || fail "status $? from: $how"
	same "phase after: $how" "$(phase_of way)" ABORTED
	check mv "$X/way" "$D/archived/"
	check put "$D/archived/way/delete" way
done
# Opening and truncating is no verb, nor is a touch.
start_sleeper three
check sh -c ": >$X/three/terminate"
check touch "$X/three/terminate"
check truncate -s 0 "$X/three/terminate"
check chmod 644 "$X/three/terminate"
same "phase" "$(phase_of three)" RUNNING
# A cause that is no text is refused and aborts nothing.
refuse_with "Invalid argument" sh -c "printf 'a\\000b' | dd of=$X/three/terminate status=none"
refuse_with "Invalid argument" sh -c "printf '\\377' | dd of=$X/three/terminate status=none"
said EINVAL three/terminate
same "phase" "$(phase_of three)" RUNNING
check put "$X/three/terminate" ""
same "phase without a cause" "$(phase_of three)" ABORTED
# After the abort no further task starts.
register tasks mark "{\"command\": [\"sh\", \"-c\", \"echo ran >>$T/mark\"]}"
register workflows chain '{"steps": [{"task": "sleeper"}, {"task": "mark", "after": "sleeper"}]}'
launch chain chain
until_true 20 sh -c "grep -q asleep $X/chain/log"
check put "$X/chain/terminate" enough
until_true 20 no_sleepers
not_there "$T/mark"
