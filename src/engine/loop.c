/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop: the scheduler's thread. One round takes what is ready (ended processes, requests, timers),
 * lets the runs move as far as they can, starts what may start, and then commits all that happened
 * in one transaction. Processes are started before the commit that tells of them: state table in
 * job.h. It knows no workflow.
 */
#include "model.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#define ROUND_EVENTS 256 /* taken before a commit */

/* --- timers: a heap by time --------------------------------------------- */

static void put_timer(struct fly_engine *e, size_t place, struct fly_timer *t)
{
	e->timers[place] = t;
	t->place = place;
}

static void sift_up(struct fly_engine *e, size_t i, struct fly_timer *t)
{
	while (i && e->timers[(i - 1) / 2]->at > t->at) {
		put_timer(e, i, e->timers[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	put_timer(e, i, t);
}

static void sift_down(struct fly_engine *e, size_t i, struct fly_timer *t)
{
	for (;;) {
		size_t child = 2 * i + 1;

		if (child + 1 < e->n_timers && e->timers[child + 1]->at < e->timers[child]->at)
			child++;
		if (child >= e->n_timers || e->timers[child]->at >= t->at)
			break;
		put_timer(e, i, e->timers[child]);
		i = child;
	}
	put_timer(e, i, t);
}

void fly_timer_clear(struct fly_engine *e, struct fly_timer *t)
{
	struct fly_timer *last;
	size_t place = t->place;

	if (!t->at)
		return;
	t->at = 0;
	last = e->timers[--e->n_timers];
	if (last == t)
		return;
	if (place && e->timers[(place - 1) / 2]->at > last->at)
		sift_up(e, place, last);
	else
		sift_down(e, place, last);
}

int fly_timer_set(struct fly_engine *e, struct fly_timer *t, int64_t at_tick)
{
	fly_timer_clear(e, t);
	if (e->n_timers == e->cap_timers) {
		size_t cap = e->cap_timers ? e->cap_timers * 2 : 64;
		struct fly_timer **timers = realloc(e->timers, cap * sizeof(struct fly_timer *));

		if (!timers)
			return -ENOMEM;
		e->timers = timers;
		e->cap_timers = cap;
	}
	t->at = at_tick > 0 ? at_tick : 1;
	sift_up(e, e->n_timers++, t);
	return 0;
}

int64_t fly_tick_of(int64_t wall_ns)
{
	return fly_tick_ns() + (wall_ns - fly_now_ns());
}

static void judge(struct fly_run *run, int rc)
{
	if (rc < 0 && run)
		fly_run_let_go(run, -rc);
}

static void expire_timers(struct fly_engine *e)
{
	int64_t now = fly_tick_ns();

	while (e->n_timers && e->timers[0]->at <= now) {
		struct fly_timer *t = e->timers[0];
		struct fly_run *run = t->run; /* what expires may free the timer */

		fly_timer_clear(e, t);
		judge(run, t->expired(t));
	}
}

static int wait_ms(const struct fly_engine *e)
{
	int64_t left;

	if (!e->n_timers)
		return -1;
	left = (e->timers[0]->at - fly_tick_ns() + 999999) / 1000000;
	return left < 0 ? 0 : left > 3600000 ? 3600000 : (int)left;
}

/* --- descriptors -------------------------------------------------------- */

int fly_loop_watch(struct fly_engine *e, struct fly_watch *w)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = w};

	return epoll_ctl(e->epoll_fd, EPOLL_CTL_ADD, w->fd, &event) < 0 ? -errno : 0;
}

void fly_loop_unwatch(struct fly_engine *e, struct fly_watch *w)
{
	if (w->fd < 0)
		return;
	epoll_ctl(e->epoll_fd, EPOLL_CTL_DEL, w->fd, NULL);
	close(w->fd);
	w->fd = -1;
}

/* --- requests ----------------------------------------------------------- */

static void free_request(struct fly_request *r)
{
	free(r->cause);
	free(r);
}

void fly_loop_request(struct fly_engine *e, enum fly_request_kind kind, int64_t execution,
		      char *cause)
{
	struct fly_request *r;
	uint64_t one = 1;
	bool wake = true;

	/* Without jobs nothing runs, so there is nothing to wake up for. */
	if (kind == FLY_REQUEST_EXECUTE && !e->jobs)
		return;
	r = malloc(sizeof(*r));
	if (r) {
		*r = (struct fly_request){.kind = kind, .execution = execution, .cause = cause};
		pthread_mutex_lock(&e->lock);
		wake = !e->requests; /* else who put the first one there wakes it */
		*e->requests_end = r;
		e->requests_end = &r->next;
		pthread_mutex_unlock(&e->lock);
	} else {
		free(cause);
		atomic_store(&e->rescan, true);
	}
	if (wake && write(e->wake.fd, &one, sizeof(one)) < 0)
		fly_log(FLY_ERROR, "engine", "cannot wake the scheduler: %s", strerror(errno));
}

static struct fly_request *take_requests(struct fly_engine *e)
{
	struct fly_request *list;

	pthread_mutex_lock(&e->lock);
	list = e->requests;
	e->requests = NULL;
	e->requests_end = &e->requests;
	pthread_mutex_unlock(&e->lock);
	return list;
}

static void execute(struct fly_engine *e, int64_t execution)
{
	int rc;

	if (!e->jobs || fly_run_find(e, execution))
		return;
	rc = fly_run_load(e, execution);
	if (rc < 0)
		fly_log(FLY_ERROR, "engine", "execution row %lld: %s", (long long)execution,
			strerror(-rc));
}

static void forget(struct fly_engine *e, int64_t execution)
{
	struct fly_run *run = fly_run_find(e, execution);

	if (run) {
		run->forget = true;
		fly_run_terminate(run, "deleted");
	} else if (!fly_proc_stop_leftovers(e, execution)) {
		fly_rundir_remove(e, execution);
	}
}

static void carry_out(struct fly_engine *e, const struct fly_request *r)
{
	struct fly_run *run;

	switch (r->kind) {
	case FLY_REQUEST_EXECUTE:
		execute(e, r->execution);
		break;
	case FLY_REQUEST_TERMINATE:
		run = fly_run_find(e, r->execution);
		if (run)
			fly_run_terminate(run, r->cause ? r->cause : "");
		break;
	case FLY_REQUEST_FORGET:
		forget(e, r->execution);
		break;
	}
}

/* Everything unfinished in the store that is not in memory. */
static void load_unfinished(struct fly_engine *e)
{
	struct fly_db *db = fly_store_reader(e->store, NULL);
	int64_t ids[256], after = 0;
	int n;

	if (!e->jobs || !db)
		return;
	do {
		n = fly_execution_unfinished(db, after, FLY_ARRAY_LEN(ids), ids);
		for (int i = 0; i < n; i++) {
			execute(e, ids[i]);
			after = ids[i];
		}
	} while (n == FLY_ARRAY_LEN(ids));
}

static int requests_ready(struct fly_watch *w)
{
	struct fly_engine *e = (struct fly_engine *)((char *)w - offsetof(struct fly_engine, wake));
	struct fly_request *r, *next;
	uint64_t count;

	if (read(w->fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
		return -errno;
	for (r = take_requests(e); r; r = next) {
		next = r->next;
		carry_out(e, r);
		free_request(r);
	}
	if (atomic_exchange(&e->rescan, false))
		load_unfinished(e);
	return 0;
}

/* --- rounds ------------------------------------------------------------- */

/* One event a call: what the last one freed can't be met in a list of old ones. */
static bool take_event(struct fly_engine *e, int timeout_ms)
{
	struct epoll_event event;
	struct fly_watch *w;
	struct fly_run *run;

	if (epoll_wait(e->epoll_fd, &event, 1, timeout_ms) <= 0)
		return false;
	w = event.data.ptr;
	run = w->run;
	judge(run, w->ready(w));
	return true;
}

static void advance(struct fly_engine *e)
{
	struct fly_run *run;

	do {
		while ((run = e->dirty)) {
			e->dirty = run->next_dirty;
			run->is_dirty = false;
			judge(run, fly_run_advance(run));
		}
		fly_proc_dispatch(e);
	} while (e->dirty);
}

/* A run that is over, and committed as such, may let another one go on. */
static void settle(struct fly_engine *e)
{
	do {
		advance(e);
		fly_tx_commit(e);
		fly_run_reap(e);
	} while ((e->dirty || !fly_tx_is_empty(e)) && !atomic_load(&e->stopping));
}

void *fly_loop_main(void *engine)
{
	struct fly_engine *e = engine;

	load_unfinished(e);
	fly_proc_sweep(e);
	fly_rundir_sweep(e);
	settle(e);
	while (!atomic_load(&e->stopping)) {
		int left = ROUND_EVENTS;

		if (take_event(e, wait_ms(e)))
			while (--left && take_event(e, 0))
				;
		expire_timers(e);
		if (!atomic_load(&e->stopping))
			settle(e);
	}
	return NULL;
}

int fly_loop_create(struct fly_engine *e, struct fly_why *why)
{
	pthread_mutex_init(&e->lock, NULL);
	e->requests_end = &e->requests;
	e->waiting_end = &e->waiting;
	e->wake = (struct fly_watch){.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
				     .ready = requests_ready};
	e->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (e->wake.fd < 0 || e->epoll_fd < 0 || fly_loop_watch(e, &e->wake) < 0)
		return fly_fail(why, errno, "cannot set up the scheduler");
	return 0;
}

void fly_loop_destroy(struct fly_engine *e)
{
	struct fly_request *r, *next;

	for (r = take_requests(e); r; r = next) {
		next = r->next;
		free_request(r);
	}
	if (e->wake.fd >= 0)
		close(e->wake.fd);
	if (e->epoll_fd >= 0)
		close(e->epoll_fd);
	free(e->timers);
	pthread_mutex_destroy(&e->lock);
}
