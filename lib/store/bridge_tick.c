/*
 * bridge_tick - what the bridge's thread does: looks after the far store, its
 * contents, and the writes that wait.
 */
#include "store/bridge_state.h"

#include <stdio.h>

#include "base/clock.h"

#define BRIDGE_BACKOFF_MIN 100	/* ms until a store that is away is asked */
#define BRIDGE_BACKOFF_MAX 3000
#define BRIDGE_CALM_MS 10000	/* who stayed that long is trusted again */
#define BRIDGE_PROBE_MS 500	/* longest wait of the bridge's own thread */
#define BRIDGE_DRAIN 32		/* batches of waiting writes at a time */
#define BRIDGE_DRAIN_IDLE 4	/* of them that bring nothing */

void
outcome_add(struct outcome *o, struct store_op *op)
{
	if (op->answer == STORE_UNASKED || (op->answer == STORE_FAILED &&
	    op->trouble == TROUBLE_NONE)) {
		op->answer = STORE_FAILED;
		op->trouble = TROUBLE_UNKNOWN;
	}
	if (op->answer != STORE_FAILED || op->trouble == TROUBLE_ARGUMENT)
		o->answered = true;
	else if (op->trouble != TROUBLE_REFUSED)
		o->cut = true;
	if (op->answer == STORE_FAILED && op->trouble == TROUBLE_UNKNOWN)
		o->late = true;
}

void
bridge_missed(struct bridge *b, int64_t steady)
{
	if (b->backoff < BRIDGE_BACKOFF_MIN)
		b->backoff = BRIDGE_BACKOFF_MIN;
	b->next = steady + b->backoff;
	b->backoff = least(b->backoff * 2, BRIDGE_BACKOFF_MAX);
	pthread_cond_signal(&b->wake);
}

void
bridge_down(struct bridge *b, bool late, int64_t now, int64_t steady)
{
	b->up = false;
	b->outage++;
	b->since = now;
	if (!late || steady - b->up_since > BRIDGE_CALM_MS)
		b->backoff = 0;
	if (late)
		bridge_missed(b, steady);
	else
		b->next = steady;
	pthread_cond_signal(&b->wake);
}

/* Runs operations of the bridge's own; the mutex is not held. */
static struct outcome
bridge_ask(struct bridge *b, struct store_op *ops, size_t count, int64_t now,
    int64_t steady)
{
	struct outcome outcome = {false, false, false};
	int64_t wait = BRIDGE_PROBE_MS;
	size_t i;

	pthread_mutex_lock(&b->mutex);
	/* A store that is too slow for messages is as good as away. */
	if (b->patience > 0)
		wait = least(wait, b->patience);
	pthread_mutex_unlock(&b->mutex);
	b->remote.backend->run(b->remote.state, ops, count, now,
	    steady + wait);
	for (i = 0; i < count; i++)
		outcome_add(&outcome, &ops[i]);
	return outcome;
}

static void
bridge_remember(struct bridge *b, const struct epoch *epoch, int64_t now)
{
	struct error error = {""};

	pthread_mutex_lock(&b->mutex);
	b->epoch = *epoch;
	/* Whoever set it may have a clock that is years ahead. */
	b->epoch.cold_until = least(epoch->cold_until,
	    now + b->settings.warm_up);
	pthread_mutex_unlock(&b->mutex);
	b->cold_until = b->epoch.cold_until;
	if (b->state_file[0] == '\0')
		return;
	epoch_save(b->state_file, &b->epoch, &error);
	pthread_mutex_lock(&b->mutex);
	snprintf(b->trouble, sizeof(b->trouble), "%.*s",
	    (int)sizeof(b->trouble) - 1, error.text);
	pthread_mutex_unlock(&b->mutex);
}

/*
 * Sets a new mark.  When somebody else was first, the next look finds theirs;
 * when it cannot be set, the next look tries again.
 */
static void
bridge_begin(struct bridge *b, enum store_verb verb, bool lost, int64_t now,
    int64_t steady)
{
	char text[EPOCH_TEXT_MAX];
	struct store_op *op = &b->ops[0];
	struct epoch epoch;

	op->data = NULL;
	epoch_make(&epoch, now, lost ? now + b->settings.warm_up : 0);
	if (lost)
		b->cold_until = epoch.cold_until;
	epoch_op(op, verb, epoch_print(&epoch, text));
	bridge_ask(b, op, 1, now, steady);
	if (op->answer == (verb == STORE_PUT ? STORE_FOUND : STORE_ABSENT))
		bridge_remember(b, &epoch, now);
}

