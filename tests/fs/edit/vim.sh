#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# vim and sisters: swap, backup and fsync beside the document; a save that is complete launches, once (D1, D5).
. "$(dirname "$0")/../lib.sh"
vim=$(vim_tool) || skip "needs vim"

start -o jobs=0
register_examples
export HOME="$T"
# edit ARGUMENTS…: what is typed comes on stdin, as ex commands: the tiny vim has no functions.
edit() { timeout 20 "$vim" -u NONE -i NONE -N -es "$@" >"$T/out" 2>&1; }

# A new document, typed and saved.
check mkdir "$X/typed"
edit "$X/typed/spec.json" <<'EX'
1change
{"launch_plan": "echo"}
.
wq
EX
same "status of :wq" $? 0
there "$X/typed/phase"
lacks "what vim left" "$(ls -a "$X/typed")" .swp

# With a swap file, backups and every way to write that vim has.
n=1
for how in 'set swapfile nobackup nowritebackup' 'set backup writebackup backupcopy=yes' \
	'set backup writebackup backupcopy=no' 'set writebackup backupcopy=auto fsync'; do
	n=$((n + 1))
	check mkdir "$X/r$n"
	# The first save is no JSON yet, the second is halfway: refused or waiting, never launched.
	printf '{"launch_plan": "nope"' >"$X/r$n/spec.json"
	edit --cmd "$how" "$X/r$n/spec.json" <<-'EX'
		1change
		{"launch_plan":
		.
		w
		$append
		"echo"}
		.
		wq
	EX
	same "status with $how" $? 0
	there "$X/r$n/phase"
	same "executions with $how" "$(stat_of executions)" $n
	lacks "what vim left" "$(ls -a "$X/r$n")" .swp
done

# A refused save is an error in vim, the text stays, and `error` says why.
check mkdir "$X/bad"
edit "$X/bad/spec.json" <<'EX'
1change
{"launch_plan": "nope"}
.
wq
EX
[ $? != 0 ] || fail "vim saw no error"
not_there "$X/bad/phase"
contains "error" "$(cat "$X/bad/error")" 'launch_plan: there is no launch plan "nope"'
edit -c '%s/nope/echo/' -c wq "$X/bad/spec.json" </dev/null
there "$X/bad/phase"

# What has been launched opens as read-only text and is not written.
edit "$X/typed/spec.json" <<'EX'
1change
{}
.
w!
qa!
EX
contains "spec.json" "$(cat "$X/typed/spec.json")" '"name": "echo"'
same "executions" "$(stat_of executions)" $((n + 1))

# Control files and registering take an editor too.
check mkdir -p "$D/tasks/edited/v1"
edit "$D/tasks/edited/v1/spec.json" <<'EX'
1change
{"command": ["true"]}
.
wq
EX
there "$D/tasks/edited/v1/closure.json"
