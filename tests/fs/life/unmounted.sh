#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# auto_unmount, for who wants it: after a crash the mount goes by itself (F4; writes land beneath then, so it is optional).
# fusermount3 looks whether the mount is dead, which the kernel may deny for the second that it keeps the root's attributes.
. "$(dirname "$0")/../lib.sh"

need_root "fusermount3 of libfuse 3.14 does not see the dead mount of an ordinary user"
# A mount point that takes no writes beneath: only root may mount on one.
chmod 555 "$M"
start -o auto_unmount
there "$M/README"
later=$(($(date +%s) + 2))
a_second_later() { [ "$(date +%s)" -gt "$later" ]; }
until_true 5 a_second_later
kill -KILL "$(daemon_pid)"
gone() { ! is_mounted "$M"; }
until_true 10 gone
until_true 10 no_daemon
not_there "$M/README"
start -o auto_unmount
there "$M/README"
unmount_fs
