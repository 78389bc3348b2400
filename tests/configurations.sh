# SPDX-License-Identifier: Apache-2.0
# The configurations of tests/run: how each is set up, built, tested and counted. Adds to passed, failed, skipped.

# Prints "PASSED FAILED SKIPPED" of a meson test log, names what failed on stderr with the end of its output.
count_tests() {
	python3 - "$1" <<'PY'
import json, sys
counts = {"passed": 0, "failed": 0, "skipped": 0}
for line in open(sys.argv[1]):
    test = json.loads(line)
    kind = {"OK": "passed", "EXPECTEDFAIL": "passed", "SKIP": "skipped"}.get(test["result"], "failed")
    counts[kind] += 1
    if kind == "skipped":
        why = (test.get("stderr") or test.get("stdout") or "").strip().splitlines()
        print(f"skipped: {test['name']}: {why[-1] if why else 'no reason given'}", file=sys.stderr)
    if kind == "failed":
        print(f"--- {test['result']}: {test['name']}", file=sys.stderr)
        for stream in ("stdout", "stderr"):
            for text in (test.get(stream) or "").strip().splitlines()[-40:]:
                print(f"    {text}", file=sys.stderr)
print(counts["passed"], counts["failed"], counts["skipped"])
PY
}

run_configuration() {
	dir=build compiler=gcc options=-Dwerror=true slower=1
	case $1 in
	gcc) ;;
	asan)
		dir=build-asan compiler=clang slower=4
		options="$options -Db_sanitize=address,undefined -Db_lundef=false -Dfuzz=true"
		;;
	tsan)
		dir=build-tsan slower=4
		options="$options -Db_sanitize=thread"
		;;
	*)
		echo "unknown configuration $1 (gcc, asan, tsan, all)" >&2
		return 1
		;;
	esac
	echo "== $1: building in $dir"
	if [ ! -f "$dir/build.ninja" ]; then
		CC=$compiler meson setup $options "$dir" >"$dir.log" 2>&1 || { cat "$dir.log"; return 1; }
	fi
	ninja -C "$dir" >"$dir.log" 2>&1 || { tail -n 60 "$dir.log"; return 1; }
	rm -f "$dir.log" "$dir/meson-logs/testlog.json"
	echo "== $1: testing"
	export ASAN_OPTIONS="detect_leaks=1:abort_on_error=0:exitcode=66"
	export UBSAN_OPTIONS="print_stacktrace=1:halt_on_error=1"
	export TSAN_OPTIONS="halt_on_error=1:exitcode=66:suppressions=$PWD/tests/tsan.supp"
	export FLYTEFS="$PWD/$dir/src/main/flytefs" FLY_CONFIGURATION=$1
	# The watchdogs of tests: a machine that is busy, a sanitizer that is slow.
	export FLY_TEST_LIMIT=$((100 * slower))
	meson test -C "$dir" --no-rebuild --print-errorlogs --num-processes 2 \
		--timeout-multiplier $slower >"$dir/meson-logs/run.txt" 2>&1
	[ -f "$dir/meson-logs/testlog.json" ] || { tail -n 40 "$dir/meson-logs/run.txt"; return 1; }
	set -- $(count_tests "$dir/meson-logs/testlog.json")
	echo "== $1 passed, $2 failed, $3 skipped in $dir"
	passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
}
