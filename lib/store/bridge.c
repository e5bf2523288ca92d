/*
 * bridge - carries on while the shared store does not answer.
 *
 * While all is well a batch costs one look at a mutex and a name for each of
 * its writes.  The mutex is held for the time of a look, or of an answer from
 * the local store in memory, never while anybody waits for the shared one.
 *
 * The bridge's thread is, beside store.c, the one place below the outermost
 * code that reads the clocks: nobody tells it the time.
 */
#include "store/bridge_state.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/thread.h"

#define BRIDGE_CLOSE_MS 2000	/* that the end waits for waiting writes */

static bool
bridge_holds(const struct bridge *b, const struct store_op *op)
{
	enum pending_way way = pending_way(b->pending, op);

	return way == PENDING_BEHIND ||
	    (way == PENDING_ASIDE && b->settings.local);
}

/* What of a batch the store is asked. */
struct passed {
	bool asked[STORE_CARRY_MAX];
	size_t count;
	unsigned outage;	/* how many there had been */
};

/*
 * Names the writes of a batch, and takes out what the store is not to be asked
 * now.
 */
static void
bridge_enter(struct bridge *b, struct store_op *ops, size_t count,
    int64_t deadline, struct passed *out)
{
	struct pending_figures f;
	size_t i;

	pthread_mutex_lock(&b->mutex);
	out->outage = b->outage;
	out->count = 0;
	b->patience = deadline - clock_steady();
	pending_figures(b->pending, &f);
	for (i = 0; i < count; i++) {
		if (ops[i].verb != STORE_GET)
			ops[i].id = (struct store_id){b->host, ++b->serial};
		out->asked[i] = false;
		if (ops[i].answer != STORE_UNASKED)
			continue;
		if (b->up && (f.entries == 0 || !bridge_holds(b, &ops[i]))) {
			out->asked[i] = true;
			out->count++;
		} else {
			ops[i].answer = STORE_FAILED;
			ops[i].trouble = TROUBLE_UNREACHED;
		}
	}
	pthread_mutex_unlock(&b->mutex);
}

/*
 * Of a bucket this host gives out its part, but not less than what is asked
 * now, if the whole bucket would hold that.
 */
static void
bridge_share(const struct bridge *b, struct store_op *op)
{
	int64_t asked = least(op->amount, op->burst);

	op->burst /= b->hosts;
	if (op->burst < asked)
		op->burst = asked;
	op->rate = (op->rate + b->hosts - 1) / b->hosts;
}

/* Answers by this host; the mutex is held. */
static void
bridge_answer(struct bridge *b, struct store_op *op, int64_t now)
{
	int64_t rate = op->rate, burst = op->burst;

	if (b->memory.backend == NULL)
		b->memory = memory_part();
	if (op->verb == STORE_TAKE)
		bridge_share(b, op);
	op->answer = STORE_UNASKED;
	op->trouble = TROUBLE_NONE;
	b->memory.backend->run(b->memory.state, op, 1, now, 0);
	op->local = true;
	op->rate = rate;
	op->burst = burst;
}

/* Whether a write is still meant, after what this host answered to it. */
static bool
op_meant(const struct store_op *op)
{
	if (op->verb == STORE_GET)
		return false;
	if (op->answer == STORE_FAILED)
		return op->trouble != TROUBLE_ARGUMENT;
	if (op->verb == STORE_PUT_NEW)
		return op->answer == STORE_ABSENT;
	return op->verb != STORE_TAKE || op->number >= 0;
}

static void
bridge_carry(struct bridge *b, struct store_op *op, int64_t now,
    int64_t steady)
{
	bool unknown = op->trouble == TROUBLE_UNKNOWN;

	if (b->settings.local)
		bridge_answer(b, op, now);
	if (op_meant(op))
		pending_keep(b->pending, op, unknown, now, steady);
}

static void
bridge_run(void *state, struct store_op *ops, size_t count, int64_t now,
    int64_t deadline)
{
	struct bridge *b = state;
	struct outcome outcome = {false, false, false};
	struct passed passed;
	size_t i, missed = 0;
	int64_t steady;

	bridge_enter(b, ops, count, deadline, &passed);
	if (passed.count > 0)
		b->remote.backend->run(b->remote.state, ops, count, now,
		    deadline);
	for (i = 0; i < count; i++) {
		if (passed.asked[i])
			outcome_add(&outcome, &ops[i]);
		missed += op_missed(&ops[i]);
	}
	if (missed == 0)
		return;
	steady = clock_steady();
	pthread_mutex_lock(&b->mutex);
	/* Unless it has come back since, and this is old news. */
	if (outcome.cut && !outcome.answered && b->up &&
	    b->outage == passed.outage)
		bridge_down(b, outcome.late, now, steady);
	for (i = 0; i < count; i++)
		if (op_missed(&ops[i]))
			bridge_carry(b, &ops[i], now, steady);
	pthread_mutex_unlock(&b->mutex);
}

