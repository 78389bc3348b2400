#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The kernel answers what it was told once: a second crawl of what is over asks the daemon for next to nothing (B7).
. "$(dirname "$0")/../lib.sh"

start -o jobs=0
register_examples
for i in $(seq 40); do
	launch "run$i" echo
	put "$X/run$i/terminate" over
done
requests() { stat_of requests; }
crawl() { grep -r no-such-text "$X" "$D/launch_plans"; find "$X" -size +1000k; }
crawl
start=$(requests)
crawl
warm=$(($(requests) - start))
files=$(find "$X" "$D/launch_plans" -type f | wc -l)
at_least "files" "$files" 400
# Only what has no end of its validity (directories, states) is asked for again.
at_most "requests of a warm crawl of $files files" "$warm" $((files / 2))

# A listing of many runs comes with types and attributes: `ls -l` asks for no name by itself.
check mkdir "$M/many"
D=$M/many/development X=$M/many/development/executions
register tasks one '{"command": ["true"]}'
seq "$MANY" | xargs -P 2 -n 100 sh -c 'for i; do mkdir "$0/r$i" && echo "{\"task\": \"one\"}" >"$0/r$i/spec.json"; done' "$X"
same "runs" "$(ls -f "$X" | grep -c '^r')" "$MANY"
remount_fs -o jobs=0
start=$(requests)
same "lines of ls -l" "$(ls -l --color=always "$X" | grep -c ' r\|mr')" "$MANY"
at_most "requests of a cold ls -l --color of $MANY" "$(($(requests) - start))" $((MANY / 4 + 20))
start=$(requests)
ls -l --color=always "$X" >/dev/null
at_most "requests of a second one" "$(($(requests) - start))" $((MANY / 4 + 20))
same "types told by the listing" "$("$PYTHON" -c 'import os, sys
print(sum(e.is_dir(follow_symlinks=False) for e in os.scandir(sys.argv[1])))' "$X")" "$MANY"
