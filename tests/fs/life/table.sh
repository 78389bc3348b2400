#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# mount -t fuse.flytefs and /etc/fstab work as for other file systems; unknown options are refused by name (F9).
[ -n "${IN_NAMESPACE-}" ] || [ "$(id -u)" != 0 ] || IN_NAMESPACE=1 exec unshare -m "$0" "$@"
. "$(dirname "$0")/../lib.sh"
need_root "mount(8)"
[ -x /sbin/mount.fuse3 ] || has mount.fuse3 || skip "needs mount.fuse3"
[ -x /sbin/mount.fuse ] || [ -x /sbin/mount.fuse.flytefs ] || skip "needs mount.fuse"

# mount(8) looks for programs in its own PATH: here, in a mount table of our own, flytefs is installed there.
mkdir "$T/bin"
ln -s "$FLYTEFS" "$T/bin/flytefs"
check mount --bind "$T/bin" /usr/local/sbin
start_watchdog
check mount -t fuse.flytefs "$DB" "$M"
is_mounted "$M" || fail "not mounted"
there "$M/README"
same "source in the table" "$(awk -v m="$M" '$2 == m { print $1 }' /proc/self/mounts)" "$DB"
# Its tasks find their programs though mount(8) hands down no PATH.
register_examples
launch run echo
finish run SUCCEEDED
unmount_fs
check mount -t fuse.flytefs -o allow_other,jobs=0 "$DB" "$M"
contains "options" "$(grep " $M " /proc/self/mounts)" allow_other
check umount "$M"
until_true 20 no_daemon
mount -t fuse.flytefs -o nosuchoption "$DB" "$M" 2>"$T/stderr" && fail "an unknown option was taken"
contains "what is said" "$(cat "$T/stderr")" nosuchoption
same "mounts" "$(mounts_of_test)" ""

cat >"$T/fstab" <<FSTAB
# a store in a line of fstab
$DB $M fuse.flytefs noauto,nofail,x-systemd.automount,x-systemd.idle-timeout=60,_netdev,allow_other 0 0
FSTAB
check mount --fstab "$T/fstab" "$M"
there "$M/README"
# Once more changes nothing: the source is what the line says.
mount --fstab "$T/fstab" "$M" >"$T/out" 2>&1
sed -i 's/noauto,//' "$T/fstab"
check mount -a --fstab "$T/fstab"
same "mounts" "$(mounts_of_test | wc -l)" 1
check umount "$M"
until_true 20 no_daemon
check mount -a --fstab "$T/fstab"
there "$M/README"
check umount "$M"
until_true 20 no_daemon
sed -i "s,$DB,$T/no/such.db," "$T/fstab"
mount -a --fstab "$T/fstab" 2>"$T/stderr" && fail "mount -a of a bad line succeeded"
contains "what is said" "$(cat "$T/stderr")" "no/such.db"
