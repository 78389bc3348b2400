#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What no compiler checks: which room may see which library, sizes of files, words that don't belong.
cd "$(dirname "$0")/.." || exit 1
bad=0
complain() { echo "$*"; bad=1; }

# only LIBRARY-HEADER PATTERN-OF-ALLOWED-PATHS
only() {
	found=$(grep -rlE "#include [<\"]$1" src include tests/unit 2>/dev/null | grep -vE "$2")
	[ -z "$found" ] || complain "$1 may be seen by $2 only, not by: $found"
}
only 'fuse_lowlevel\.h' '^src/fs/'
only 'fuse' '^src/(fs|main)/'
only 'sqlite3\.h' '^(src/store/|tests/unit/store/)'
only 'jansson\.h' '^(src/codec/|src/admin/(shorthand|refusal_place)|tests/unit/)'
only 'yaml\.h' '^src/codec/'
only 'flytefs/fs\.h' '^(src/fs/|src/main/|tests/unit/fs)'
only 'flytefs/engine\.h' '^(src/engine/|src/main/|tests/unit/engine)'
only 'flytefs/admin\.h' '^(src/(admin|engine|fs|main)/|include/flytefs/|tests/unit/)'

# SQL stays in the store.
found=$(grep -rnE '"(SELECT|INSERT INTO|UPDATE|DELETE FROM) ' src include | grep -v '^src/store/')
[ -z "$found" ] || complain "SQL outside src/store: $found"

for f in $(git ls-files 'src/*.[ch]' 'include/*.h' 'tests/*.c' 'tests/*.h'); do
	lines=$(wc -l <"$f")
	[ "$lines" -le 800 ] || complain "$f has $lines lines (at most 800)"
	head -n 3 "$f" | grep -q 'SPDX-License-Identifier: Apache-2.0' || complain "$f: no SPDX line"
done

# Sections of the notes that comments name have an entry in docs/sources.md. "flyte-api §2.3, §2.11" names two.
found=$(git grep -lIE '§|floor R-' -- src include proto tests contrib docs | xargs awk '
BEGIN {
	while ((getline line < "docs/sources.md") > 0)
		if (match(line, /^- \*\*[^*]+\*\*/))
			entries[substr(line, 5, RLENGTH - 6)] = 1
}
function check(label) {
	if (!(label in entries))
		print FILENAME ":" FNR " names " label ", which has no entry in docs/sources.md"
}
FNR == 1 { document = "" }
{
	line = $0
	while (match(line, /DESIGN|flyte-api|flyte-engine|floor R-[A-Z][0-9]+|RFC [0-9]+|§[0-9]+(\.[0-9]+)*|\*\//)) {
		word = substr(line, RSTART, RLENGTH)
		line = substr(line, RSTART + RLENGTH)
		if (word ~ /^floor/)
			check(word)
		else if (word !~ /^§/)
			document = word ~ /^(DESIGN|flyte)/ ? word : ""
		else if (document != "")
			check(document " " word)
	}
}')
[ -z "$found" ] || complain "$found"

found=$(git grep -nIE '\b(TODO|FIXME|XXX|HACK)\b' -- src include tests contrib docs | grep -v '^tests/lint.sh')
[ -z "$found" ] || complain "unfinished: $found"
found=$(git grep -nIE '[[:space:]]+$' -- '*.c' '*.h' '*.sh' '*.build')
[ -z "$found" ] || complain "blanks at the end of a line: $found"
exit $bad
