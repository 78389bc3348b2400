/* SPDX-License-Identifier: Apache-2.0 */
/*
 * launch PATTERN TEXT WRITERS COUNT: write the file TEXT to COUNT paths, PATTERN with its '%'
 * replaced by 0, 1, 2 …, from WRITERS threads, each as `cp TEXT path` and `echo > path` do it (open
 * with O_CREAT and O_TRUNC, one write, close). Prints how many a second were accepted; fails on the
 * first refusal.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WRITERS_MAX 256
#define TEXT_MAX (1 << 20)

struct job {
	const char *before, *after;	/* of the path */
	int before_len;
	char *text;
	size_t len;
	atomic_long next;
	long count;
	atomic_int failed;
};

static int launch(struct job *job, long n)
{
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%.*s%ld%s", job->before_len, job->before, n, job->after);
	fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0644);
	if (fd < 0 || write(fd, job->text, job->len) != (ssize_t)job->len) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return close(fd);
}

static void *writer(void *arg)
{
	struct job *job = arg;
	long n;

	while (!job->failed && (n = atomic_fetch_add(&job->next, 1)) < job->count)
		if (launch(job, n))
			job->failed = 1;
	return NULL;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static char *read_whole(const char *path, size_t *len)
{
	FILE *f = fopen(path, "re");
	char *text = malloc(TEXT_MAX);

	if (!f || !text) {
		perror(path);
		exit(2);
	}
	*len = fread(text, 1, TEXT_MAX, f);
	fclose(f);
	return text;
}

int main(int argc, char **argv)
{
	pthread_t threads[WRITERS_MAX];
	struct job job = { 0 };
	double start;
	int writers;

	if (argc != 5 || !(job.after = strchr(argv[1], '%')) || (writers = atoi(argv[3])) < 1 ||
	    writers > WRITERS_MAX) {
		fprintf(stderr, "usage: launch PATTERN TEXT WRITERS COUNT\n");
		return 2;
	}
	job.before = argv[1];
	job.before_len = (int)(job.after++ - argv[1]);
	job.text = read_whole(argv[2], &job.len);
	job.count = atol(argv[4]);
	start = now();
	for (int i = 0; i < writers; i++)
		if (pthread_create(&threads[i], NULL, writer, &job))
			return 2;
	for (int i = 0; i < writers; i++)
		pthread_join(threads[i], NULL);
	printf("%.1f\n", (double)job.count / (now() - start));
	free(job.text);
	return job.failed ? 1 : 0;
}
