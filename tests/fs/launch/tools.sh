#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Tools that dress what they copied launch as well as echo does, and report no failure: chmod, chown, utimes, fsync and
# truncation after the launch change nothing (C7, D3).
. "$(dirname "$0")/../lib.sh"

start -o jobs=0
register_examples
cat >"$T/spec.json" <<'JSON'
{
  "launch_plan": "echo",
  "inputs": {"text": "copied"}
}
JSON
chmod 600 "$T/spec.json"
touch -d 2001-02-03T04:05:06 "$T/spec.json"
n=0
# launches NAME WORDS…: the tool is quiet, succeeds, and NAME was launched once by it.
launches() {
	name=$1
	shift
	"$@" >"$T/out" 2>&1 || fail "status $? from $*"
	same "what is said by: $*" "$(cat "$T/out")" ""
	there "$X/$name/phase"
	n=$((n + 1))
	same "executions after: $*" "$(stat_of executions)" $n
	contains "what was launched by: $*" "$(cat "$X/$name/spec.json")" copied
	same "mode after: $*" "$(stat -c %a "$X/$name/spec.json")" 444
	same "names after: $*" "$(names_in "$X/$name" | grep -c 'spec\|tmp')" 1
}
make_draft() { check mkdir "$X/$1"; }

for r in cp cpp cpa cpn cpf install install-m rsync rsync-inplace rsync-a ddsync; do make_draft $r; done
launches cp cp "$T/spec.json" "$X/cp/"
launches cpp cp -p "$T/spec.json" "$X/cpp/spec.json"
launches cpa cp -a "$T/spec.json" "$X/cpa/spec.json"
launches cpn cp -n "$T/spec.json" "$X/cpn/spec.json"
launches cpf cp -f --remove-destination "$T/spec.json" "$X/cpf/spec.json"
launches install install "$T/spec.json" "$X/install/spec.json"
launches install-m install -m 640 -p "$T/spec.json" "$X/install-m/spec.json"
launches ddsync dd if="$T/spec.json" of="$X/ddsync/spec.json" conv=fsync status=none
if has rsync; then
	launches rsync rsync "$T/spec.json" "$X/rsync/"
	launches rsync-a rsync -a "$T/spec.json" "$X/rsync-a/"
	launches rsync-inplace rsync -a --inplace "$T/spec.json" "$X/rsync-inplace/"
fi

# mv from another file system removes its source only when the launch has been taken.
make_draft mv
cp -p "$T/spec.json" "$T/moved.json"
launches mv mv "$T/moved.json" "$X/mv/spec.json"
not_there "$T/moved.json"
make_draft mvbad
echo '{"launch_plan": "nope"}' >"$T/bad.json"
refuse mv "$T/bad.json" "$X/mvbad/spec.json"
there "$T/bad.json"
not_there "$X/mvbad/phase"
contains "error" "$(cat "$X/mvbad/error")" nope
# install and mv unlink their target first: that neither aborts nor drops a draft.
echo '{' >"$X/mvbad/spec.json"
launches mvbad install "$T/spec.json" "$X/mvbad/spec.json"

# An archive with the directory in it, and one unpacked into a draft.
mkdir -p "$T/tree/tarred"
cp -p "$T/spec.json" "$T/tree/tarred/"
tar cf "$T/tree.tar" -C "$T/tree" tarred
launches tarred tar xf "$T/tree.tar" -C "$X"
make_draft into
tar cf "$T/file.tar" -C "$T" spec.json
launches into tar xf "$T/file.tar" -C "$X/into"
make_draft owned
launches owned tar xpf "$T/file.tar" -C "$X/owned" --same-owner
# A directory copied with its spec.json launches; the rest of an execution is refused and changes nothing.
mkdir "$T/whole"
cp "$T/spec.json" "$T/whole/"
launches whole cp -r "$T/whole" "$X/"
refuse cp -r "$X/whole" "$X/again"
there "$X/again/phase"
n=$((n + 1))
same "executions after cp -r of an execution" "$(stat_of executions)" $n

# Root's copies keep somebody else's name where they can, which is not here: quietly.
if is_root; then
	chown 4242:4242 "$T/spec.json"
	for r in root-cp root-rsync root-mv; do make_draft $r; done
	launches root-cp cp -p "$T/spec.json" "$X/root-cp/spec.json"
	cp -p "$T/spec.json" "$T/moved.json"
	launches root-mv mv "$T/moved.json" "$X/root-mv/spec.json"
	if has rsync; then launches root-rsync rsync -a "$T/spec.json" "$X/root-rsync/"; fi
fi

# What shrinks or is not theirs to dress is refused all the same.
errno_is $NO truncate "$X/cp/spec.json" 0
errno_is $NO ftruncate "$X/cp/spec.json" 5
errno_is EPERM chmod "$X/cp/phase" 600
errno_is 0 fsync "$X/cp/spec.json"
same "owner" "$(stat -c %u "$X/cp/spec.json")" "$(id -u)"
