#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Which names a directory lists, which exist only once they mean something, and their modes (A oneof is which file exists).
. "$(dirname "$0")/../lib.sh"

start
register_examples
list() { names_in "$1" | tr '\n' ' '; }
same "the root" "$(list "$M")" "README flytesnacks "
same "a project" "$(list "$M/flytesnacks")" "development production project.json staging "
same "a domain" "$(list "$D")" \
	"archived by-launch-plan by-phase executions launch_plans query register tasks workflows "
same "by-phase" "$(list "$D/by-phase")" \
	"ABORTED ABORTING FAILED FAILING QUEUED RUNNING SUCCEEDED SUCCEEDING TIMED_OUT UNDEFINED "
same "launch plans" "$(list "$D/launch_plans")" "echo failer sleeper "
same "a launch plan" "$(list "$D/launch_plans/echo/v1")" "closure.json spec.json state template.json "
same "a workflow" "$(list "$D/workflows/echo/v1")" "closure.json graph.dot spec.json "
same "a task" "$(list "$D/tasks/echo/v1")" "closure.json spec.json "

launch good echo
launch bad failer
finish good SUCCEEDED
finish bad FAILED
start_sleeper long
always="closure.json graph.dot inputs inputs.json log nodes phase recover relaunch spec.json status terminate"
with() { printf '%s\n' $always "$@" | sort | tr '\n' ' '; }
same "a running one" "$(list "$X/long")" "$(with)"
same "one that succeeded" "$(list "$X/good")" "$(with outputs outputs.json)"
same "one that failed" "$(list "$X/bad")" "$(with error error.json)"
contains "its error" "$(cat "$X/bad/error")" "out of luck"
check put "$X/long/terminate" "a cause"
same "one that was aborted" "$(list "$X/long")" "$(with abort_metadata.json)"
contains "its abort_metadata.json" "$(cat "$X/long/abort_metadata.json")" "a cause"
same "the failures" "$(cd "$X" && echo */error.json)" bad/error.json
same "the successes" "$(cd "$X" && echo */outputs.json)" good/outputs.json
check put "$X/bad/relaunch" again
same "relaunched" "$(readlink "$X/bad/relaunched")" ../../executions/again
same "through it" "$(cat "$X/bad/relaunched/.wait")" FAILED
for f in spec.pb closure.pb execution.json execution.pb id.json inputs.pb data.json .wait outputs.pb; do
	there "$X/good/$f"
done
for f in outputs.json outputs.pb abort_metadata.json; do not_there "$X/bad/$f"; done

# 0444 what tells, 0644 what can be told.
for f in spec.json closure.json phase status inputs.json outputs.json graph.dot log inputs/text outputs/shout; do
	same "mode of $f" "$(stat -c %a "$X/good/$f")" 444
done
for f in terminate relaunch recover; do
	same "mode of $f" "$(stat -c %a "$X/good/$f")" 644
	same "what $f reads as" "$(cat "$X/good/$f")" ""
done
same "a node" "$(list "$X/good/nodes/echo")" "attempts closure.json inputs.json outputs.json phase "
same "an attempt" "$(list "$X/good/nodes/echo/attempts/0")" "closure.json phase stderr stdout "
same "its stdout" "$(cat "$X/good/nodes/echo/attempts/0/stdout")" "done"
same "its stderr" "$(cat "$X/bad/nodes/failer/attempts/0/stderr")" "out of luck"

# .flytefs is there by name.
for f in version stats errors events; do there "$M/.flytefs/$f"; done
at_least "executions counted" "$(stat_of executions)" 4
contains "the README" "$(cat "$M/README")" executions/
at_most "lines of the README" "$(wc -l <"$M/README")" 45
# wire forms are Flyte's
if "$PYTHON" -c 'import google.protobuf' 2>/dev/null && has protoc; then
	check sh -c "protoc --decode_raw <'$X/good/execution.pb' >'$T/raw'"
	contains "execution.pb" "$(cat "$T/raw")" flytesnacks
fi
