#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# No extended attributes, said once: tools see EOPNOTSUPP and ask no more (B9).
. "$(dirname "$0")/../lib.sh"

start -o jobs=0
register_examples
for i in $(seq 20); do launch "r$i" echo; done
f=$X/r1/phase
errno_is EOPNOTSUPP getxattr "$f" user.comment
errno_is "EOPNOTSUPP|$NO" setxattr "$f" user.comment text
errno_is "EOPNOTSUPP|$NO" removexattr "$f" user.comment
if has getfattr; then
	getfattr -d "$f" >"$T/out" 2>&1
	contains "getfattr says" "$(cat "$T/out")" "Operation not supported"
fi
if has getfacl; then
	contains "getfacl" "$(getfacl -cp "$f")" "user::r--"
fi
# The kernel asks no more: `ls -l` of 20 runs costs what their listings cost.
ls -lR "$X" >/dev/null
