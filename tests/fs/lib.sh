# SPDX-License-Identifier: Apache-2.0
# Kit for tests through a real mount (POSIX sh; sourced). Gives each test a private directory T, a mount M in it
# made by mount_fs, and leaves nothing behind. A test ends by falling off its end; any failed check makes it fail.
#
#   FLYTEFS      the program (default: build/src/main/flytefs)
#   T M DB       private directory, mount point, store
#   D X          the default domain and its executions/
#   NO NO_WORDS  the errno of writing what is read-only, and its words
#   PYTHON       python3; lib.py is this kit's sister
#   MANY         how many a loop makes: fewer with sanitizers
#
# A mount that hangs is aborted through /sys/fs/fuse/connections, so that nothing waits for ever.

set -u
here=$(cd "$(dirname "$0")" && pwd)
kit=$(cd "$here/.." && pwd)
top=$(cd "$kit/../.." && pwd)
FLYTEFS=${FLYTEFS:-$top/build/src/main/flytefs}
LIMIT=${LIMIT:-${FLY_TEST_LIMIT:-100}}
PYTHON=/usr/bin/python3
[ -x $PYTHON ] || PYTHON=python3
export LC_ALL=C.UTF-8 FLYTEFS

T=$(mktemp -d "${TMPDIR:-/tmp}/flytefs-test.XXXXXX") || exit 1
chmod 755 "$T"
M=$T/mnt DB=$T/flyte.db
D=$M/flytesnacks/development
X=$D/executions
MANY=1000
[ "${FLY_CONFIGURATION:-gcc}" = gcc ] || MANY=200
failures=0
watchdog=
mkdir "$M"
# What sanitizers find in a daemon nobody sees: it is collected here and makes the test fail.
mkdir -m 1777 "$T/reports"
for tool in ASAN UBSAN TSAN LSAN; do
	eval "export ${tool}_OPTIONS=\"\${${tool}_OPTIONS:+\$${tool}_OPTIONS:}log_path=$T/reports/$tool\""
done

note() { printf '%s\n' "$*" >&2; }
fail() { note "FAILED: $*"; failures=$((failures + 1)); }
skip() { note "skipped: $*"; exit 77; }
# Root is let through to the file system, which says EPERM and why; anybody else stops at the mode.
[ "$(id -u)" = 0 ] && NO=EPERM NO_WORDS="Operation not permitted" || NO=EACCES NO_WORDS="Permission denied"
is_root() { [ "$(id -u)" = 0 ]; }
need_root() { is_root || skip "needs root: $*"; }
has() { command -v "$1" >/dev/null 2>&1; }
need() { for tool; do has "$tool" || skip "needs $tool"; done; }

# --- checks -------------------------------------------------------------------------------------

# check WORDS…: the command must succeed.
check() { "$@" || fail "status $? from: $*"; }
# refuse WORDS…: it must fail; what it said stands in $T/stderr.
refuse() { if "$@" 2>"$T/stderr"; then fail "should have failed: $*"; fi; }
# refuse_with TEXT WORDS…: it must fail and say TEXT on stderr (an errno's words).
refuse_with() {
	want=$1
	shift
	refuse "$@"
	grep -qF -- "$want" "$T/stderr" || fail "said '$(cat "$T/stderr")', wanted '$want', from: $*"
}
# same WHAT GOT WANT
same() { [ "$2" = "$3" ] || fail "$1: got '$2', wanted '$3'"; }
# contains WHAT TEXT PART
contains() { case "$2" in *"$3"*) ;; *) fail "$1: '$2' does not contain '$3'" ;; esac; }
lacks() { case "$2" in *"$3"*) fail "$1: '$2' contains '$3'" ;; esac; }
# at_least WHAT GOT LOW; at_most WHAT GOT HIGH
at_least() { [ "$2" -ge "$3" ] || fail "$1: got $2, wanted at least $3"; }
# grown_at_most WHAT KILOBYTES MOST: memory; a sanitizer keeps what was freed, and says nothing here.
grown_at_most() { [ "${FLY_CONFIGURATION:-gcc}" != gcc ] || at_most "$@"; }
at_most() { [ "$2" -le "$3" ] || fail "$1: got $2, wanted at most $3"; }
there() { [ -e "$1" ] || [ -L "$1" ] || fail "is not there: $1"; }
not_there() { if [ -e "$1" ] || [ -L "$1" ]; then fail "is there: $1"; fi; }

