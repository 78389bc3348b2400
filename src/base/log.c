/* SPDX-License-Identifier: Apache-2.0 */
/* The log: one line a message, to stderr or syslog. It does not know who is at fault. */
#include "flytefs/base.h"

#include <stdatomic.h>
#include <stdio.h>
#include <syslog.h>

static atomic_bool to_stderr = true;
static atomic_int loudest_kept = FLY_INFO;

void fly_log_open(bool foreground, enum fly_level loudest)
{
	loudest_kept = loudest;
	to_stderr = foreground;
	if (!foreground)
		openlog("flytefs", LOG_PID, LOG_DAEMON);
}

static int priority(enum fly_level level)
{
	switch (level) {
	case FLY_ERROR:
		return LOG_ERR;
	case FLY_WARNING:
		return LOG_WARNING;
	case FLY_INFO:
		return LOG_INFO;
	case FLY_DEBUG:
		break;
	}
	return LOG_DEBUG;
}

void fly_log(enum fly_level level, const char *room, const char *format, ...)
{
	char line[FLY_WHY_MAX + 256];
	va_list args;
	int head, len;

	if ((int)level > loudest_kept)
		return;
	head = snprintf(line, 64, "flytefs: %s: ", room);
	if (head < 0 || head >= 64)
		return;
	va_start(args, format);
	len = vsnprintf(line + head, sizeof(line) - (size_t)head - 1, format, args);
	va_end(args);
	if (len < 0)
		return;
	/* Quoted text of users must not look like lines of ours. */
	for (char *p = line; *p; p++) {
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = ' ';
	}
	if (to_stderr) {
		size_t end = strlen(line);

		line[end] = '\n';
		(void)!write(STDERR_FILENO, line, end + 1);
	} else {
		/* syslog itself says "flytefs". */
		syslog(priority(level), "%s", line + strlen("flytefs: "));
	}
}
