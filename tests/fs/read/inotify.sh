#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# inotify reports what is done through the mount, and nothing that the engine does (A13, documented limit of FUSE).
. "$(dirname "$0")/../lib.sh"
need inotifywait

start
register_examples
inotifywait -q -m -e create,modify,delete,moved_to,close_write "$X" >"$T/events" 2>"$T/watching" &
watch=$!
# A change through the mount is seen (and shows that the watch is set).
n=0
until_seen() { n=$((n + 1)); mkdir "$X/seen$n" && grep -q CREATE "$T/events"; }
until_true 10 until_seen
launch good echo
until_true 10 grep -q 'CREATE.* good' "$T/events"
finish good SUCCEEDED
# The run went through its phases; executions/ itself was changed by nobody but the mkdir.
same "events of the engine's changes" "$(grep -c 'MODIFY\|MOVED' "$T/events")" 0
kill $watch