# until_true SECONDS WORDS…: poll a condition with a deadline.
until_true() {
	deadline=$(($(date +%s) + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$(date +%s)" -le "$deadline" ] || { fail "not true in time: $*"; return 1; }
		sleep 0.02
	done
}

# errno_of CALL ARGUMENTS…: the name of the errno that a system call gives, or "0" (calls: lib.py).
errno_of() { "$PYTHON" "$kit/lib.py" "$@"; }
# errno_is WANT CALL ARGUMENTS…; "EPERM|EACCES" allows either.
errno_is() {
	want=$1
	shift
	got=$(errno_of "$@")
	case "|$want|" in *"|$got|"*) ;; *) fail "got $got, wanted $want, from: $*" ;; esac
}
# errnos_are: the same for many, on stdin, a line each.
errnos_are() {
	"$PYTHON" "$kit/lib.py" - >"$T/errnos" || fail "status $? from lib.py"
	while read -r line; do fail "$line"; done <"$T/errnos"
}
# The last refusal of a user (default: this one), and that it names an errno and has some words.
last_error() { tail -n 1 "$M/.flytefs/errors/${1:-$(id -u)}"; }
said() {
	line=$(last_error)
	for part; do contains "last line of .flytefs/errors" "$line" "$part"; done
}
stat_of() { sed -n "s/^$1 //p" "$M/.flytefs/stats"; }
# What the tree holds, as one checksum: equal before and after what must change nothing.
fingerprint() {
	(cd "$M" && find . -printf '%p %y %m %U %G %s %i %T@ %l\n' | sort && find . -type f -exec cat {} +) | md5sum
}

# --- who and with what --------------------------------------------------------------------------

# as UID WORDS…: as another user with no further groups (root only).
as() {
	uid=$1
	shift
	HOME=$T setpriv --reuid "$uid" --regid "$uid" --clear-groups "$@"
}
# put FILE TEXT: as `echo TEXT > FILE` in this shell; a bash says the errno, put_as another user.
put() { printf '%s\n' "$2" >"$1"; }
bash_put() { bash -c 'printf "%s\n" "$2" >"$1"' - "$1" "$2"; }
put_as() { as "$1" sh -c 'printf "%s\n" "$2" >"$1"' - "$2" "$3"; }
vim_tool() { for tool in vim vim.tiny vi; do has $tool && echo $tool && return; done; return 1; }

# write_by TOOL FILE FORMAT: the ways people write a file; the text is what printf makes of FORMAT. The status is
# the tool's.
WRITERS='bash dash bash-append cat cp tee dd python sponge'
write_by() {
	printf "$3" >"$T/written"
	case $1 in
	bash | dash) "$1" -c 'printf "$2" >"$1"' - "$2" "$3" ;;
	bash-append) bash -c 'printf "$2" >>"$1"' - "$2" "$3" ;;
	cat) cat "$T/written" >"$2" ;;
	cp) cp "$T/written" "$2" ;;
	tee) tee "$2" <"$T/written" >/dev/null ;;
	dd) dd if="$T/written" of="$2" bs=64k status=none ;;
	python) "$PYTHON" -c 'import sys
with open(sys.argv[1], "wb") as f: f.write(open(sys.argv[2], "rb").read())' "$2" "$T/written" ;;
	sponge) sponge "$2" <"$T/written" ;;
	*) fail "no writer $1"; return 99 ;;
	esac
}

# --- the mount ----------------------------------------------------------------------------------

abort_mounts() {
	[ -d /sys/fs/fuse/connections ] || return 0
	grep -q ' /sys/fs/fuse/connections ' /proc/self/mounts ||
		mount -t fusectl none /sys/fs/fuse/connections 2>/dev/null
	awk -v t="$T/" 'index($5, t) == 1 { split($3, d, ":"); print d[2] }' /proc/self/mountinfo |
		while read -r minor; do echo 1 >"/sys/fs/fuse/connections/$minor/abort" 2>/dev/null; done
}

start_watchdog() {
	[ -z "$watchdog" ] || return 0
	(
		trap - EXIT INT TERM
		sleep "$LIMIT"
		note "FAILED: took over $LIMIT s: aborting the mount"
		abort_mounts
		kill -TERM $$
		sleep 5
		kill -KILL $$
	) </dev/null >/dev/null 2>&2 &
	watchdog=$!
}

