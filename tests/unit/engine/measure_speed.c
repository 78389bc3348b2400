/* SPDX-License-Identifier: Apache-2.0 */
/* How long runs of a task that does nothing take, from create to SUCCEEDED: medians. */
#include "bench.h"

#define ROUNDS 21

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static double median_ms(struct bench *b, const char *plan)
{
	double times[ROUNDS];
	char text[128], name[64];

	snprintf(text, sizeof(text), "{\"launch_plan\": \"%s\"}", plan);
	for (int i = 0; i < ROUNDS; i++) {
		int64_t start = fly_tick_ns();
		int64_t id;

		snprintf(name, sizeof(name), "%s-%d", plan, i);
		id = bench_launch(b, name, text);
		CHECK_STR(bench_wait(b, id), "SUCCEEDED");
		times[i] = (double)(fly_tick_ns() - start) / 1e6;
	}
	qsort(times, ROUNDS, sizeof(*times), compare);
	return times[ROUNDS / 2];
}

static void register_steps(struct bench *b, const char *name, int n, bool chained)
{
	auto_buf text = {0};

	fly_buf_puts(&text, "{\"steps\": [");
	for (int i = 0; i < n; i++) {
		fly_buf_printf(&text, "%s{\"id\": \"n%d\", \"task\": \"nothing\"", i ? "," : "", i);
		if (chained && i)
			fly_buf_printf(&text, ", \"after\": \"n%d\"", i - 1);
		fly_buf_puts(&text, "}");
	}
	fly_buf_puts(&text, "]}");
	bench_register(b, FLY_KIND_WORKFLOW, name, text.data);
}

int main(int argc, char **argv)
{
	struct bench b = {0};

	bench_open(&b, argv[1], 2);
	bench_register(&b, FLY_KIND_TASK, "nothing", "{\"command\": [\"true\"]}");
	register_steps(&b, "one", 1, true);
	register_steps(&b, "ten", 10, true);
	register_steps(&b, "fan", 50, false);
	printf("one task %.1f ms, chain of ten %.1f ms, fan-out of fifty %.1f ms\n",
	       median_ms(&b, "one"), median_ms(&b, "ten"), median_ms(&b, "fan"));
	bench_close(&b);
	return check_done();
}
