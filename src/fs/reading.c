/* SPDX-License-Identifier: Apache-2.0 */
/* The thread for long documents, and its queue; see reading.h. It does not know what they are. */
#include "reading.h"

#include <pthread.h>

#include "notify.h"

struct fly_readings {
	struct fly_fs *fs;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct fly_reading *first, **last;	/* lock */
	bool stop;				/* lock */
	pthread_t thread;
	bool running;	/* fixed by create */
};

/* Once read() has started the call, the answer may be gone. */
static void read_now(struct fly_request *r, struct fly_reading *reading)
{
	struct fly_answer *a = reading->answer;
	int rc = reading->read(r, reading);

	if (rc == FLY_PARKED)
		return;
	a->call.rc = rc;
	a->call.why = r->why;
	fly_answer_judge(a);
	fly_notify_answer(a->fs, a);
}

int fly_reading_start(struct fly_request *r, struct fly_reading *reading, size_t len)
{
	struct fly_readings *readings = r->fs->readings;

	reading->next = NULL;
	if (len <= FLY_READING_LONG) {
		read_now(r, reading);
		return FLY_PARKED;
	}
	pthread_mutex_lock(&readings->lock);
	*readings->last = reading;
	readings->last = &reading->next;
	pthread_cond_signal(&readings->wake);
	pthread_mutex_unlock(&readings->lock);
	return FLY_PARKED;
}

/* The next one in turn; NULL: it is time to end. */
static struct fly_reading *take(struct fly_readings *readings, bool *stop)
{
	struct fly_reading *reading;

	pthread_mutex_lock(&readings->lock);
	while (!readings->first && !readings->stop)
		pthread_cond_wait(&readings->wake, &readings->lock);
	reading = readings->first;
	if (reading)
		readings->first = reading->next;
	if (!readings->first)
		readings->last = &readings->first;
	*stop = readings->stop;
	pthread_mutex_unlock(&readings->lock);
	return reading;
}

static void refuse(struct fly_answer *a)
{
	a->call.rc = fly_fail(&a->call.why, EINTR, "flytefs is ending");
	fly_notify_answer(a->fs, a);
}

static void *serve(void *arg)
{
	struct fly_readings *readings = arg;
	struct fly_reading *reading;
	bool stop;

	while ((reading = take(readings, &stop))) {
		struct fly_request r = { .fs = readings->fs, .req = reading->answer->req,
					 .caller = reading->answer->call.caller };

		if (stop) {
			refuse(reading->answer);
			continue;
		}
		r.db = fly_store_reader(r.fs->store, &r.why);
		read_now(&r, reading);
		fly_arena_release(&r.arena);
	}
	return NULL;
}

int fly_readings_create(struct fly_fs *fs, struct fly_why *why)
{
	struct fly_readings *readings = calloc(1, sizeof(*readings));
	int error;

	if (!readings)
		return fly_no_memory(why);
	readings->fs = fs;
	readings->last = &readings->first;
	pthread_mutex_init(&readings->lock, NULL);
	pthread_cond_init(&readings->wake, NULL);
	fs->readings = readings;
	error = pthread_create(&readings->thread, NULL, serve, readings);
	if (error)
		return fly_fail(why, error, "cannot start a thread: %s", strerror(error));
	readings->running = true;
	pthread_setname_np(readings->thread, "fly-readings");
	return 0;
}

void fly_readings_destroy(struct fly_readings *readings)
{
	if (!readings)
		return;
	if (readings->running) {
		pthread_mutex_lock(&readings->lock);
		readings->stop = true;
		pthread_cond_signal(&readings->wake);
		pthread_mutex_unlock(&readings->lock);
		pthread_join(readings->thread, NULL);
	}
	pthread_cond_destroy(&readings->wake);
	pthread_mutex_destroy(&readings->lock);
	free(readings);
}
