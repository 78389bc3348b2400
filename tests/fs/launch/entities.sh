#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Registering by writing: bad documents are refused with their place, a version never changes, plans have a state.
. "$(dirname "$0")/../lib.sh"

start -o jobs=0
register_examples
# refused KIND ERRNO SENTENCE JSON
refused() {
	check mkdir -p "$D/$1/bad/v1"
	errno_is "$2" create "$D/$1/bad/v1/spec.json" "$4"
	error=$(cat "$D/$1/bad/v1/error")
	case $error in "$3"*) ;; *) fail "$4: '$error', wanted '$3'" ;; esac
	said "$2" "$1/bad/v1/spec.json" "$3"
	check rm -r "$D/$1/bad"
	not_there "$D/$1/bad"
}
refused tasks EINVAL 'spec.json:1:12: comand: ' '{"comand": ["true"]}'
refused tasks EINVAL 'spec.json:1:13: command' '{"command": 5}'
refused tasks EINVAL 'spec.json:1:18: inputs.x' '{"inputs": {"x": "number"}, "command": "true"}'
refused tasks EINVAL 'spec.json:1:2: a name in double quotes' '{bad'
refused workflows EINVAL 'spec.json' '{"steps": []}'
refused workflows ENOENT 'spec.json:1:21: steps[0].task: ' '{"steps": [{"task": "nope"}]}'
refused workflows EINVAL 'spec.json:' '{"steps": [{"task": "echo", "inputs": {"text": "$a.b"}}]}'
refused workflows EINVAL 'spec.json' '{"steps": [{"id": "a", "task": "failer", "after": "b"}, {"id": "b", "task": "failer", "after": "a"}]}'
refused launch_plans ENOENT 'spec.json:1:14: workflow: ' '{"workflow": "nope"}'
refused launch_plans EINVAL 'spec.json' '{"workflow": "echo", "fixed": {"nope": 1}}'
refused launch_plans EINVAL 'spec.json' '{"workflow": "echo", "schedule": "61 * * * *"}'

# What is registered is immutable; the same again says so, and another one too.
refuse_with "$NO_WORDS" bash_put "$D/tasks/echo/v1/spec.json" '{"command": ["false"]}'
! is_root || said EPERM tasks/echo/v1/spec.json "never changes"
errno_is EEXIST mkdir "$D/tasks/echo/v1"
errno_is "EPERM|ENOTEMPTY" rmdir "$D/tasks/echo/v1"
errno_is "EPERM|ENOTEMPTY" rmdir "$D/tasks/echo"
errno_is EPERM unlink "$D/tasks/echo/v1/spec.json"
refuse rm -r "$D/tasks/echo"
there "$D/tasks/echo/v1/closure.json"

# What is shown registers as another version.
check mkdir "$D/tasks/echo/v2"
check cp "$D/tasks/echo/v1/spec.json" "$D/tasks/echo/v2/"
there "$D/tasks/echo/v2/closure.json"
check mkdir "$D/workflows/echo/v2"
check cp "$D/workflows/echo/v1/spec.json" "$D/workflows/echo/v2/spec.json"
there "$D/launch_plans/echo/v2/state"

# state: ACTIVE or INACTIVE; one active version a plan.
echo ACTIVE >"$D/launch_plans/echo/v1/state"
same "state of v1" "$(cat "$D/launch_plans/echo/v1/state")" ACTIVE
echo ACTIVE >"$D/launch_plans/echo/v2/state"
same "state of v2" "$(cat "$D/launch_plans/echo/v2/state")" ACTIVE
same "state of v1 then" "$(cat "$D/launch_plans/echo/v1/state")" INACTIVE
refuse_with "Invalid argument" bash_put "$D/launch_plans/echo/v2/state" "active, please"
said EINVAL launch_plans/echo/v2/state ACTIVE
same "state of v2 still" "$(cat "$D/launch_plans/echo/v2/state")" ACTIVE
launch run echo
contains "what a bare name means" "$(cat "$X/run/spec.json")" '"version": "v2"'
echo ACTIVE >"$D/launch_plans/echo/v1/state"
launch run2 echo
contains "what it means now" "$(cat "$X/run2/spec.json")" '"version": "v1"'

# A plan that came with its workflow gives way to one of the user's, which is immutable then.
register workflows own '{"inputs": {"text": "string"}, "steps": [{"task": "echo", "inputs": {"text": "$text"}}]}'
same "mode of a generated plan" "$(stat -c %a "$D/launch_plans/own/v1/spec.json")" 644
errno_is EINVAL write "$D/launch_plans/own/v1/spec.json" '{"workflow": "own", "fixed": {"nope": 1}}'
check put "$D/launch_plans/own/v1/spec.json" '{"workflow": "own", "fixed": {"text": "fixed"}}'
contains "the plan" "$(cat "$D/launch_plans/own/v1/spec.json")" fixed
same "mode of it" "$(stat -c %a "$D/launch_plans/own/v1/spec.json")" 444
errno_is $NO write "$D/launch_plans/own/v1/spec.json" '{"workflow": "own"}'

# The template is a document that launches; a required input in it is null and refused by name.
check mkdir "$X/fromtemplate"
check cp "$D/launch_plans/echo/v1/template.json" "$X/fromtemplate/spec.json"
register workflows needs '{"inputs": {"n": "integer"}, "steps": [{"task": "failer"}]}'
check mkdir "$X/bad"
refuse cp "$D/launch_plans/needs/v1/template.json" "$X/bad/spec.json"
contains "error" "$(cat "$X/bad/error")" "inputs.n"

# Projects.
check mkdir "$M/newproject"
same "its domains" "$(ls "$M/newproject" | tr '\n' ' ')" "development production project.json staging "
errno_is EEXIST mkdir "$M/newproject"
errno_is EINVAL mkdir "$M/Not A Project"
said EINVAL "Not A Project"
errno_is EPERM rmdir "$M/newproject"
check put "$M/newproject/project.json" '{"id": "newproject", "name": "New", "description": "of two words"}'
contains "project.json" "$(cat "$M/newproject/project.json")" "of two words"
errno_is EINVAL write "$M/newproject/project.json" '{"id": "other"}'
contains "project.json still" "$(cat "$M/newproject/project.json")" "of two words"
