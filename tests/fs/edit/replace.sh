#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Writers that make a file beside it and rename it over the document: the rename is the launch (D2, D3, D4).
. "$(dirname "$0")/../lib.sh"

start -o jobs=0
register_examples
n=0
launched() {
	n=$((n + 1))
	there "$X/$1/phase"
	contains "$1" "$(cat "$X/$1/spec.json")" '"name": "echo"'
	same "executions after $1" "$(stat_of executions)" $n
	lacks "what is left of $1" "$(ls -a "$X/$1")" spec.json.
	lacks "what is left of $1" "$(ls -a "$X/$1")" fuse_hidden
}
# A document that was refused, to be edited.
draft() {
	check mkdir "$X/$1"
	put "$X/$1/spec.json" '{"launch_plan": "nope"}' 2>/dev/null
	not_there "$X/$1/phase"
}
good='{"launch_plan": "echo"}'

draft sed
check sed -i s/nope/echo/ "$X/sed/spec.json"
launched sed
draft sedbak
check sed -i.bak s/nope/echo/ "$X/sedbak/spec.json"
launched sedbak
if has perl; then
	draft perl
	check perl -pi -e s/nope/echo/ "$X/perl/spec.json"
	launched perl
	draft perlbak
	check perl -pi.orig -e s/nope/echo/ "$X/perlbak/spec.json"
	launched perlbak
fi
draft python
"$PYTHON" - "$X/python" <<'PY' || fail "an atomic replace by python"
import os, sys, tempfile
d = sys.argv[1]
with tempfile.NamedTemporaryFile("w", dir=d, delete=False) as f:
    f.write('{"launch_plan": "echo"}')
    f.flush()
    os.fsync(f.fileno())
os.chmod(f.name, 0o644)
os.replace(f.name, f"{d}/spec.json")
PY
launched python
if has rsync; then
	draft rsync
	echo "$good" >"$T/spec.json"
	check rsync -aI "$T/spec.json" "$X/rsync/spec.json"
	launched rsync
fi
draft mv
check put "$X/mv/new" "$good"
not_there "$X/mv/phase"
check mv "$X/mv/new" "$X/mv/spec.json"
launched mv
draft ln
check put "$X/ln/new" "$good"
check mv -T "$X/ln/new" "$X/ln/spec.json"
launched ln
# While somebody has the old one open, it is hidden, not listed.
draft held
exec 5<"$X/held/spec.json"
check put "$X/held/new" "$good"
check mv "$X/held/new" "$X/held/spec.json"
exec 5<&-
launched held

# A refused rename: the errno reaches mv and sed, both files stay, and the next one launches. (EBADMSG in place of
# EINVAL, for which mv would print something else.)
draft bad
check put "$X/bad/new" '{"launch_plan": "nope"}'
refuse_with "No such file or directory" mv "$X/bad/new" "$X/bad/spec.json"
check put "$X/bad/new" '{bad'
refuse_with "Bad message" mv "$X/bad/new" "$X/bad/spec.json"
said EINVAL bad/spec.json "spec.json:1:2: "
contains "error" "$(cat "$X/bad/error")" "spec.json:1:2: "
printf '{"launch_plan"' >"$X/bad/new"
refuse_with "Bad message" mv "$X/bad/new" "$X/bad/spec.json"
contains "error" "$(cat "$X/bad/error")" "ends early"
there "$X/bad/new"
errno_is EEXIST rename-noreplace "$X/bad/new" "$X/bad/spec.json"
errno_is EBADMSG rename-exchange "$X/bad/new" "$X/bad/spec.json"
refuse sed -i s/nope/nothing/ "$X/bad/spec.json"
check sed -i s/nope/echo/ "$X/bad/spec.json"
launched bad
same "executions in the end" "$(stat_of executions)" $n