/* Reads the mark, and does what follows from it; false: nobody is there. */
static bool
bridge_look(struct bridge *b, int64_t now, int64_t steady)
{
	struct store_op *op = &b->ops[0];
	struct epoch found = {"", 0, 0};
	enum store_verb verb;
	enum epoch_step step;

	op->data = b->value;
	epoch_op(op, STORE_GET, "");
	bridge_ask(b, op, 1, now, steady);
	if (op_missed(op))
		return false;
	/* What is there and is no mark has to be overwritten. */
	verb = op->answer == STORE_ABSENT ? STORE_PUT_NEW : STORE_PUT;
	if (op->answer == STORE_FOUND)
		epoch_parse(span_make(op->data, op->length), &found);
	step = epoch_judge(&b->epoch, &found);
	if (step == EPOCH_ACCEPT)
		bridge_remember(b, &found, now);
	else if (step != EPOCH_SAME)
		bridge_begin(b, verb, step == EPOCH_LOST, now, steady);
	return true;
}

/* What came of sending some of the waiting writes. */
struct drained {
	size_t sent, settled;
	bool late;		/* to try on would only cost time */
};

static struct drained
drain_batch(struct bridge *b, int64_t now, int64_t steady)
{
	struct drained d = {0, 0, false};
	struct outcome outcome;
	size_t i, n;

	pthread_mutex_lock(&b->mutex);
	n = clock_steady() >= b->until ? 0 : pending_take(b->pending, b->ops,
	    b->taken, STORE_BATCH_MAX, now, steady);
	if (n == 0)
		pending_rewind(b->pending);
	pthread_mutex_unlock(&b->mutex);
	if (n == 0)
		return d;
	d.sent = n;
	outcome = bridge_ask(b, b->ops, n, now, clock_steady());
	pthread_mutex_lock(&b->mutex);
	for (i = 0; i < n; i++)
		d.settled += pending_settle(b->pending, b->taken[i],
		    &b->ops[i], steady);
	d.late = outcome.late;
	pthread_mutex_unlock(&b->mutex);
	return d;
}

bool
bridge_drain(struct bridge *b, int64_t now, int64_t steady)
{
	unsigned batches, idle = 0;
	struct drained d;
	size_t moved = 0;

	for (batches = 0; batches < BRIDGE_DRAIN; batches++) {
		d = drain_batch(b, now, steady);
		if (d.sent == 0)
			return moved > 0;
		moved += d.settled;
		idle += d.settled == 0;
		if (idle == BRIDGE_DRAIN_IDLE || d.late)
			return false;
	}
	return true;
}

static void
bridge_cold(struct bridge *b, int64_t now)
{
	bool cold;

	/* A clock that was set back must not make it longer. */
	b->cold_until = least(b->cold_until, now + b->settings.warm_up);
	cold = now < b->cold_until;
	if (cold != b->cold)
		b->since = now;
	b->cold = cold;
}

/* The store answered; what was local is dropped once nothing waits. */
static void
bridge_rest(struct bridge *b, bool more, int64_t steady)
{
	struct store_part memory = {NULL, NULL};
	struct pending_figures f;

	pthread_mutex_lock(&b->mutex);
	pending_figures(b->pending, &f);
	if (b->up && f.entries == 0) {
		memory = b->memory;
		b->memory.backend = NULL;
	}
	if (b->up)
		b->next = steady + (more && f.entries > 0 ? 0 :
		    BRIDGE_LOOK_MS);
	pthread_mutex_unlock(&b->mutex);
	if (memory.backend != NULL)
		memory.backend->close(memory.state);
}

void
bridge_tick(void *state, int64_t now, int64_t steady)
{
	struct bridge *b = state;
	bool due, reached;

	pthread_mutex_lock(&b->mutex);
	due = steady >= b->next;
	pthread_mutex_unlock(&b->mutex);
	if (!due)
		return;
	reached = bridge_look(b, now, steady);
	pthread_mutex_lock(&b->mutex);
	bridge_cold(b, now);
	if (!reached) {
		if (b->up)
			bridge_down(b, false, now, steady);
		bridge_missed(b, steady);
	} else if (!b->up) {
		b->up = true;
		b->up_since = steady;
		b->since = now;
	}
	pthread_mutex_unlock(&b->mutex);
	if (reached)
		bridge_rest(b, bridge_drain(b, now, steady), steady);
}
