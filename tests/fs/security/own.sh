#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# An ordinary user's own mount: tasks are that user's programs as any other, raw containers get their places in a
# namespace of their own, and nothing gains or leaves a right on the way.
. "$(dirname "$0")/../lib.sh"
need_root "becoming another user"
as 65534 test -r /dev/fuse -a -w /dev/fuse || skip "/dev/fuse is not for ordinary users here"
as 65534 test -x "$FLYTEFS" || skip "the built program is out of an ordinary user's reach"

mkdir "$T/home" "$T/home/mnt"
chown -R 65534:65534 "$T/home"
M=$T/home/mnt DB=$T/home/flyte.db
D=$M/flytesnacks/development
X=$D/executions
start_watchdog
nobody() { as 65534 env HOME="$T/home" "$@"; }
nobody sh -c 'cd "$1" && exec "$2" flyte.db mnt' - "$T/home" "$FLYTEFS" || { fail "no mount"; exit 1; }
# What it does is read as its user: root does not get in.
see() { nobody cat "$X/$1/$2" 2>/dev/null; }
log_of() { nobody sh -c 'cat "$1/nodes/"*/attempts/0/std*' - "$X/$1"; }
give() { nobody sh -c 'mkdir -p "$(dirname "$1")" && printf "%s\n" "$2" >"$1"' - "$1" "$2"; }
status='grep -E \"^(Uid|Gid|CapEff|CapPrm|CapAmb|NoNewPrivs)\" /proc/self/status'
check give "$D/tasks/plain/v1/spec.json" "{\"command\": [\"sh\", \"-c\", \"$status\"]}"
check nobody sh -c 'echo "{\"task\": \"plain\"}" >"$1/plain.json"' - "$X"
same "a plain task" "$(see plain .wait)" SUCCEEDED
for line in "Uid:	65534	65534	65534	65534" "CapEff:	0000000000000000" "CapPrm:	0000000000000000" "NoNewPrivs:	0"; do
	contains "a plain task" "$(log_of plain)" "$line"
done
check give "$D/tasks/raw/v1/spec.json" "{\"template\": {\"type\": \"raw-container\", \"metadata\": {\"runtime\": {\"version\": \"1\"}},
 \"interface\": {\"inputs\": {\"variables\": {\"x\": {\"type\": {\"simple\": \"STRING\"}}}},
  \"outputs\": {\"variables\": {\"y\": {\"type\": {\"simple\": \"STRING\"}}}}},
 \"container\": {\"image\": \"none\",
  \"command\": [\"sh\", \"-c\", \"$status; cat /guard-in/x >/guard-out/y; mount -t tmpfs none /mnt; cat /etc/shadow; chown 0 /guard-out/y; ls -ld /root\"],
  \"data_config\": {\"enabled\": true, \"input_path\": \"/guard-in\", \"output_path\": \"/guard-out\"}}}}"
check nobody sh -c 'echo "{\"task\": \"raw\", \"inputs\": {\"x\": \"word\"}}" >"$1/raw.json"' - "$X"
same "a raw container" "$(see raw .wait)" SUCCEEDED
same "its output" "$(see raw outputs/y)" word
for line in "Uid:	65534	65534	65534	65534" "CapEff:	0000000000000000" "CapPrm:	0000000000000000" "CapAmb:	0000000000000000"; do
	contains "a raw container" "$(log_of raw)" "$line"
done
lacks "what it reads" "$(log_of raw)" "root:"
not_there /guard-in
same "mounts of its space" "$(grep -c -e '^flytefs ' -e ' /guard-' /proc/self/mounts)" 0
same "what is not its user's" "$(find "$DB" "$DB.runs" ! -user 65534)" ""
# Root is kept out, and so is everybody else.
refuse_with "Permission denied" ls "$M"
refuse_with "Permission denied" as 4001 ls "$M"
# mkdir -m 700 means the same with nobody to hide it from.
check nobody mkdir -m 700 "$X/closed"
same "its mode" "$(nobody stat -c %a "$X/closed")" 700
contains "events tell its user everything" "$(nobody cat "$M/.flytefs/events")" executions/raw
nobody fusermount3 -u "$M"
until_true 20 no_daemon
same "mode of the store" "$(stat -c '%a %u' "$DB")" "600 65534"
