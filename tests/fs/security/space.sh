#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Where a raw container finds its inputs is the user's word: making the place shows nothing that the user could not
# have opened, and makes nothing on the machine.
. "$(dirname "$0")/../lib.sh"
need_root "several users"

start -o allow_other
mkdir -m 755 "$T/home"
mkdir -m 700 "$T/home/alice" "$T/home/bob"
mkdir "$T/home/alice/open"
echo "alice's" >"$T/home/alice/open/diary"
chown -R 4002:4002 "$T/home/alice"
chown 4001:4001 "$T/home/bob"
chmod 644 "$T/home/alice/open/diary"
# raw TASK INPUT_PATH OUTPUT_PATH COMMAND
raw() {
	as 4001 mkdir -p "$D/tasks/$1/v1"
	put_as 4001 "$D/tasks/$1/v1/spec.json" "{\"template\": {\"type\": \"raw-container\",
 \"metadata\": {\"runtime\": {\"version\": \"1\"}},
 \"interface\": {\"inputs\": {\"variables\": {\"x\": {\"type\": {\"simple\": \"STRING\"}}}},
  \"outputs\": {\"variables\": {\"y\": {\"type\": {\"simple\": \"STRING\"}}}}},
 \"container\": {\"image\": \"none\", \"command\": [\"sh\", \"-c\", \"$4\"],
  \"data_config\": {\"enabled\": true, \"input_path\": \"$2\", \"output_path\": \"$3\"}}}}"
	check put_as 4001 "$X/$1.json" "{\"task\": \"$1\", \"inputs\": {\"x\": \"word\"}}"
	cat "$X/$1/.wait" >/dev/null
}
log_of() { cat "$X/$1/nodes/"*/attempts/0/stdout; }

# The usual places, which the machine does not have.
raw usual /var/flyte/inputs /var/flyte/outputs 'cat /var/flyte/inputs/x >/var/flyte/outputs/y; grep -E ^NoNewPrivs /proc/self/status; id -u'
finish usual SUCCEEDED
same "its output" "$(cat "$X/usual/outputs/y")" word
contains "its log" "$(log_of usual)" "NoNewPrivs:	1"
not_there /var/flyte
# Places at the root of the machine, one that is there, and one of the user's own.
raw top /guard-in /guard-out 'cat /guard-in/x >/guard-out/y; ls / | wc -l'
finish top SUCCEEDED
not_there /guard-in
at_least "directories at the root" "$(log_of top)" 4
mkdir "$T/home/bob/there" && chown 4001:4001 "$T/home/bob/there"
raw own "$T/home/bob/there" "$T/home/bob/new/deeper" "cat $T/home/bob/there/x >$T/home/bob/new/deeper/y"
finish own SUCCEEDED
same "entries of the own directory" "$(ls "$T/home/bob")" there
same "entries of the place that is there" "$(ls "$T/home/bob/there")" ""

# Below a directory that is closed to the user, nothing is shown, also through a link of the user's own.
raw closed "$T/home/alice/open/in" "$T/home/alice/open/out" "cat $T/home/alice/open/*; ls -lR $T/home/alice; true"
lacks "what is seen below a closed directory" "$(log_of closed)" "alice's"
lacks "what is listed there" "$(log_of closed)" diary
as 4001 ln -s "$T/home/alice/open" "$T/home/bob/link"
raw linked "$T/home/bob/link/in" "$T/home/bob/link/out" "cat $T/home/bob/link/*; cat $T/home/alice/open/*; true"
lacks "what is seen through a link" "$(log_of linked)" "alice's"
# A link inside a shadowed directory stays a link, with its reader's rights.
raw shadowed "$T/home/bob/fresh/in" "$T/home/bob/fresh/out" "ls $T/home/bob/fresh; cat $T/home/bob/link/diary; cat $T/home/bob/fresh/in/x >$T/home/bob/fresh/out/y"
finish shadowed SUCCEEDED
lacks "what is seen through a shadow" "$(log_of shadowed)" "alice's"
# A place that root alone could make is made for the command alone.
raw roots /etc/guard-in /root/guard-out 'cat /etc/guard-in/x; ls -la /root; true'
not_there /etc/guard-in
not_there /root/guard-out
same "what alice has" "$(ls "$T/home/alice")" open
# While a task swaps the names of a path, root's hands follow none of them.
as 4001 mkdir "$T/home/bob/a"
as 4001 sh -c 'cd "$1" && while [ ! -e "$2" ]; do ln -sfn "$3" swap; ln -sfn a swap; ln -sfn /root swap; done' - \
	"$T/home/bob" "$T/stop" "$T/home/alice/open" &
for n in 1 2 3 4 5 6; do
	raw "race$n" "$T/home/bob/swap/n$n/in" "$T/home/bob/swap/n$n/out" "cat $T/home/bob/swap/*; ls $T/home/bob/swap/n$n/; true"
done
touch "$T/stop"
wait $!
for n in 1 2 3 4 5 6; do
	lacks "what a race shows" "$(log_of race$n)" "alice's"
	not_there "/root/n$n"
	not_there "$T/home/alice/open/n$n"
	not_there "$T/home/bob/a/n$n"
done
same "mounts" "$(mounts_of_test)" "$M"
