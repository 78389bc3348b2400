#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Listings are complete and in one order, also while names come and go; every entry stats (B8).
. "$(dirname "$0")/../lib.sh"

start -o jobs=0
register tasks one '{"command": ["true"]}'
make_runs() { # FROM TO
	seq "$1" "$2" | xargs -P 2 -n 100 sh -c 'for i; do mkdir "$0/r$i" && echo "{\"task\": \"one\"}" >"$0/r$i/spec.json"; done' "$X"
}
make_runs 1 "$MANY"
ls -f "$X" | grep -v '^[.]*$' >"$T/first"
same "names" "$(sort -u "$T/first" | wc -l)" "$MANY"
ls -f "$X" | grep -v '^[.]*$' >"$T/second"
check cmp "$T/first" "$T/second"
remount_fs -o jobs=0
ls -f "$X" | grep -v '^[.]*$' >"$T/third"
check cmp "$T/first" "$T/third"
same "entries that stat" "$(cd "$X" && stat -c %n -- * | wc -l)" "$MANY"

# Names that were there all the time are seen exactly once while others are made.
"$PYTHON" - "$X" "$MANY" <<'PY' || fail "a listing under change lost or doubled names"
import os, sys, threading
x, many = sys.argv[1], int(sys.argv[2])
stop = threading.Event()
def churn():
    i = 0
    while not stop.is_set():
        i += 1
        os.mkdir(f"{x}/churn{i % 7}")
        os.rmdir(f"{x}/churn{i % 7}")
thread = threading.Thread(target=churn)
thread.start()
bad = 0
for _ in range(10):
    names = [e.name for e in os.scandir(x) if e.name.startswith("r")]
    bad += len(names) != many or len(set(names)) != many
stop.set()
thread.join()
sys.exit(bad > 0)
PY

# seekdir: rewinddir shows what came meanwhile.
"$PYTHON" - "$X" <<'PY' || fail "a rewound directory is not read anew"
import os, sys
fd = os.open(sys.argv[1], os.O_RDONLY | os.O_DIRECTORY)
before = os.listdir(fd)
os.mkdir(f"{sys.argv[1]}/added")
after = os.listdir(fd)
sys.exit("added" in before or "added" not in after)
PY
rmdir "$X/added"

# What the shell completes with TAB: names in the order of the shell, each of them there.
same "a glob" "$(cd "$X" && printf '%s\n' r1? | tr '\n' ' ')" "r10 r11 r12 r13 r14 r15 r16 r17 r18 r19 "
for f in "$X/r1/"*; do there "$f"; done
same "the order of a run's names" "$(ls -U "$X/r1" | tr '\n' ' ')" "$(ls -U "$X/r2" | tr '\n' ' ')"
same "by-phase" "$(ls "$D/by-phase/QUEUED" "$D/by-phase/RUNNING" | grep -c '^r')" "$MANY"
same "by-launch-plan and by-phase together" "$(find "$D/by-phase" -type l | wc -l)" "$MANY"
