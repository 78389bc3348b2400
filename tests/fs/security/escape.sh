#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A task of another user's can neither touch its supervisor nor get away from it, and what it leaves as its outputs
# holds nobody up and shows nothing that is not its user's.
. "$(dirname "$0")/../lib.sh"
need_root "several users"

U=$((20000 + $$ % 20000))
start -o allow_other
# run NAME COMMAND [OUTPUTS]: a task of user U's, who has nothing else here, and its end.
begin_run() {
	as $U mkdir -p "$D/tasks/$1/v1"
	check put_as $U "$D/tasks/$1/v1/spec.json" "{\"outputs\": ${3:-{\}}, \"command\": [\"bash\", \"-c\", \"$2\"]}"
	check put_as $U "$X/$1.json" "{\"task\": \"$1\"}"
}
run() { begin_run "$@"; cat "$X/$1/.wait" >/dev/null; }
log_of() { cat "$X/$1/nodes/"*/attempts/0/std*; }
# None are left once the supervisors are gone. (ps alone may miss one that forks without end.)
theirs() { ps -o stat= -u $U | grep -cv Z; }
no_supervisor() { ! pgrep -f "flytefs-task run $DB.runs/" >/dev/null; }
none_left() {
	until_true "$1" no_supervisor
	for n in 1 2 3 4 5; do same "processes of the user's" "$(theirs)" 0; done
}

# The supervisor is root's: no signal, no look inside it, no file of its.
run touch 'for s in KILL STOP TERM INT; do kill -$s $PPID && echo sent $s; done; cat /proc/$PPID/environ /proc/$PPID/maps; ls -l /proc/$PPID/fd /proc/$PPID/cwd/; ls -la ../../a; echo x >>../../log; echo stays'
finish touch SUCCEEDED
contains "what it could do" "$(log_of touch)" stays
lacks "what it could do" "$(log_of touch)" sent
lacks "what it could do" "$(log_of touch)" "lock"
same "its log" "$(grep -c stays "$X/touch/log")" 1
# What it inherits is the lock alone, which tells nothing and opens nothing again.
run fds 'for f in /proc/self/fd/*; do n=${f##*/}; [ $n -gt 2 ] && readlink $f; done; cat /proc/self/fd/7?? ; echo x >/proc/self/fd/700; ls /proc/self/fd/700/..; flock -u 700; true'
finish fds SUCCEEDED
same "files of the daemon's" "$(log_of fds | grep "^$DB" | grep -cv '/lock$')" 0
# Its own standard error can be opened by name, as scripts do.
run stderr 'echo to stderr >/dev/stderr; echo to stdout >/dev/stdout'
finish stderr SUCCEEDED
contains "its stderr" "$(cat "$X/stderr/nodes/"*/attempts/0/stderr)" "to stderr"

# Stopped, in sessions of their own, forking without end: all of it ends with the run.
begin_run stopped 'kill -STOP $$'
until_true 20 phase_is stopped RUNNING
is_stopped() { ps -o stat= -u $U | grep -q T; }
until_true 20 is_stopped
check put_as $U "$X/stopped/terminate" enough
none_left 30
cat >"$T/comet.py" <<'PY'
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("flies", flush=True)
os.close(1); os.close(2)
for i in range(3):
    if os.fork() == 0:
        break
while True:
    if os.fork():
        os._exit(0)
    os.setsid()
    time.sleep(0.0005)
PY
begin_run comet "$PYTHON $T/comet.py & sleep 1000"
flies() { [ "$(theirs)" -ge 1 ] && grep -q flies "$X/comet/log"; }
until_true 20 flies
check put_as $U "$X/comet/terminate" enough
none_left 60
# One that ends while something of it lives on takes it along.
run orphan 'setsid sleep 1000 & setsid setsid sleep 1000 & disown -a; echo done'
finish orphan SUCCEEDED
none_left 20
# A flood of output keeps nobody from ending it.
begin_run flood 'exec cat /dev/zero'
until_true 20 phase_is flood RUNNING
check put_as $U "$X/flood/terminate" enough
none_left 30

# Outputs that are no files, or too long ones: an errno in words, and soon.
text='{"out": "string"}'
for case in 'pipe:mkfifo $OUTPUTS/out' 'zero:ln -s /dev/zero $OUTPUTS/out' 'tty:ln -s /dev/tty $OUTPUTS/out' \
	'loop:ln -s out $OUTPUTS/out' 'sparse:truncate -s 1T $OUTPUTS/out' 'dir:mkdir $OUTPUTS/out' \
	'shadow:ln -s /etc/shadow $OUTPUTS/out' 'closed:echo x >$OUTPUTS/out; chmod 0 $OUTPUTS/out' \
	'gone:rm -rf $OUTPUTS; ln -s /root $OUTPUTS' 'supervisor:ln -s /proc/$PPID/environ $OUTPUTS/out' \
	'mem:ln -s /proc/self/mem $OUTPUTS/out'; do
	run "text-${case%%:*}" "${case#*:}" "$text"
	finish "text-${case%%:*}" FAILED
	contains "the error of ${case%%:*}" "$(cat "$X/text-${case%%:*}/error")" "output out:"
done
file='{"out": "file"}'
for case in 'pipe:mkfifo $OUTPUTS/out' 'null:ln -s /dev/null $OUTPUTS/out' 'root:ln -s /root/.profile $OUTPUTS/out'; do
	run "file-${case%%:*}" "${case#*:}" "$file"
	finish "file-${case%%:*}" FAILED
done
# A link to a file of somebody else's is a link, read with its reader's rights.
run link 'ln -s /etc/shadow $OUTPUTS/out' "$file"
refuse_with "Permission denied" as $U cat "$X/link/outputs/out"
# The raw data of a run are put where its user may put them, and nowhere else.
as $U mkdir -p "$D/tasks/leaves/v1"
check put_as $U "$D/tasks/leaves/v1/spec.json" '{"outputs": {"out": "file"}, "command": ["sh", "-c", "echo root:: >$OUTPUTS/out"]}'
n=0
for place in /etc "$DB.runs" "$T" /root; do
	n=$((n + 1))
	check put_as $U "$X/place$n.json" "{\"task\": \"leaves\", \"raw_output_data_config\": {\"output_location_prefix\": \"$place/leaves\"}}"
	finish place$n FAILED
	contains "the error of $place" "$(cat "$X/place$n/error")" "$place/leaves"
	not_there "$place/leaves"
done
# Names of variables, files and environment are data.
check put_as $U "$X/env.json" '{"task": "stderr", "envs": {"values": [{"key": "LD_PRELOAD", "value": "/none.so"},
 {"key": "A=B", "value": "C"}, {"key": "PATH", "value": "/usr/bin:/bin"}, {"key": "", "value": "x"}]}}'
finish env SUCCEEDED
as $U mkdir -p "$D/tasks/names/v1"
for name in '..' '.' 'a/b' '/etc/x' '../x'; do
	put_as $U "$D/tasks/names/v1/spec.json" "{\"outputs\": {\"$name\": \"string\"}, \"command\": [\"true\"]}" 2>/dev/null || continue
	put_as $U "$X/names.json" '{"task": "names"}' && finish names FAILED
	break
done
same "mounts" "$(mounts_of_test)" "$M"
