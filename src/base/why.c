/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Failures with a sentence, and the table between gRPC status codes and errno. It does not
 * know who fails or who reads the sentence.
 */
#include "flytefs/base.h"

#include <stdio.h>

/* Source: DESIGN §6 for the pairs it names; the others are the nearest a file call can say. */
static const struct {
	const char *name;
	int error;
} statuses[] = {
	[FLY_OK] = {"OK", 0},
	[FLY_CANCELED] = {"CANCELED", ECANCELED},
	[FLY_UNKNOWN] = {"UNKNOWN", EIO},
	[FLY_INVALID_ARGUMENT] = {"INVALID_ARGUMENT", EINVAL},
	[FLY_DEADLINE_EXCEEDED] = {"DEADLINE_EXCEEDED", ETIMEDOUT},
	[FLY_NOT_FOUND] = {"NOT_FOUND", ENOENT},
	[FLY_ALREADY_EXISTS] = {"ALREADY_EXISTS", EEXIST},
	[FLY_PERMISSION_DENIED] = {"PERMISSION_DENIED", EACCES},
	[FLY_RESOURCE_EXHAUSTED] = {"RESOURCE_EXHAUSTED", EDQUOT},
	[FLY_FAILED_PRECONDITION] = {"FAILED_PRECONDITION", EPERM},
	[FLY_ABORTED] = {"ABORTED", EBUSY},
	[FLY_OUT_OF_RANGE] = {"OUT_OF_RANGE", EINVAL},
	[FLY_UNIMPLEMENTED] = {"UNIMPLEMENTED", EOPNOTSUPP},
	[FLY_INTERNAL] = {"INTERNAL", EIO},
	[FLY_UNAVAILABLE] = {"UNAVAILABLE", EHOSTDOWN},
	[FLY_DATA_LOSS] = {"DATA_LOSS", EIO},
	[FLY_UNAUTHENTICATED] = {"UNAUTHENTICATED", EACCES},
};

int fly_status_errno(enum fly_status status)
{
	if ((unsigned)status >= FLY_ARRAY_LEN(statuses))
		return EIO;
	return statuses[status].error;
}

const char *fly_status_name(enum fly_status status)
{
	if ((unsigned)status >= FLY_ARRAY_LEN(statuses))
		return "UNKNOWN";
	return statuses[status].name;
}

enum fly_status fly_errno_status(int error)
{
	switch (error) {
	case 0:
		return FLY_OK;
	case EINVAL:
	case EBADMSG:
	case EILSEQ:
	case ENAMETOOLONG:
	case ENOTDIR:
	case EISDIR:
		return FLY_INVALID_ARGUMENT;
	case ENOENT:
		return FLY_NOT_FOUND;
	case EEXIST:
		return FLY_ALREADY_EXISTS;
	case EACCES:
		return FLY_PERMISSION_DENIED;
	case EPERM:
	case EBUSY:
	case EROFS:
	case ENOTEMPTY:
		return FLY_FAILED_PRECONDITION;
	case EDQUOT:
	case ENOSPC:
	case ENOMEM:
	case EFBIG:
	case EMFILE:
	case ENFILE:
		return FLY_RESOURCE_EXHAUSTED;
	case ERANGE:
	case EOVERFLOW:
		return FLY_OUT_OF_RANGE;
	case ETIMEDOUT:
		return FLY_DEADLINE_EXCEEDED;
	case EOPNOTSUPP:
	case ENOSYS:
		return FLY_UNIMPLEMENTED;
	case EHOSTDOWN:
	case EHOSTUNREACH:
	case ENETUNREACH:
	case ECONNREFUSED:
	case ECONNRESET:
	case EAGAIN:
		return FLY_UNAVAILABLE;
	case ECANCELED:
	case EINTR:
		return FLY_CANCELED;
	default:
		return FLY_INTERNAL;
	}
}

/* A sentence is one line of well-ended UTF-8, whatever was quoted in it. */
static void tidy(char *text, bool cut)
{
	size_t len = strlen(text);

	if (cut)
		text[fly_utf8_cut(text, len, len - 1)] = '\0';
	fly_utf8_repair(text);
	for (; *text; text++) {
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = ' ';
	}
}

static void FLY_PRINTF(4, 0)
record(struct fly_why *why, enum fly_status status, int error, const char *format, va_list args)
{
	int len;

	if (!why || why->status != FLY_OK)
		return;
	why->status = status;
	why->error = error;
	len = vsnprintf(why->text, sizeof(why->text), format, args);
	if (len < 0)
		why->text[0] = '\0';
	else
		tidy(why->text, (size_t)len >= sizeof(why->text));
}

int fly_fail(struct fly_why *why, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	record(why, fly_errno_status(error), error, format, args);
	va_end(args);
	return -error;
}

int fly_no_memory(struct fly_why *why)
{
	return fly_fail(why, ENOMEM, "out of memory");
}

int fly_refuse(struct fly_why *why, enum fly_status status, const char *format, ...)
{
	int error = fly_status_errno(status);
	va_list args;

	va_start(args, format);
	record(why, status, error, format, args);
	va_end(args);
	return -error;
}

void fly_why_prefix(struct fly_why *why, const char *format, ...)
{
	char old[FLY_WHY_MAX];
	va_list args;
	int len;

	if (!why || why->status == FLY_OK)
		return;
	memcpy(old, why->text, sizeof(old));
	va_start(args, format);
	len = vsnprintf(why->text, sizeof(why->text), format, args);
	va_end(args);
	if (len < 0)
		len = 0;
	if ((size_t)len < sizeof(why->text))
		len += snprintf(why->text + len, sizeof(why->text) - (size_t)len, "%s", old);
	tidy(why->text, (size_t)len >= sizeof(why->text));
}
