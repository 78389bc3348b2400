#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A task has the groups that the system gives its user: none of the daemon's, and none that its writer had lost.
[ -n "${IN_NAMESPACE-}" ] || [ "$(id -u)" != 0 ] || IN_NAMESPACE=1 exec unshare -m "$0" "$@"
. "$(dirname "$0")/../lib.sh"
need_root "a mount table of its own"

# Users and groups of this test's own, in its own mount table.
cp /etc/passwd "$T/passwd"
cp /etc/group "$T/group"
echo "flytester:x:4701:4701::$T/home:/bin/sh" >>"$T/passwd"
printf 'flytester:x:4701:\nflyteam:x:4702:flytester\nflyother:x:4703:\n' >>"$T/group"
mkdir "$T/home"
chown 4701:4701 "$T/home"
check mount --bind "$T/passwd" /etc/passwd
check mount --bind "$T/group" /etc/group
start_watchdog
# The daemon has groups of its own.
(exec setpriv --groups 0,4,4703 "$FLYTEFS" -o allow_other "$DB" "$M") || fail "no mount"
register tasks who '{"outputs": {"who": "string"},
 "command": ["sh", "-c", "echo $(id -u) $(id -g) $(id -G | tr \" \" \"\\n\" | sort -n | tr \"\\n\" \" \") $HOME $USER $LOGNAME $SHELL >$OUTPUTS/who"]}'
launch_as() { # NAME GROUP GROUPS
	setpriv --reuid 4701 --regid "$2" --groups "$3" sh -c 'echo "{\"task\": \"who\"}" >"$1"' - "$X/$1.json"
	finish "$1" SUCCEEDED
}
who() { cat "$X/$1/outputs/who"; }
launch_as plain 4701 4701,4702
same "who it is" "$(who plain)" "4701 4701 4701 4702 $T/home flytester flytester /bin/sh"
contains "its principal" "$(cat "$X/plain/spec.json")" '"principal": "flytester"'
# As after newgrp: the group it works in is that of its writer.
launch_as team 4702 4701,4702
same "in another of its groups" "$(who team)" "4701 4702 4702 $T/home flytester flytester /bin/sh"
same "group of the run" "$(stat -c %g "$X/team")" 4702
# A user that the system does not know has its own ids and nothing else.
setpriv --reuid 4799 --regid 4799 --groups 4703 sh -c 'echo "{\"task\": \"who\"}" >"$1"' - "$X/unknown.json"
finish unknown SUCCEEDED
same "an unknown user" "$(who unknown)" "4799 4799 4799 /"
# Root's own work has what root has.
check put "$X/root.json" '{"task": "who"}'
finish root SUCCEEDED
contains "root's" "$(who root)" "0 0 0"
unmount_fs
umount /etc/passwd /etc/group