# mount_fs [OPTIONS…]: mount $DB on $M in the background; the exit status is flytefs's.
mount_fs() {
	start_watchdog
	(cd "$T" && exec "$FLYTEFS" "$@" flyte.db mnt)
}
# start [OPTIONS…]: the same, and the test ends when it can't be.
start() { mount_fs "$@" || { fail "no mount: status $?"; exit 1; }; }
# The daemons that hold a store of this test open.
daemons() {
	for p in $(pgrep -x flytefs); do
		for f in "/proc/$p/fd/"*; do
			case "$(readlink "$f" 2>/dev/null)" in "$T/"*) echo "$p"; break ;; esac
		done
	done
}
# A zombie has no program: it waits for an init that takes its time.
is_alive() { readlink "/proc/$1/exe" >/dev/null 2>&1; }
daemon_pid() { daemons | head -n 1; }
no_daemon() { [ -z "$(daemons)" ]; }
unmount_fs() { check fusermount3 -u "$M" && until_true 20 no_daemon; }
remount_fs() { unmount_fs; start "$@"; }
is_mounted() { grep -q " $1 fuse.flytefs " /proc/self/mounts; }
mounts_of_test() { awk -v t="$T/" 'index($2, t) == 1 { print $2 }' /proc/self/mounts | tac; }

end() {
	status=$?
	trap - EXIT INT TERM
	cd /
	pids=$(daemons)
	mounts_of_test | while read -r at; do
		fusermount3 -u -q "$at" 2>/dev/null || fusermount3 -u -z -q "$at" 2>/dev/null ||
			umount -l "$at" 2>/dev/null
	done
	n=0
	for pid in $pids; do
		while is_alive "$pid" && [ $n -lt 750 ]; do sleep 0.02; n=$((n + 1)); done
		if is_alive "$pid"; then
			fail "the daemon did not end"
			abort_mounts
			kill -KILL "$pid"
		fi
	done
	# Tasks outlive a daemon by design; those of this test end here.
	left=$(pgrep -f "$T/" | grep -vx "$$" | grep -vx "${watchdog:-0}" || true)
	[ -z "$left" ] || kill -KILL $left 2>/dev/null
	[ -z "$watchdog" ] || kill -KILL "$watchdog" $(pgrep -P "$watchdog") 2>/dev/null
	for report in "$T/reports/"*; do
		[ ! -s "$report" ] || { fail "a sanitizer reports:"; head -n 60 "$report" >&2; }
	done
	rm -rf "$T"
	[ "$failures" -eq 0 ] || status=1
	exit "$status"
}
trap end EXIT
trap 'exit 1' INT TERM

# --- runs ---------------------------------------------------------------------------------------

phase_of() { cat "$X/$1/phase" 2>/dev/null; }
phase_is() { [ "$(phase_of "$1")" = "$2" ]; }
# finish NAME PHASE: wait for an execution's end (through .wait) and compare.
finish() { same "phase of $1" "$(cat "$X/$1/.wait")" "$2"; }
# launch NAME PLAN [INPUTS]: one execution, by the shorthand.
launch() {
	check mkdir "$X/$1"
	if [ $# -gt 2 ]; then
		check put "$X/$1/spec.json" "{\"launch_plan\": \"$2\", \"inputs\": $3}"
	else
		check put "$X/$1/spec.json" "{\"launch_plan\": \"$2\"}"
	fi
}
names_in() { ls -1U "$1" | sort; }

# register KIND NAME JSON [VERSION]
register() {
	check mkdir -p "$D/$1/$2/${4:-v1}"
	check put "$D/$1/$2/${4:-v1}/spec.json" "$3"
}

# register_examples: small tasks, each in a workflow of its name, whose launch plan has it too.
#   echo     text: string (default hello) -> shout: string, in capitals
#   sleeper  prints what is appended to $T/asleep until it is killed
#   failer   prints "out of luck" on stderr and exits 3
register_examples() {
	echo asleep >"$T/asleep"
	chmod 644 "$T/asleep"
	register tasks echo '{
  "inputs": {"text": "string"},
  "outputs": {"shout": "string"},
  "command": ["sh", "-c", "tr a-z A-Z < \"$INPUTS/text\" > \"$OUTPUTS/shout\"; echo done"]
}'
	register workflows echo '{
  "inputs": {"text": {"type": "string", "default": "hello"}},
  "steps": [{"task": "echo", "inputs": {"text": "$text"}}],
  "outputs": {"shout": "$echo.shout"}
}'
	register tasks sleeper "{\"command\": [\"tail\", \"-n\", \"+1\", \"-f\", \"$T/asleep\"]}"
	register workflows sleeper '{"steps": [{"task": "sleeper"}]}'
	register tasks failer '{"command": ["sh", "-c", "echo out of luck >&2; exit 3"]}'
	register workflows failer '{"steps": [{"task": "failer"}]}'
}
# How many of its tasks run.
sleepers() { pgrep -c -f -- "^tail -n .1 -f $T/asleep" || true; }
sleeper_runs() { phase_is "$1" RUNNING && grep -q asleep "$X/$1/log"; }
# start_sleeper NAME: launch one and wait until its task prints.
start_sleeper() {
	launch "$1" sleeper
	until_true 30 sleeper_runs "$1"
}
