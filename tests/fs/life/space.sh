#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# df tells of the store's file system, also while the engine is busy (F6).
. "$(dirname "$0")/../lib.sh"

start
register_examples
start_sleeper long
same "block size and total" "$(stat -f -c '%S %b' "$M")" "$(stat -f -c '%S %b' "$T")"
contains "plain df" "$(df "$M" | tail -n 1)" " $M"
contains "df without an argument" "$(df 2>/dev/null)" " $M"
at_least "kilobytes free" "$(df -P "$M" | awk 'NR == 2 { print $4 }')" 1
same "the type" "$(df -T "$M" | awk 'NR == 2 { print $2 }')" fuse.flytefs
same "the longest name" "$(getconf NAME_MAX "$M")" 255
check put "$X/long/terminate" enough