static void *
bridge_main(void *argument)
{
	struct bridge *b = argument;

	pthread_mutex_lock(&b->mutex);
	while (!b->stop) {
		if (clock_steady() < b->next) {
			thread_cond_wait(&b->wake, &b->mutex, b->next);
			continue;
		}
		pthread_mutex_unlock(&b->mutex);
		bridge_tick(b, clock_wall(), clock_steady());
		pthread_mutex_lock(&b->mutex);
	}
	pthread_mutex_unlock(&b->mutex);
	return NULL;
}

static void
bridge_figures(void *state, struct store_figures *f)
{
	struct bridge *b = state;

	b->remote.backend->figures(b->remote.state, f);
}

static void
bridge_health(void *state, struct store_health *out)
{
	struct bridge *b = state;
	struct pending_figures f;

	if (b->remote.backend->health != NULL)
		b->remote.backend->health(b->remote.state, out);
	pthread_mutex_lock(&b->mutex);
	pending_figures(b->pending, &f);
	out->shared = true;
	out->reached = b->up;
	out->local = !b->up && b->settings.local;
	out->cold = b->cold;
	memcpy(out->epoch, b->epoch.id, sizeof(out->epoch));
	out->since = b->since;
	out->pending = f.writes;
	out->lost = f.lost;
	if (out->trouble[0] == '\0')
		memcpy(out->trouble, b->trouble, sizeof(out->trouble));
	pthread_mutex_unlock(&b->mutex);
}

static void
bridge_hosts(void *state, unsigned hosts)
{
	struct bridge *b = state;

	pthread_mutex_lock(&b->mutex);
	b->hosts = hosts;
	pthread_mutex_unlock(&b->mutex);
}

static int
bridge_walk(void *state, const char *klass,
    bool (*visit)(void *context, const struct store_record *), void *context,
    struct error *error)
{
	struct bridge *b = state;

	return b->remote.backend->walk(b->remote.state, klass, visit, context,
	    error);
}

static size_t
bridge_restore(void *state, const struct store_record *records, size_t count,
    int64_t now, int64_t deadline)
{
	struct bridge *b = state;

	return b->remote.backend->restore(b->remote.state, records, count, now,
	    deadline);
}

static void
bridge_close(void *state)
{
	struct bridge *b = state;

	pthread_mutex_lock(&b->mutex);
	b->stop = true;
	b->until = clock_steady() + BRIDGE_CLOSE_MS;
	pthread_cond_signal(&b->wake);
	pthread_mutex_unlock(&b->mutex);
	if (b->started) {
		pthread_join(b->thread, NULL);
		while (b->up && bridge_drain(b, clock_wall(), clock_steady()))
			;
	}
	b->remote.backend->close(b->remote.state);
	if (b->memory.backend != NULL)
		b->memory.backend->close(b->memory.state);
	pending_free(b->pending);
	pthread_cond_destroy(&b->wake);
	pthread_mutex_destroy(&b->mutex);
	free(b->state_file);
	free(b);
}

struct store_part
bridge_part(struct store_part remote, const struct bridge_settings *settings)
{
	struct bridge *b = mem_alloc(sizeof(*b));

	b->backend = (struct store_backend) {
		.name = remote.backend->name,
		.later = remote.backend->later,
		.run = bridge_run,
		.figures = bridge_figures,
		.close = bridge_close,
		.health = bridge_health,
		.hosts = bridge_hosts,
		.walk = remote.backend->walk != NULL ? bridge_walk : NULL,
		.restore = remote.backend->restore != NULL ? bridge_restore :
		    NULL,
	};
	b->remote = remote;
	b->settings = *settings;
	b->state_file = mem_copy(settings->state, strlen(settings->state));
	/* Never short for so few bytes; only a signal can come between. */
	while (getrandom(&b->host, sizeof(b->host), 0) !=
	    (ssize_t)sizeof(b->host))
		;
	pthread_mutex_init(&b->mutex, NULL);
	thread_cond_init(&b->wake);
	b->up = true;
	b->until = INT64_MAX;
	b->hosts = 1;
	b->pending = pending_new(BRIDGE_PENDING_MAX, BRIDGE_BYTES_MAX);
	epoch_load(b->state_file, &b->epoch);
	b->cold_until = b->epoch.cold_until;
	return (struct store_part){&b->backend, b};
}

struct store *
bridge_open(struct store_part remote, const struct bridge_settings *settings,
    struct error *error)
{
	struct store_part part;
	struct bridge *b;

	if (remote.backend == NULL)
		return NULL;
	if (settings == NULL)
		return store_new(remote.backend, remote.state);
	part = bridge_part(remote, settings);
	b = part.state;
	bridge_tick(b, clock_wall(), clock_steady());
	b->started = thread_start(&b->thread, bridge_main, b) == 0;
	if (b->started)
		return store_new(part.backend, b);
	error_set(error, "cannot start the thread of the store");
	bridge_close(b);
	return NULL;
}
