#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Unmounting while busy is refused, a signal to the daemon detaches all the same (F5).
. "$(dirname "$0")/../lib.sh"

start
register_examples
launch good echo
finish good SUCCEEDED
cd "$X"
refuse_with "busy" fusermount3 -u "$M"
is_mounted "$M" || fail "it was unmounted"
same "phase" "$(cat good/phase)" SUCCEEDED
kill -TERM "$(daemon_pid)"
until_true 10 no_daemon
same "mounts" "$(mounts_of_test)" ""
ls . >/dev/null 2>&1 && fail "the detached directory is still served"
cd /
for signal in TERM INT HUP; do
	start
	exec 5<"$X/good/phase"
	kill -$signal "$(daemon_pid)"
	until_true 10 no_daemon
	exec 5<&-
	same "mounts after SIG$signal" "$(mounts_of_test)" ""
done
# A lazy unmount ends the daemon once nobody holds it; one by the kernel's own umount too.
start
(cd "$X" && check fusermount3 -u -z "$M")
until_true 10 no_daemon
if is_root; then
	start
	check umount "$M"
	until_true 10 no_daemon
fi
# Signals that mean nothing to it.
start
pid=$(daemon_pid)
for signal in PIPE WINCH CHLD CONT; do kill -$signal "$pid"; done
same "phase" "$(phase_of good)" SUCCEEDED
