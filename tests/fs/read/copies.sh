#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What is over can be copied, archived and put under version control as any directory (A2, A3, A4).
. "$(dirname "$0")/../lib.sh"

start
register_examples
launch good echo
launch bad failer
finish good SUCCEEDED
finish bad FAILED
umask 022

for e in good bad; do
	check tar cf "$T/$e.tar" -C "$X" "$e" 2>"$T/stderr"
	same "what tar says" "$(cat "$T/stderr")" ""
	check tar df "$T/$e.tar" -C "$X"
	check cp -a "$X/$e" "$T/copy-$e"
	check diff -r "$X/$e" "$T/copy-$e"
	same "a copy's time" "$(stat -c %Y "$T/copy-$e/phase")" "$(stat -c %Y "$X/$e/phase")"
done
check cp -r "$X/good" "$T/plain"
check diff -r "$X/good" "$T/plain"

if has rsync; then
	check rsync -a "$X/good/" "$T/mirror/"
	check diff -r "$X/good" "$T/mirror"
	same "a second rsync" "$(rsync -ai "$X/good/" "$T/mirror/")" ""
fi

if has git; then
	export HOME="$T" GIT_CONFIG_NOSYSTEM=1
	git init -q "$T/repository"
	# The work tree is the mount itself.
	git="git --git-dir=$T/repository/.git --work-tree=$X/good"
	check $git add closure.json phase status nodes
	for f in closure.json phase status nodes/echo/closure.json; do
		check sh -c "$git cat-file blob :$f | cmp - $X/good/$f"
	done
	same "git status" "$($git status --porcelain --untracked-files=no | grep -v '^A ')" ""
	remount_fs
	same "git diff after a remount" "$($git diff --name-only)" ""
fi
