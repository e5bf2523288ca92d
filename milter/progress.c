/* progress - tells the MTA that we are still at work. */
#include "milter/progress.h"

#include <pthread.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

struct progress {
	struct metrics *metrics;
	pthread_mutex_t lock;		/* guards the list and what is on it */
	struct progress_wait list;	/* its head; no wait itself */
};

static void
tell_slow(struct progress *p, int64_t now)
{
	struct progress_wait *w;

	for (w = p->list.after; w != &p->list; w = w->after) {
		if (now < w->next)
			continue;
		w->next = now + PROGRESS_EVERY;
		if (smfi_progress(w->ctx) != MI_SUCCESS)
			metrics_add(p->metrics, METRIC_PROTOCOL_ERRORS, 1);
	}
}

static void *
progress_run(void *arg)
{
	struct progress *p = arg;

	for (;;) {
		usleep(500000);
		pthread_mutex_lock(&p->lock);
		tell_slow(p, clock_steady());
		pthread_mutex_unlock(&p->lock);
	}
	return NULL;
}

/* Lives as long as the process, as its thread does. */
struct progress *
progress_new(struct metrics *metrics)
{
	struct progress *p = mem_alloc(sizeof(*p));
	pthread_t thread;

	p->metrics = metrics;
	pthread_mutex_init(&p->lock, NULL);
	p->list.before = p->list.after = &p->list;
	if (pthread_create(&thread, NULL, progress_run, p) == 0)
		pthread_detach(thread);
	return p;
}

void
progress_enter(struct progress *p, struct progress_wait *w, SMFICTX *ctx)
{
	w->ctx = ctx;
	w->next = clock_steady() + PROGRESS_EVERY;
	pthread_mutex_lock(&p->lock);
	w->before = p->list.before;
	w->after = &p->list;
	w->before->after = w;
	p->list.before = w;
	pthread_mutex_unlock(&p->lock);
}

void
progress_leave(struct progress *p, struct progress_wait *w)
{
	pthread_mutex_lock(&p->lock);
	w->before->after = w->after;
	w->after->before = w->before;
	pthread_mutex_unlock(&p->lock);
}
