/*
 * store - checks what is asked before a back end sees it, and counts.
 *
 * This is the one place below the outermost code that reads a clock, the
 * steady one: a timeout can only be kept by waiting in real time.
 */
#include "store/store.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/backend.h"
#include "store/later.h"

#define STORE_VERBS (STORE_TAKE + 1)
#define STORE_ANSWERS (STORE_FAILED + 1)

struct store {
	const struct store_backend *backend;
	void *state;
	struct later *later;	/* NULL: a batch takes no round trip */
	_Atomic int64_t answers[STORE_VERBS][STORE_ANSWERS];
	_Atomic int64_t failures;	/* also of verbs that do not exist */
};

/* Operations that a back end left unanswered have failed; counts all. */
static void
store_settle(struct store *s, struct store_op *ops, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (ops[i].answer == STORE_UNASKED) {
			ops[i].answer = STORE_FAILED;
			ops[i].trouble = TROUBLE_UNKNOWN;
		}
		if (ops[i].answer == STORE_FAILED) {
			ops[i].number = 0;
			ops[i].length = 0;
			s->failures++;
		}
		if ((unsigned)ops[i].verb < STORE_VERBS)
			s->answers[ops[i].verb][ops[i].answer]++;
	}
}

static void
store_carry(void *context, struct store_op *ops, size_t count, int64_t now,
    int64_t deadline)
{
	struct store *s = context;

	s->backend->run(s->state, ops, count, now, deadline);
	store_settle(s, ops, count);
}

struct store *
store_new(const struct store_backend *backend, void *state)
{
	struct store *s = mem_alloc(sizeof(*s));

	s->backend = backend;
	s->state = state;
	if (backend->later)
		s->later = later_new(store_carry, s);
	return s;
}

void
store_close(struct store *s)
{
	if (s == NULL)
		return;
	later_close(s->later);
	s->backend->close(s->state);
	free(s);
}

void
store_health(struct store *s, struct store_health *out)
{
	memset(out, 0, sizeof(*out));
	out->name = s->backend->name;
	out->reached = true;
	if (s->backend->health != NULL)
		s->backend->health(s->state, out);
}

void
store_usage(struct store *s, struct store_usage *out)
{
	struct store_figures f = {0};

	s->backend->figures(s->state, &f);
	*out = (struct store_usage){f.keys, f.bytes, f.limit};
}

void
store_hosts(struct store *s, unsigned hosts)
{
	if (s->backend->hosts != NULL)
		s->backend->hosts(s->state, hosts > 0 ? hosts : 1);
}

int
store_walk(struct store *s, const char *klass,
    bool (*visit)(void *context, const struct store_record *), void *context,
    struct error *error)
{
	if (s->backend->walk == NULL)
		return error_set(error, "the store cannot be listed");
	if (s->later != NULL)
		later_flush(s->later);
	return s->backend->walk(s->state, klass, visit, context, error);
}

size_t
store_restore(struct store *s, const struct store_record *records,
    size_t count, int64_t now, int64_t timeout)
{
	if (s->backend->restore == NULL)
		return count;
	if (s->later != NULL)
		later_flush(s->later);
	return s->backend->restore(s->state, records, count, now,
	    clock_steady() + timeout);
}

static bool
store_bounded(int64_t number, int64_t least)
{
	return number >= least && number <= STORE_NUMBER_MAX;
}

/* Whether the members that the verb reads are within their limits. */
static bool
store_usable(const struct store_op *op)
{
	size_t n = op->klass != NULL ? strnlen(op->klass, STORE_CLASS_MAX + 1)
	    : 0;

	if (n == 0 || n > STORE_CLASS_MAX || op->schema > UINT8_MAX ||
	    op->key.n > STORE_KEY_MAX)
		return false;
	if (op->verb == STORE_GET || op->verb == STORE_DELETE)
		return true;
	if (op->ttl <= 0)
		return false;
	switch (op->verb) {
	case STORE_PUT:
	case STORE_PUT_NEW:
		return op->value.n <= STORE_VALUE_MAX;
	case STORE_ADD:
		return store_bounded(op->amount, -STORE_NUMBER_MAX);
	case STORE_DECAY:
		return store_bounded(op->amount, -STORE_NUMBER_MAX) &&
		    op->half_life > 0;
	case STORE_TAKE:
		return store_bounded(op->amount, 0) &&
		    store_bounded(op->rate, 0) && store_bounded(op->burst, 0);
	default:
		return false;
	}
}

/* Returns the number of operations that the back end is to answer. */
static size_t
store_prepare(struct store_op *ops, size_t count, bool possible)
{
	size_t i, asked = 0;
	bool usable;

	for (i = 0; i < count; i++) {
		usable = possible && i < STORE_BATCH_MAX &&
		    store_usable(&ops[i]);
		ops[i].answer = usable ? STORE_UNASKED : STORE_FAILED;
		ops[i].trouble = usable ? TROUBLE_NONE : TROUBLE_ARGUMENT;
		ops[i].local = false;
		asked += usable;
	}
	return asked;
}

static void
store_pass(struct store *s, const struct later_batch *batch)
{
	if (s->later != NULL)
		later_run(s->later, batch);
	else
		store_carry(s, batch->ops, batch->count, batch->now,
		    batch->deadline);
}

