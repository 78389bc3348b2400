#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What makes no sense here is "not permitted", never "function not implemented", and says why (E8).
. "$(dirname "$0")/../lib.sh"

start
register_examples
launch good echo
finish good SUCCEEDED
before=$(fingerprint)
for dir in "$M" "$M/flytesnacks" "$D" "$X/good" "$X/good/nodes" "$X/good/outputs" "$D/by-phase" "$D/by-phase/FAILED" \
	"$D/launch_plans/echo/v1" "$D/archived" "$D/register" "$D/by-launch-plan"; do
	echo EPERM symlink /etc/passwd "$dir/newlink"
	echo EPERM fifo "$dir/newfifo"
	echo EPERM device "$dir/newdevice"
	echo EPERM link "$X/good/phase" "$dir/newhard"
	[ "$dir" = "$M" ] || echo EPERM mkdir "$dir/newdir"
	[ "$dir" = "$D/register" ] || echo "EPERM|EACCES" create "$dir/newfile" x
done >"$T/calls"
errnos_are <"$T/calls"
said EPERM
# A name in query/ is a filter, and a bad one is an invalid argument whatever is done to it.
for call in "mkdir" "stat" "create"; do errno_is EINVAL $call "$D/query/newname"; done
errno_is "EPERM|EEXIST" mkdir "$D/query/phase=FAILED"
refuse_with "Operation not permitted" ln -s x "$X/good/link"
refuse_with "Operation not permitted" mkdir "$X/good/dir"
refuse_with "Operation not permitted" mv "$X/good/phase" "$X/good/phase2"
refuse_with "Operation not permitted" touch "$X/good/newfile"
refuse_with "Operation not permitted" mv "$M/flytesnacks" "$M/other"
refuse_with "Operation not permitted" mv "$D/tasks/echo" "$D/tasks/other"
refuse_with "Operation not permitted" ln "$X/good/phase" "$X/good/hard"
same "the tree" "$(fingerprint)" "$before"
# Each refusal is a line: time, pid, path, errno, sentence.
line=$(last_error)
same "fields" "$(printf '%s' "$line" | awk -F '\t' '{ print NF }')" 5
same "path" "$(printf '%s' "$line" | cut -f 3)" flytesnacks/development/executions/good/hard
same "errno" "$(printf '%s' "$line" | cut -f 4)" EPERM
case $(printf '%s' "$line" | cut -f 1) in 20??-??-??T*Z) ;; *) fail "no time: $line" ;; esac
same "mode" "$(stat -c '%a %u' "$M/.flytefs/errors/$(id -u)")" "400 $(id -u)"
