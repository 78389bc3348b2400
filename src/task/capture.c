/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capture: one output stream of a task: whole into a file of its own, line by line into the
 * execution's log. A batch of lines is one write to an O_APPEND file, so lines of tasks that run
 * side by side never mix.
 */
#include "supervisor.h"

#define CHUNKS_AT_ONCE 16			/* who floods us must not keep us from all else */
#define KEPT_MAX ((uint64_t)1 << 30)	/* of a stream, in each of the files it goes to */
#define LINE_MAX_BYTES ((size_t)256 << 10) /* a longer line is cut into several */

/* The files are the daemon's, and so no quota of the user's holds for them. A full disk loses
 * output, not the task. */
static void keep(int file, uint64_t *kept, const char *data, size_t len)
{
	static const char beyond[] = "\nflytefs: what is printed beyond 1 GiB is not kept\n";

	if (*kept >= KEPT_MAX)
		return;
	*kept += len;
	fly_write_all(file, data, len);
	if (*kept >= KEPT_MAX)
		fly_write_all(file, beyond, sizeof(beyond) - 1);
}

static void log_lines(struct fly_capture *c, const char *data, size_t len)
{
	auto_buf batch = {0};

	while (len) {
		const char *newline = memchr(data, '\n', len);
		size_t n = newline ? (size_t)(newline - data) : len;

		if (!newline && c->line.len + n < LINE_MAX_BYTES) {
			fly_buf_add(&c->line, data, n);
			break;
		}
		fly_buf_puts(&batch, c->prefix);
		fly_buf_add(&batch, c->line.data, c->line.len);
		fly_buf_add(&batch, data, n);
		fly_buf_putc(&batch, '\n');
		fly_buf_clear(&c->line);
		data += newline ? n + 1 : n;
		len -= newline ? n + 1 : n;
	}
	if (batch.len)
		keep(c->log, &c->logged, batch.data, batch.len);
}

static void keep_tail(struct fly_tail *t, const char *data, size_t len)
{
	if (len > FLY_TAIL_BYTES) {
		data += len - FLY_TAIL_BYTES;
		len = FLY_TAIL_BYTES;
	}
	if (t->len + len >= sizeof(t->text)) {
		size_t keep = FLY_TAIL_BYTES - len;

		memmove(t->text, t->text + t->len - keep, keep);
		t->len = keep;
	}
	memcpy(t->text + t->len, data, len);
	t->len += len;
}

const char *fly_tail_text(struct fly_tail *t)
{
	size_t start = t->len > FLY_TAIL_BYTES ? t->len - FLY_TAIL_BYTES : 0, lines = 0;
	size_t i = t->len;

	t->text[t->len] = '\0';
	for (char *p = t->text; p < t->text + t->len; p++)
		if (!*p)
			*p = '?';
	if (i && t->text[i - 1] == '\n')
		i--;
	for (; i > start; i--)
		if (t->text[i - 1] == '\n' && ++lines == FLY_TAIL_LINES)
			break;
	/* Cut in the middle of a character: the rest of it is none. */
	while (i < t->len && ((unsigned char)t->text[i] & 0xc0) == 0x80)
		i++;
	fly_utf8_repair(t->text + i);
	return t->text + i;
}

bool fly_capture_read(struct fly_capture *c)
{
	char chunk[65536];
	ssize_t n;

	for (int i = 0; i < CHUNKS_AT_ONCE; i++) {
		n = read(c->in, chunk, sizeof(chunk));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0 || errno != EAGAIN;
		keep(c->file, &c->kept, chunk, (size_t)n);
		keep_tail(c->tail, chunk, (size_t)n);
		log_lines(c, chunk, (size_t)n);
		if ((size_t)n < sizeof(chunk))
			return false;
	}
	return false;
}

void fly_capture_end(struct fly_capture *c)
{
	if (c->in < 0)
		return;
	if (c->line.len)
		log_lines(c, "\n", 1);
	fly_buf_release(&c->line);
	close(c->in);
	c->in = -1;
}
