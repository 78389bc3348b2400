#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# auto_unmount, for who wants it: after a crash the mount goes by itself (F4; writes land beneath then, so it is optional).
# fusermount3 looks once whether the mount is dead, which the kernel may deny: for the second that it keeps the root's
# attributes, and when it closes the dying daemon's line to fusermount3 before its /dev/fuse. So it has three tries.
. "$(dirname "$0")/../lib.sh"

need_root "fusermount3 of libfuse 3.14 does not see the dead mount of an ordinary user"
# A mount point that takes no writes beneath: only root may mount on one.
chmod 555 "$M"
gone() { ! is_mounted "$M"; }
soon() { until gone || [ "$(date +%s)" -gt "$deadline" ]; do :; done; gone; }
for i in 1 2 3; do
	start -o auto_unmount
	there "$M/README"
	later=$(($(date +%s) + 2))
	a_second_later() { [ "$(date +%s)" -gt "$later" ]; }
	until_true 5 a_second_later
	kill -KILL "$(daemon_pid)"
	deadline=$(($(date +%s) + 5))
	! soon || break
done
gone || fail "three dead mounts have not gone by themselves"
until_true 10 no_daemon
not_there "$M/README"
start -o auto_unmount
there "$M/README"
unmount_fs
