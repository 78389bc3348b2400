#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Whoever walks the whole mount comes to an end, changes nothing and hangs on nothing (B1, B2, B3).
. "$(dirname "$0")/../lib.sh"

start
register_examples
launch good echo '{"text": "needle"}'
launch bad failer
finish good SUCCEEDED
finish bad FAILED
start_sleeper long
check mkdir "$X/draft"
printf '{"launch_plan": "echo"' >"$X/draft/spec.json"

# A run that never ends and a draft are in the tree: no crawler waits for them.
crawl() { timeout 20 "$@"; same "status of $1" $? 0; }
crawl grep -rq NEEDLE "$M"
timeout 20 grep -r no-such-needle "$M"
same "grep without a hit" $? 1
crawl find "$M" -type f -exec cat {} + >/dev/null
crawl tar cf "$T/all.tar" --warning=no-file-changed -C "$M" .
crawl ls -lR "$M" >/dev/null
crawl du -s "$M" >/dev/null
crawl cp -r "$M" "$T/everything"
same "phase of the sleeper" "$(phase_of long)" RUNNING
same "a hit is printed once in each text that has it" \
	"$(grep -rl NEEDLE "$X/good" | sort | uniq -d)" ""
lacks "what grep says" "$(grep -r NEEDLE "$M" 2>&1)" "binary file"

# .wait is reached by name, never listed.
lacks "ls -a" "$(ls -a "$X/long")" .wait
same "find" "$(find "$M" -name .wait)" ""
same "find .flytefs" "$(find "$M" -maxdepth 1 -name '.flytefs')" ""
same "cat .wait of what is over" "$(cat "$X/good/.wait")" SUCCEEDED
cat "$X/long/.wait" >"$T/waited" &
waiter=$!
check put "$X/long/terminate" enough
wait $waiter
same "cat .wait of what ran" "$(cat "$T/waited")" ABORTED

# Reading changes nothing and counts nothing up. (Wait for what the engine has yet to say of the end.)
idle() { [ "$(stat_of tasks_running)$(stat_of executions_running)" = 00 ]; }
until_true 20 idle
# Times of directories may be a second old (A12): the same for longer than that.
settled() {
	before=$(fingerprint)
	until=$(($(date +%s) + 2))
	while [ "$(date +%s)" -le $until ]; do [ "$(fingerprint)" = "$before" ] || return 1; done
}
until_true 20 settled
commits=$(stat_of commits)
find "$M" -type f -exec cat {} + >/dev/null
grep -rq "$T" "$M"
same "the tree after a crawl" "$(fingerprint)" "$before"
same "commits after a crawl" "$(stat_of commits)" "$commits"
same "what was refused while crawling" "$(last_error)" ""
# Bounded memory: a crawl of this little tree does not make the daemon grow by megabytes.
pid=$(daemon_pid)
for i in 1 2 3; do find "$M" -type f -exec cat {} + >/dev/null; done
grown=$(awk '/VmRSS/ { print $2 }' "/proc/$pid/status")
for i in 1 2 3 4 5 6; do find "$M" -type f -exec cat {} + >/dev/null; done
grown_at_most "kilobytes grown by six crawls" "$(($(awk '/VmRSS/ { print $2 }' "/proc/$pid/status") - grown))" 4096
