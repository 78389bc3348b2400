/* SPDX-License-Identifier: Apache-2.0 */
/* The clocks, as nanoseconds. It does not know calendars. */
#include "flytefs/base.h"

#include <time.h>

static int64_t read_clock(clockid_t id)
{
	struct timespec t = {0};

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t fly_now_ns(void)
{
	return read_clock(CLOCK_REALTIME);
}

int64_t fly_file_now_ns(void)
{
	return read_clock(CLOCK_REALTIME_COARSE);
}

int64_t fly_time_after(int64_t old_ns, int64_t now_ns)
{
	return now_ns > old_ns ? now_ns : old_ns + 1;
}

int64_t fly_file_time_after(int64_t old_ns)
{
	return fly_time_after(old_ns, fly_file_now_ns());
}

int64_t fly_tick_ns(void)
{
	return read_clock(CLOCK_MONOTONIC);
}
