#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Who may not open /dev/fuse, or has none, is told so in a sentence (F1, F7).
[ -n "${IN_NAMESPACE-}" ] || [ "$(id -u)" != 0 ] || IN_NAMESPACE=1 exec unshare -m "$0" "$@"
. "$(dirname "$0")/../lib.sh"
need_root "a mount table of its own"

mkdir "$T/home" "$T/home/mnt"
chown -R 65534:65534 "$T/home"
as 65534 test -x "$FLYTEFS" || skip "the built program is out of an ordinary user's reach"
start_watchdog
# A device as strict as machines without udev have it, in this test's own mount table.
: >"$T/strict"
chmod 600 "$T/strict"
check mount --bind "$T/strict" /dev/fuse
as 65534 sh -c 'cd "$1" && exec "$2" flyte.db mnt' - "$T/home" "$FLYTEFS" >"$T/out" 2>"$T/stderr"
[ $? != 0 ] || fail "mounted without the device"
contains "what it says" "$(cat "$T/stderr")" "/dev/fuse: Permission denied"
same "lines of it" "$(wc -l <"$T/stderr")" 1
gone() { [ -z "$(daemons)" ]; }
until_true 20 gone
umount /dev/fuse
# None at all.
mkdir "$T/dev"
check mount -t tmpfs tmpfs "$T/dev"
touch "$T/dev/null"
check mount --bind /dev/null "$T/dev/null"
check mount --move "$T/dev" /dev
"$FLYTEFS" "$DB" "$M" 2>"$T/stderr" && fail "mounted without the device"
contains "what it says" "$(cat "$T/stderr")" "/dev/fuse: No such file or directory"
umount -l /dev
same "mounts" "$(mounts_of_test)" ""
