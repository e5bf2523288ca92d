/*
 * far - a far store for tests of the bridge: it does what it is told, and
 * counts each write once by its name, as Redis does; and a bridge to it whose
 * time passes when a test says so.
 */
#ifndef TEST_UNIT_FAR_H
#define TEST_UNIT_FAR_H

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/map.h"
#include "store/bridge.h"
#include "test/unit/test.h"

#define NOW INT64_C(1700000000000)
#define HOUR INT64_C(3600000)
#define DAY (24 * HOUR)
#define WAIT 1000

/* What the far store does with a batch. */
enum mood {
	WELL,
	AWAY,		/* nothing arrives */
	MUTE,		/* arrives, is carried out, and nobody says so */
	DEAF,		/* is lost on its way, and nobody says so */
	FULL,		/* reads are answered, writes refused */
	HALF,		/* what has a key in capitals is AWAY, the rest WELL */
	SINK,		/* all is answered, nothing kept */
};

struct far {
	pthread_mutex_t mutex;
	struct store_part memory;
	_Atomic int mood;
	struct map done;		/* names of writes carried out */
	_Atomic int batches;
	int64_t sunk;
	bool flaps;			/* moods change by themselves */
	_Atomic unsigned slow;		/* us that each batch takes */
};

static inline bool
far_done_before(struct far *f, const struct store_op *op)
{
	struct span name = {(const char *)&op->id, sizeof(op->id)};

	if (op->verb == STORE_GET || op->id.host == 0)
		return false;
	return map_find(&f->done, name) != NULL;
}

static inline void
far_one(struct far *f, struct store_op *op, int64_t now)
{
	struct span name = {(const char *)&op->id, sizeof(op->id)};

	if (far_done_before(f, op)) {
		op->answer = STORE_FOUND;
		op->number = 0;
		return;
	}
	f->memory.backend->run(f->memory.state, op, 1, now, 0);
	if (op->verb != STORE_GET && op->id.host != 0 &&
	    op->answer != STORE_FAILED &&
	    !(op->verb == STORE_TAKE && op->number < 0))
		map_put(&f->done, name, f);
}

static inline void
far_fail(struct store_op *op, enum store_trouble trouble)
{
	op->answer = STORE_FAILED;
	op->trouble = trouble;
}

static inline bool
capitals(const struct store_op *op)
{
	return op->key.n > 0 && op->key.p[0] >= 'A' && op->key.p[0] <= 'Z';
}

static inline void
far_op(struct far *f, struct store_op *op, enum mood mood, int64_t now)
{
	if (mood == AWAY || (mood == HALF && capitals(op))) {
		far_fail(op, TROUBLE_UNREACHED);
	} else if (mood == FULL && op->verb != STORE_GET) {
		far_fail(op, TROUBLE_REFUSED);
	} else if (mood == DEAF) {
		far_fail(op, TROUBLE_UNKNOWN);
	} else if (mood == SINK) {
		op->answer = STORE_FOUND;
		f->sunk += op->amount;
	} else {
		far_one(f, op, now);
		/* As left unanswered: store.h says what that means. */
		if (mood == MUTE)
			op->answer = STORE_UNASKED;
	}
}

static inline void
far_run(void *state, struct store_op *ops, size_t count, int64_t now,
    int64_t deadline)
{
	static const enum mood turns[] = {WELL, FULL, HALF, AWAY, WELL, MUTE,
	    FULL, WELL, HALF, DEAF};
	struct far *f = state;
	enum mood mood;
	size_t i;

	(void)deadline;
	if (f->slow > 0)
		usleep(f->slow);
	pthread_mutex_lock(&f->mutex);
	f->batches++;
	if (f->flaps)
		f->mood = (int)turns[clock_steady() / 15 % 10];
	mood = (enum mood)f->mood;
	for (i = 0; i < count; i++)
		if (ops[i].answer == STORE_UNASKED)
			far_op(f, &ops[i], mood, now);
	pthread_mutex_unlock(&f->mutex);
}

static inline void
far_figures(void *state, struct store_figures *out)
{
	struct far *f = state;

	f->memory.backend->figures(f->memory.state, out);
}

static inline void
far_close(void *state)
{
	struct far *f = state;

	f->memory.backend->close(f->memory.state);
	map_done(&f->done);
	pthread_mutex_destroy(&f->mutex);
}

static inline struct store_part
far_open(struct far *f)
{
	static const struct store_backend backend = {
	    .name = "far",
	    .run = far_run,
	    .figures = far_figures,
	    .close = far_close,
	};

	memset(f, 0, sizeof(*f));
	pthread_mutex_init(&f->mutex, NULL);
	f->memory = memory_part();
	map_init(&f->done);
	return (struct store_part){&backend, f};
}

/* Its contents are lost, and all it knows of names. */
static inline void
far_flush(struct far *f)
{
	pthread_mutex_lock(&f->mutex);
	f->memory.backend->close(f->memory.state);
	f->memory = memory_part();
	map_done(&f->done);
	map_init(&f->done);
	pthread_mutex_unlock(&f->mutex);
}

static inline struct store_op
make(enum store_verb verb, const char *key, int64_t amount)
{
	struct store_op op = {.verb = verb, .klass = "test", .schema = 7,
	    .key = span_of(key), .ttl = DAY, .amount = amount,
	    .half_life = HOUR, .rate = 1, .burst = 100000};

	return op;
}

/* A number as the far store has it now, whatever its mood. */
static inline int64_t
far_number(struct far *f, const char *key, int64_t now)
{
	struct store_op op = make(STORE_GET, key, 0);

	op.answer = STORE_UNASKED;
	f->memory.backend->run(f->memory.state, &op, 1, now, 0);
	return op.answer == STORE_FOUND ? op.number : -1;
}

static inline const char *
far_text(struct far *f, const char *key, int64_t now)
{
	static char text[STORE_VALUE_MAX + 1];
	struct store_op op = make(STORE_GET, key, 0);

	op.data = text;
	op.answer = STORE_UNASKED;
	f->memory.backend->run(f->memory.state, &op, 1, now, 0);
	if (op.answer != STORE_FOUND)
		return "-";
	text[op.length] = '\0';
	return text;
}

static inline int64_t
far_tokens(struct far *f, const char *key, int64_t now)
{
	struct store_op op = make(STORE_TAKE, key, 0);

	op.answer = STORE_UNASKED;
	f->memory.backend->run(f->memory.state, &op, 1, now, 0);
	return op.number;
}

/* A bridge without a thread; steady time is as far on as wall time. */
struct lab {
	struct far far;
	struct store_part part;
	struct store *store;
	int64_t now, steady;
};

static inline void
lab_open(struct lab *l, bool local, const char *state)
{
	struct bridge_settings settings = {local, state, 6 * HOUR};

	l->part = bridge_part(far_open(&l->far), &settings);
	l->store = store_new(l->part.backend, l->part.state);
	l->now = NOW;
	l->steady = clock_steady();
	bridge_tick(l->part.state, l->now, l->steady);
}

/* Time goes on, and the thread looks after the store as it would have. */
static inline void
lab_pass(struct lab *l, int64_t ms)
{
	int turns;

	l->now += ms;
	l->steady += ms;
	for (turns = 0; turns < 4; turns++)
		bridge_tick(l->part.state, l->now, l->steady);
}

static inline struct store_health
lab_health(struct lab *l)
{
	struct store_health h;

	store_health(l->store, &h);
	return h;
}

#define AMONG(rows) (sizeof(rows) / sizeof((rows)[0]))

#endif
