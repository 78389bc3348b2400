#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The clock goes back an hour, and a day forth: runs end, what changes is seen, times of a row never go back.
. "$(dirname "$0")/../lib.sh"
need cc

cat >"$T/clock.c" <<'C'
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* The wall clock is as many seconds off as the file says. */
int clock_gettime(clockid_t clock, struct timespec *t)
{
	static volatile int32_t *off;
	int rc = (int)syscall(SYS_clock_gettime, clock, t);

	if (!off) {
		int fd = open(getenv("CLOCK_OFF"), O_RDONLY);

		off = mmap(NULL, 4, PROT_READ, MAP_SHARED, fd, 0);
		close(fd);
	}
	if ((clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) && off != MAP_FAILED)
		t->tv_sec += *off;
	return rc;
}
C
check cc -shared -fPIC -O2 -o "$T/clock.so" "$T/clock.c"
# turn SECONDS: four bytes, in the machine's order.
turn() { "$PYTHON" -c 'import struct, sys
with open(sys.argv[1], "r+b") as f: f.write(struct.pack("=i", int(sys.argv[2])))' "$T/off" "$1"; }
printf '\0\0\0\0' >"$T/off"
chmod 644 "$T/off"
printf '#!/bin/sh\nexec env LD_PRELOAD=%s CLOCK_OFF=%s %s "$@"\n' "$T/clock.so" "$T/off" "$FLYTEFS" >"$T/flytefs"
chmod 755 "$T/flytefs"
FLYTEFS=$T/flytefs
export ASAN_OPTIONS="${ASAN_OPTIONS:-}:verify_asan_link_order=0"

start
register_examples
launch first echo
finish first SUCCEEDED
start_sleeper long
before=$(stat -c %Y "$X/first")
turn -3600
hour_ago=$(($(date +%s) - 3000))
launch second echo
finish second SUCCEEDED
same "output" "$(cat "$X/second/outputs/shout")" HELLO
at_most "when the second was made" "$(stat -c %Y "$X/second/spec.json")" "$hour_ago"
# What changes now was changed later than ever, for caches look at nothing else.
check put "$X/first/relaunch" third
finish third SUCCEEDED
at_least "when the first was changed" "$(stat -c %Y "$X/first")" "$before"
check put "$X/long/terminate" "time is up"
same "phase" "$(phase_of long)" ABORTED
contains "cause" "$(cat "$X/long/abort_metadata.json")" "time is up"
# As Flyte has it: what ended before it began took less than nothing.
contains "duration" "$(cat "$X/long/closure.json")" '"duration": "-'
check mv "$X/second" "$D/archived/"
there "$D/archived/second/phase"
same "listed" "$(names_in "$X" | tr '\n' ' ')" "first long third "
remount_fs
same "phase" "$(phase_of long)" ABORTED
start_sleeper longer
turn 86400
launch fourth echo
finish fourth SUCCEEDED
check put "$X/longer/terminate" "a day later"
same "phase" "$(phase_of longer)" ABORTED
turn 0
launch fifth echo
finish fifth SUCCEEDED
remount_fs
same "phase" "$(phase_of fifth)" SUCCEEDED
unmount_fs
