#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The manual names every option that --help shows, and no other of flytefs's own.
set -u
page=$(dirname "$0")/../docs/man/flytefs.8
bad=0
for name in $("$FLYTEFS" --help | sed -n 's/^ *-o \([a-z_]*\).*/\1/p; s/^ *\(-[a-z-]*\).*/\1/p' | sort -u); do
	[ "$name" != -o ] || continue
	escaped=$(printf '%s' "$name" | sed 's/-/\\\\-/g')
	grep -qE "^\.(B|BI) $escaped(=| |\$)" "$page" || { echo "the manual does not tell $name"; bad=1; }
done
for name in $(sed -n 's/^\.BI \([a-z_]*\)=.*/\1/p' "$page"); do
	"$FLYTEFS" --help | grep -q -- "-o $name=" || { echo "--help does not tell $name"; bad=1; }
done
exit $bad
