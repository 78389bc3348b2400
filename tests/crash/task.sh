# SPDX-License-Identifier: Apache-2.0
# The task of the crash test (bash): marks when it starts and ends, and shouts when it runs beside itself.
#
#   $CRASH/marks   a line each: KIND RUN NODE ATTEMPT SECONDS
#   $CRASH/locks/  one lock a node of a run, held by all processes of a try
#   $CRASH/once/   what `half` has done already
tag=$(<"$INPUTS/tag") mode=$(<"$INPUTS/mode") ms=$(<"$INPUTS/ms")
node=${INPUTS%/data/*}
node=${node##*/}${FLYTE_K8S_ARRAY_INDEX:+[$FLYTE_K8S_ARRAY_INDEX]}
run=$FLYTE_INTERNAL_EXECUTION_ID

mark() { printf '%s %s %s %s %s\n' "$1" "$run" "$node" "$FLYTE_ATTEMPT_NUMBER" "$EPOCHREALTIME" >>"$CRASH/marks"; }

exec 9>"$CRASH/locks/$run.$node"
flock -n 9 || mark overlap
mark start
echo "$run $node says $tag"
sleep "$((ms / 1000)).$(printf %03d $((ms % 1000)))"
case $mode in
flaky) [ "$FLYTE_ATTEMPT_NUMBER" != 0 ] || exit 3 ;;
bad) exit 3 ;;
half) ! mkdir "$CRASH/once/$tag" 2>/dev/null || exit 3 ;;
slow) sleep 1000 ;;
esac
echo "$tag+" >"$OUTPUTS/answer"
mark end