size_t
store_run_since(struct store *s, struct store_op *ops, size_t count,
    const struct store_moment *at)
{
	int64_t steady = clock_steady();
	struct later_batch batch = {ops, 0, at->now, INT64_MAX, at->mark};
	size_t i, failed = 0;

	if (at->timeout < INT64_MAX - steady)
		batch.deadline = steady + at->timeout;
	if (store_prepare(ops, count, at->now >= 0 && at->timeout > 0) > 0) {
		batch.count = count < STORE_BATCH_MAX ? count :
		    STORE_BATCH_MAX;
		store_pass(s, &batch);
	}
	store_settle(s, ops + batch.count, count - batch.count);
	for (i = 0; i < count; i++)
		failed += ops[i].answer == STORE_FAILED;
	return failed;
}

size_t
store_run(struct store *s, struct store_op *ops, size_t count, int64_t now,
    int64_t timeout)
{
	const struct store_moment at = {now, timeout, UINT64_MAX};

	return store_run_since(s, ops, count, &at);
}

uint64_t
store_mark(struct store *s)
{
	return s->later != NULL ? later_mark(s->later) : 0;
}

bool
store_later(struct store *s, struct store_op *ops, size_t count, int64_t now,
    int64_t timeout)
{
	size_t i;

	if (s->later == NULL || now < 0 || timeout <= 0 ||
	    count > STORE_LATER_MAX) {
		store_run(s, ops, count, now, timeout);
		return true;
	}
	if (store_prepare(ops, count, true) > 0 &&
	    !later_put(s->later, ops, count, now, timeout)) {
		store_run(s, ops, count, now, timeout);
		return true;
	}
	for (i = 0; i < count; i++)
		if (ops[i].answer == STORE_FAILED)
			store_settle(s, &ops[i], 1);
	return false;
}

bool
store_run_shared(struct store *s, struct store_op *ops, size_t count,
    int64_t now, int64_t timeout)
{
	struct store_health health;
	size_t i;

	store_health(s, &health);
	if (health.local || store_run(s, ops, count, now, timeout) > 0)
		return false;
	for (i = 0; i < count; i++)
		if (ops[i].local)
			return false;
	return true;
}

static void
stats_operations(struct store *s, struct buf *out)
{
	static const char *const verbs[STORE_VERBS] = {
	    "get", "put", "put_new", "delete", "add", "decay", "take"};
	static const char *const results[STORE_ANSWERS] = {
	    NULL, "found", "absent", "failed"};
	int verb, answer;

	buf_puts(out,
	    "# HELP postern_store_operations_total Operations by answer.\n"
	    "# TYPE postern_store_operations_total counter\n");
	for (verb = 0; verb < STORE_VERBS; verb++)
		for (answer = STORE_FOUND; answer < STORE_ANSWERS; answer++)
			buf_printf(out, "postern_store_operations_total"
			    "{backend=\"%s\",verb=\"%s\",result=\"%s\"} %lld\n",
			    s->backend->name, verbs[verb], results[answer],
			    (long long)s->answers[verb][answer]);
}

/* Only of a back end that tells them apart. */
static void
stats_troubles(struct store *s, const struct store_figures *f, struct buf *out)
{
	const struct store_trouble_count *t;

	if (f->troubles[0].kind == NULL)
		return;
	buf_puts(out, "# HELP postern_store_troubles_total What went wrong, by "
	    "kind.\n# TYPE postern_store_troubles_total counter\n");
	for (t = f->troubles; t->kind != NULL; t++)
		buf_printf(out, "postern_store_troubles_total{backend=\"%s\","
		    "kind=\"%s\"} %lld\n", s->backend->name, t->kind,
		    (long long)t->count);
}

void
store_stats(struct store *s, struct buf *out)
{
	struct store_figures f = {0};
	struct store_health h;
	size_t i;

	s->backend->figures(s->state, &f);
	store_health(s, &h);
	const struct {
		const char *name, *type, *help;
		int64_t number;
	} rows[] = {
	    {"keys", "gauge", "Records, expired ones included until swept.",
		f.keys},
	    {"bytes", "gauge", "Bytes that the records take.", f.bytes},
	    {"limit_bytes", "gauge", "Most bytes they may take, 0: not bounded "
		"by bytes.", f.limit},
	    {"failures_total", "counter", "Operations without an answer.",
		s->failures},
	    {"swept_total", "counter", "Expired records removed.", f.swept},
	    {"full_total", "counter", "Writes refused for want of room.",
		f.full},
	    {"late_total", "counter", "Batches given up at their deadline.",
		f.late},
	    {"crowded_total", "counter", "Batches refused because too many "
		"waited.", f.crowded},
	    {"reached", "gauge", "Whether it answers.", h.reached},
	    {"local", "gauge", "Whether this host answers by itself.",
		h.local},
	    {"cold", "gauge", "Whether its contents were lost lately.",
		h.cold},
	    {"pending", "gauge", "Writes kept for its return.", h.pending},
	    {"lost_total", "counter", "Writes given up.", h.lost},
	};

	stats_operations(s, out);
	stats_troubles(s, &f, out);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		buf_printf(out, "# HELP postern_store_%s %s\n"
		    "# TYPE postern_store_%s %s\n"
		    "postern_store_%s{backend=\"%s\"} %lld\n",
		    rows[i].name, rows[i].help, rows[i].name, rows[i].type,
		    rows[i].name, s->backend->name, (long long)rows[i].number);
}
