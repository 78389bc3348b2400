/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fork into the background. The parent stays until one byte comes: the child's verdict. A child
 * that dies says nothing, which is a failure too. stderr stays open until then, so sentences reach
 * the person.
 */
#include "background.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

static void wait_for_word(int fd, pid_t child)
{
	unsigned char word = 1;
	ssize_t n;

	do {
		n = read(fd, &word, 1);
	} while (n < 0 && errno == EINTR);
	/* After a refusal nothing of it is left: it may hold the store that the next try wants. */
	if (n <= 0 || word) {
		int status = 0;

		waitpid(child, &status, 0);
		word = WIFEXITED(status) && WEXITSTATUS(status) ? WEXITSTATUS(status) : 1;
	}
	_exit(word);
}

int fly_background_fork(struct fly_why *why)
{
	int pipe_fds[2];
	pid_t child;

	if (pipe2(pipe_fds, O_CLOEXEC))
		return fly_fail(why, errno, "no pipe: %s", strerror(errno));
	child = fork();
	if (child < 0)
		return fly_fail(why, errno, "can't fork: %s", strerror(errno));
	if (child) {
		close(pipe_fds[1]);
		wait_for_word(pipe_fds[0], child);
	}
	close(pipe_fds[0]);
	setsid();
	return pipe_fds[1];
}

void fly_background_ready(int fd, int status)
{
	unsigned char word = (unsigned char)status;

	if (fd < 0)
		return;
	if (!status) {
		auto_fd null = open("/dev/null", O_RDWR | O_CLOEXEC);

		/* The daemon must not hold anybody's directory or terminal. */
		if (chdir("/") || null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 ||
		    dup2(null, 2) < 0)
			fly_log(FLY_WARNING, "main", "can't let go of the terminal: %s",
				strerror(errno));
	}
	if (write(fd, &word, 1) < 0)
		fly_log(FLY_WARNING, "main", "nobody waited for the mount");
	close(fd);
}
