#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# query/: answers as directories; a bad filter is EINVAL on lookup with its sentence; a crowd of them stays bounded.
. "$(dirname "$0")/../lib.sh"

start -o jobs=0
register_examples
for i in 1 2 3 4 5; do launch "r$i" echo; done
launch other failer
put "$X/r1/terminate" over
put "$X/r2/terminate" over
list() { ls -U "$D/query/$1" | grep -v '^list.json$\|^next$' | tr '\n' ' '; }
same "by phase" "$(list phase=ABORTED,sort=name)" "r1 r2 "
same "sorted" "$(list launch_plan.name=echo,sort=name)" "r1 r2 r3 r4 r5 "
same "sorted backwards" "$(list launch_plan.name=echo,sort=-name)" "r5 r4 r3 r2 r1 "
same "one of" "$(list 'name=r1;r4,sort=name')" "r1 r4 "
same "not" "$(list 'name!=other,phase!=ABORTED,sort=name')" "r3 r4 r5 "
same "contains" "$(list 'name~the,sort=name')" "other "
same "Flyte's own" "$(list 'eq(phase,ABORTED)+contains(execution_name,2)')" "r2 "
same "a page" "$(list launch_plan.name=echo,sort=name,limit=2)" "r1 r2 "
page=launch_plan.name=echo,sort=name,limit=2
same "the next page" "$(list $page/next/)" "r3 r4 "
same "the last page" "$(list $page/next/next/)" "r5 "
not_there "$D/query/$page/next/next/next"
check test -f "$D/query/phase=ABORTED/r1/phase"
same "list.json" "$(jq -r '.executions[].id.name' "$D/query/phase=ABORTED,sort=name/list.json" | tr '\n' ' ')" "r1 r2 "
check test -s "$D/query/phase=ABORTED/list.pb"
same "nothing of it is listed" "$(ls -A "$D/query")" ""
same "crawling it" "$(find "$D/query")" "$D/query"

# refused SENTENCE FILTER
refused() {
	errno_is EINVAL stat "$D/query/$2"
	said EINVAL "query/" "$1"
}
refused nosuchfield 'nosuchfield=1'
refused NOSUCHPHASE 'phase=NOSUCHPHASE'
refused limit 'limit=many'
refused limit 'limit=-1'
refused sort 'sort=nosuchfield'
refused token 'token=%%%'
refused 'expected' 'phase'
refused '' ','
refused '' 'eq(phase'
refused 'duration' 'duration.gte=long'
# Many different ones: a bounded table, nothing is stored and nothing gets lost.
before=$(awk '/VmRSS/ { print $2 }' "/proc/$(daemon_pid)/status")
"$PYTHON" - "$D/query" <<'PY' || fail "a crowd of queries"
import os, sys
for i in range(3000):
    os.stat(f"{sys.argv[1]}/name=r{i}")
    try: os.stat(f"{sys.argv[1]}/nosuch{i}=1")
    except OSError: pass
assert os.listdir(f"{sys.argv[1]}/name=r4,limit=7") in (["r4", "list.json"], ["list.json", "r4"])
PY
grown_at_most "kilobytes grown" "$(($(awk '/VmRSS/ { print $2 }' "/proc/$(daemon_pid)/status") - before))" 20000
cd "$D/query/name=r5,limit=3"
seq 100 | while read -r i; do echo "$D/query/name=x$i"; done | xargs ls -d >/dev/null
same "a shell in one of them" "$(ls | tr '\n' ' ')" "list.json r5 "
