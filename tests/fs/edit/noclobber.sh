#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# With noclobber a shell refuses existing files: `>|` for control files, plain `>` for what does not exist yet (D6).
. "$(dirname "$0")/../lib.sh"

start -o jobs=0
register_examples
launch run echo
for shell in bash dash; do
	refuse $shell -c 'set -o noclobber; echo stop >"$1/terminate"' - "$X/run"
	[ "$(phase_of run)" != ABORTED ] || fail "$shell terminated it in spite of noclobber"
	check $shell -c 'set -o noclobber; mkdir "$1/$2"; echo "{\"launch_plan\": \"echo\"}" >"$1/$2/spec.json"' - "$X" $shell
	there "$X/$shell/phase"
	check $shell -c 'set -o noclobber; echo "{\"launch_plan\": \"echo\"}" >"$1/$2-one.json"' - "$X" $shell
	there "$X/$shell-one/phase"
	# spec.json at executions/ exists for nobody: each writer's is new.
	check $shell -c 'set -o noclobber; echo "{\"launch_plan\": \"echo\"}" >"$1/spec.json"' - "$X"
done
check bash -c 'set -o noclobber; echo stop >|"$1/terminate"' - "$X/run"
same "phase" "$(phase_of run)" ABORTED
check dash -c 'set -C; echo stop >|"$1/terminate"' - "$X/dash"
same "phase" "$(phase_of dash)" ABORTED
same "executions" "$(stat_of executions)" 7
