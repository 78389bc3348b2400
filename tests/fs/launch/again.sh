#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What one execution shows launches the next: spec.json unedited, relaunch, recover (C9).
. "$(dirname "$0")/../lib.sh"

start
register_examples
launch old echo '{"text": "the same again"}'
finish old SUCCEEDED
check mkdir "$X/new"
check cp "$X/old/spec.json" "$X/new/spec.json"
finish new SUCCEEDED
check diff "$X/old/inputs.json" "$X/new/inputs.json"
check diff "$X/old/outputs.json" "$X/new/outputs.json"
check diff "$X/old/spec.json" "$X/new/spec.json"
check cp "$X/old/spec.json" "$X/third.json"
finish third SUCCEEDED
check sh -c "sed 's/same again/other text/' $X/old/spec.json >$X/fourth.json"
finish fourth SUCCEEDED
same "output of the edited one" "$(cat "$X/fourth/outputs/shout")" "THE OTHER TEXT"

# relaunch: a name, or an empty line for a generated one; `relaunched` is the newest.
check put "$X/old/relaunch" fifth
finish fifth SUCCEEDED
same "relaunched" "$(basename "$(readlink "$X/old/relaunched")")" fifth
check put "$X/old/relaunch" ""
generated=$(basename "$(readlink "$X/old/relaunched")")
[ "$generated" != fifth ] || fail "no generated name"
case $generated in *[!a-z0-9-]*) fail "a generated name like $generated" ;; esac
finish "$generated" SUCCEEDED
check diff "$X/old/outputs.json" "$X/old/relaunched/outputs.json"
refuse_with "File exists" bash_put "$X/old/relaunch" fifth
said EEXIST old/relaunch fifth
refuse_with "Invalid argument" bash_put "$X/old/relaunch" "Not A Name"

# recover keeps what succeeded: of two steps only the one that failed runs again.
register tasks once "{\"command\": [\"sh\", \"-c\", \"echo run >>$T/once\"]}"
register tasks gate "{\"command\": [\"sh\", \"-c\", \"test -e $T/open\"]}"
register workflows two '{"steps": [{"task": "once"}, {"task": "gate", "after": "once"}]}'
launch two two
finish two FAILED
: >"$T/open"
check put "$X/two/recover" two-again
finish two-again SUCCEEDED
same "times the first step ran" "$(wc -l <"$T/once")" 1
check put "$X/two/relaunch" two-anew
finish two-anew SUCCEEDED
same "times it ran when relaunched" "$(wc -l <"$T/once")" 2

# flytectl's exec file, by a rename too.
cat >"$T/exec.yaml" <<'YAML'
iamRoleARN: ""
inputs:
  text: from an exec file
kubeServiceAcct: ""
targetDomain: ""
targetProject: ""
version: v1
workflow: echo
YAML
check mkdir "$X/yaml"
refuse cp "$T/exec.yaml" "$X/yaml/spec.yaml"
check cp "$T/exec.yaml" "$X/yaml/new"
check mv "$X/yaml/new" "$X/yaml/spec.yaml"
finish yaml SUCCEEDED
same "its output" "$(cat "$X/yaml/outputs/shout")" "FROM AN EXEC FILE"
check mkdir "$X/badyaml"
echo 'inputs: [' >"$X/badyaml/new"
refuse mv "$X/badyaml/new" "$X/badyaml/spec.yaml"
contains "error" "$(cat "$X/badyaml/error")" "spec.yaml:"
not_there "$X/badyaml/phase"

# The wire form does the same, by a rename, since it does not say where it ends.
check mkdir "$X/wire"
refuse_with "Operation not supported" cp "$X/old/spec.pb" "$X/wire/spec.pb"
said EOPNOTSUPP wire/spec.pb "rename"
check cp "$X/old/spec.pb" "$X/wire/new"
check mv "$X/wire/new" "$X/wire/spec.pb"
finish wire SUCCEEDED
check cmp "$X/old/spec.pb" "$X/wire/spec.pb"
check mkdir "$X/badwire"
head -c 20 "$X/old/spec.pb" >"$X/badwire/new"
refuse mv "$X/badwire/new" "$X/badwire/spec.pb"
contains "error" "$(cat "$X/badwire/error")" "spec.pb: "
not_there "$X/badwire/phase"
