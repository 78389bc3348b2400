/* SPDX-License-Identifier: Apache-2.0 */
/* The text of README: how to use the mount, on one screen. */
#include "static.h"

const char fly_readme[] =
"This is flytefs: Flyte's execution service as files. Below PROJECT/DOMAIN/ lie executions/,\n"
"launch_plans/, workflows/ and tasks/; `cd` into one, e.g. flytesnacks/development.\n"
"\n"
"Launch      cp launch_plans/NAME/VERSION/template.json my.json; edit my.json, then\n"
"              cp my.json executions/r1.json          run it as r1\n"
"              cp my.json executions/spec.json        run it under a generated name\n"
"              mkdir executions/r2; echo 5 > executions/r2/inputs/x\n"
"              cp my.json executions/r2/spec.json      run it as r2, with x = 5\n"
"            A spec can be as short as {\"launch_plan\": \"NAME\", \"inputs\": {\"x\": 5}}.\n"
"Watch       cat executions/r1/status                 what it is doing\n"
"            cat executions/r1/.wait                  waits for the end, prints the final phase\n"
"            tail -f executions/r1/log                what its tasks print\n"
"Results     cat executions/r1/outputs/y              one value; all: outputs.json\n"
"            cat executions/r1/error                  why it failed; ls executions/*/error\n"
"Control     echo why > executions/r1/terminate       stop it\n"
"            echo > executions/r1/relaunch            run it again (or write a name)\n"
"            echo > executions/r1/recover             the same, keeping what succeeded\n"
"            mv executions/r1 archived/               put it away; mv back to undo\n"
"            echo r1 > archived/r1/delete             delete it for good\n"
"Find        ls by-phase/FAILED by-launch-plan/NAME\n"
"            ls query/phase=FAILED,launch_plan.name~train,sort=-started_at,limit=20\n"
"Define      mkdir -p tasks/T/v1; cp task.json tasks/T/v1/spec.json (and so workflows/)\n"
"\n"
"When something is refused, the reason stands in `error` beside it, and in\n"
".flytefs/errors/UID (yours: tail -1 MOUNT/.flytefs/errors/$(id -u)).\n";

const size_t fly_readme_len = sizeof(fly_readme) - 1;
