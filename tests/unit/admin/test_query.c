/* SPDX-License-Identifier: Apache-2.0 */
/* query/FILTERS: what a directory name asks for, in Flyte's language. */
#include "check.h"

#include "flytefs/admin.h"

/* The request as "FILTERS | SORT | LIMIT | TOKEN", or the sentence of a refusal. */
static const char *ask(const char *text, struct fly_arena *arena)
{
	Flyteidl__Admin__ResourceListRequest *req;
	struct fly_why why = {0};
	enum fly_listed what;
	int rc = fly_query_parse(text, "p", "d", &what, arena, &req, &why);

	if (rc < 0) {
		CHECK_INT(why.status, FLY_INVALID_ARGUMENT);
		return fly_arena_strdup(arena, why.text);
	}
	CHECK_STR(req->id->project, "p");
	CHECK_STR(req->id->domain, "d");
	return fly_arena_printf(arena, "%s | %s%s | %u | %s", req->filters,
				req->sort_by->direction ? "" : "-", req->sort_by->key, req->limit,
				req->token);
}

static void check_query(const char *text, const char *want)
{
	auto_arena arena = {0};

	CHECK_STR(ask(text, &arena), want);
}

static void test_conditions(void)
{
	check_query("", " | -id | 100 | ");
	check_query("phase=FAILED", "eq(phase,FAILED) | -id | 100 | ");
	check_query("phase=failed;Aborted", "value_in(phase,FAILED;ABORTED) | -id | 100 | ");
	check_query("phase!=FAILED;ABORTED", "value_not_in(phase,FAILED;ABORTED) | -id | 100 | ");
	check_query("phase=FAILED,launch_plan.name~train,sort=-started_at,limit=20",
		    "eq(phase,FAILED)+contains(launch_plan.name,train) | -started_at | 20 | ");
	check_query("duration.gte=60,duration.lt=1h", "gte(duration,60)+lt(duration,1h) | -id | "
						      "100 | ");
	check_query("duration>60,duration<=90s",
		    "gt(duration,60)+lte(duration,90s) | -id | 100 | ");
	check_query("name=run1", "eq(execution_name,run1) | -id | 100 | ");
	check_query("execution.name!~tmp", "not_like(execution_name,%tmp%) | -id | 100 | ");
	check_query("workflow=etl,tag=x,token=40",
		    "eq(workflow.name,etl)+eq(execution_tag.key,x) | -id | 100 | 40");
	check_query("sort=created_at", " | execution_created_at | 100 | ");
	check_query("state=archived,mode=SCHEDULED", "eq(state,1)+eq(mode,1) | -id | 100 | ");
	check_query("state=0;1", "value_in(state,0;1) | -id | 100 | ");
	check_query("workflows,name~etl", "contains(name,etl) | -id | 100 | ");
	check_query("launch_plans,state=ACTIVE,created_at.gt=2020-05-12",
		    "eq(state,1)+gt(created_at,2020-05-12T00:00:00Z) | -id | 100 | ");
}

static void test_values(void)
{
	check_query("started_at.gte=2025-03-02T00:00:00+02:00",
		    "gte(started_at,2025-03-01T22:00:00Z) | -id | 100 | ");
	check_query("updated_at.lt=2025-03-02", "lt(execution_updated_at,2025-03-02T00:00:00Z) | "
						"-id | 100 | ");
	check_query("error_code=a%28b%29", "eq(error_code,a(b)) | -id | 100 | ");
	check_query("name~50%", "contains(execution_name,50%) | -id | 100 | ");
	check_query("error_code= x", "eq(error_code,  x) | -id | 100 | ");
}

static void test_own_language(void)
{
	check_query("eq(phase,FAILED)+gte(duration,60)",
		    "eq(phase,FAILED)+gte(duration,60) | -id | 100 | ");
	check_query("eq(name,x),phase=RUNNING,limit=3,sort=phase",
		    "eq(name,x)+eq(phase,RUNNING) | phase | 3 | ");
	check_query("executions,value_in(phase,FAILED;ABORTED)",
		    "value_in(phase,FAILED;ABORTED) | -id | 100 | ");
}

static void test_refusals(void)
{
	check_query("phase", "\"phase\": expected FIELD=VALUE, or one of != ~ !~ .gte= .gt= .lte= "
			     ".lt= in place of =");
	check_query("phase=", "\"phase=\": the value is missing");
	check_query("=x", "\"=x\": the field is missing");
	check_query("phase=DONE", "\"phase=DONE\": there is no phase \"DONE\"");
	check_query("phase=FAILED;", "\"phase=FAILED;\": a value is empty");
	check_query("duration.gt=1;2", "\"duration.gt=1;2\": only = and != take several values");
	check_query("name~a;b", "\"name~a;b\": only = and != take several values");
	check_query("project=x", "\"project=x\": the directory says which project and domain");
	check_query("phase=FAILED,name~a(b,limit=3",
		    "\"name~a(b,limit=3\": a parenthesis is not closed (%28 is one that belongs to "
		    "a value)");
	check_query("limit=0", "\"limit=0\": expected a number of 1 or more");
	check_query("sort=a,sort=b", "\"sort=b\": sort is given already: one field can be sorted "
				     "by");
	check_query("name=a%2Cb", "\"name=a%2Cb\": Flyte's filters can't say a value with a comma "
				  "or a plus");
	check_query("started_at.gt=yesterday",
		    "\"started_at.gt=yesterday\": expected a time as 2020-05-12T10:00:00Z, a day "
		    "as 2020-05-12, or how long ago as -90m");
}

/* "-90m" is a moment: the filter holds it as a time not far from that. */
static void test_ago(void)
{
	Flyteidl__Admin__ResourceListRequest *req;
	int64_t at, now = fly_now_ns();
	enum fly_listed what;
	auto_arena arena = {0};
	char *time;

	CHECK_INT(fly_query_parse("started_at.gte=-90m", "p", "d", &what, &arena, &req, NULL), 0);
	time = strchr(req->filters, ',') + 1;
	time[strcspn(time, ")")] = '\0';
	CHECK_INT(fly_time_parse(time, &at), 0);
	CHECK(now - at >= INT64_C(5400) * 1000000000 - 1000000000);
	CHECK(now - at <= INT64_C(5410) * 1000000000);
}

static void check_token(const char *text, const char *token, const char *want)
{
	auto_arena arena = {0};

	CHECK_STR(fly_query_with_token(text, token, &arena), want);
}

int main(void)
{
	test_conditions();
	test_values();
	test_own_language();
	test_refusals();
	test_ago();
	check_token("phase=FAILED", "20", "phase=FAILED,token=20");
	check_token("token=20,phase=FAILED", "40", "phase=FAILED,token=40");
	check_token("eq(name,a,token=1),token=20", "40", "eq(name,a,token=1),token=40");
	check_token("", "5", "token=5");
	check_token("phase=FAILED,token=20", "", "phase=FAILED");
	return check_done();
}
