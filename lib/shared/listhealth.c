/* listhealth - which DNS lists may be believed now. */
#include "shared/listhealth.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/map.h"
#include "base/mem.h"
#include "shared/listhealth_entry.h"

#define INTERVAL_MS 600000	/* between self-tests, unless set */
#define TESTS_PER_TICK 16	/* begun */
#define OPS_PER_TICK 60
#define SCHEMA 1

struct listhealth {
	char host[64];
	pthread_mutex_t mutex;	/* guards all below and the entries */
	struct map by_id;
	struct listentry *entries[LISTHEALTH_LISTS_MAX];
	size_t count;
	int64_t interval;

	/* Of the thread that ticks. */
	uint64_t random;
	int64_t synced;		/* next look into the store is due later */
	size_t turn;		/* entry that it begins with */
};

struct listhealth *
listhealth_new(const char *host)
{
	struct listhealth *h = mem_alloc(sizeof(*h));

	snprintf(h->host, sizeof(h->host), "%s", host);
	pthread_mutex_init(&h->mutex, NULL);
	map_init(&h->by_id);
	h->interval = INTERVAL_MS;
	/* A control that can be guessed only makes lying easier. */
	if (getrandom(&h->random, sizeof(h->random), GRND_NONBLOCK) < 0)
		h->random = (uintptr_t)h;
	return h;
}

void
listhealth_free(struct listhealth *h)
{
	size_t i;

	if (h == NULL)
		return;
	for (i = 0; i < h->count; i++)
		listentry_free(h->entries[i]);
	map_done(&h->by_id);
	pthread_mutex_destroy(&h->mutex);
	free(h);
}

void
listhealth_interval(struct listhealth *h, int64_t ms)
{
	pthread_mutex_lock(&h->mutex);
	h->interval = ms;
	pthread_mutex_unlock(&h->mutex);
}

/* Under the mutex; NULL past the limit.  Made at the first sight. */
static struct listentry *
find(struct listhealth *h, const struct dnslist *list, int64_t now)
{
	struct listentry *e = map_find(&h->by_id, list->id);

	if (e == NULL && h->count < LISTHEALTH_LISTS_MAX) {
		e = listentry_new(list, now);
		map_put(&h->by_id, list->id, e);
		h->entries[h->count++] = e;
	}
	return e;
}

enum list_trust
listhealth_trust(struct listhealth *h, const struct dnslist *list,
    int64_t now)
{
	enum list_trust trust = LIST_UNTESTED;
	struct listentry *e;

	pthread_mutex_lock(&h->mutex);
	e = find(h, list, now);
	if (e != NULL) {
		e->used = now;
		trust = e->trust;
	}
	pthread_mutex_unlock(&h->mutex);
	return trust;
}

void
listhealth_watch(struct listhealth *h, const struct dnslist *list,
    int64_t now)
{
	struct listentry *e;

	pthread_mutex_lock(&h->mutex);
	e = find(h, list, now);
	if (e != NULL) {
		e->used = now;
		listentry_define(e, list, now);
	}
	pthread_mutex_unlock(&h->mutex);
}

/* FNV-1a: whoever chooses subjects that collide hides only his own. */
static uint64_t
hash(struct span s)
{
	uint64_t h = UINT64_C(14695981039346656037);
	size_t i;

	for (i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * UINT64_C(1099511628211);
	return h;
}

void
listhealth_note(struct listhealth *h, const struct dnslist *list,
    struct span subject, enum dnslist_word word, int64_t now)
{
	struct listentry *e;

	pthread_mutex_lock(&h->mutex);
	e = find(h, list, now);
	if (e != NULL)
		listentry_note(e, hash(subject), word, now);
	pthread_mutex_unlock(&h->mutex);
}

static uint64_t
next_random(struct listhealth *h)
{
	uint64_t z = h->random += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (z ^ z >> 31) | 1;
}

static void
begin_test(struct listhealth *h, struct listentry *e, struct dns *dns,
    int64_t now)
{
	struct dns_job *job = asking_new(dns, NULL, NULL);

	listprobe_add(asking_of(job), &e->list, 0, next_random(h));
	asking_start(job);
	e->job = job;
	e->began = now;
}

/* A clock that was set back must not put it off for long. */
static bool
is_due(const struct listentry *e, int64_t now)
{
	return (now >= e->next || e->next - now > LISTHEALTH_REST_MAX_MS) &&
	    now - e->used < LISTHEALTH_IDLE_MS && listprobe_needed(&e->list);
}

static void
begin_tests(struct listhealth *h, struct dns *dns, int64_t now)
{
	struct listentry *due[TESTS_PER_TICK];
	size_t i, n = 0;

	pthread_mutex_lock(&h->mutex);
	for (i = 0; i < h->count && n < TESTS_PER_TICK; i++)
		if (h->entries[i]->job == NULL && is_due(h->entries[i], now))
			due[n++] = h->entries[i];
	pthread_mutex_unlock(&h->mutex);
	for (i = 0; i < n; i++)
		begin_test(h, due[i], dns, now);
}

/* Spread, so that not all hosts test all lists at once. */
static int64_t
spread(struct listhealth *h, int64_t interval)
{
	return interval - interval / 10 +
	    (int64_t)(next_random(h) % (uint64_t)(interval / 5 + 1));
}

static void
end_test(struct listhealth *h, struct listentry *e, int64_t now)
{
	enum listprobe result;
	const char *why;

	if (!asking_done(e->job) && now - e->began < LISTHEALTH_TEST_MS)
		return;
	dns_job_wait(e->job, 0);
	result = listprobe_result(asking_of(e->job), &e->list, 0, &why);
	pthread_mutex_lock(&h->mutex);
	listentry_tested(e, result, why, spread(h, h->interval), now);
	pthread_mutex_unlock(&h->mutex);
	dns_job_free(e->job);
	e->job = NULL;
}

static void
end_tests(struct listhealth *h, int64_t now)
{
	size_t i, n;

	/* Entries stay where they are, and only this thread looks at jobs. */
	pthread_mutex_lock(&h->mutex);
	n = h->count;
	for (i = 0; i < n; i++)
		listentry_wake(h->entries[i], now);
	pthread_mutex_unlock(&h->mutex);
	for (i = 0; i < n; i++)
		if (h->entries[i]->job != NULL)
			end_test(h, h->entries[i], now);
}

/* The operations of one batch, and what they are about. */
struct talk {
	struct store_op ops[OPS_PER_TICK];
	struct listentry *entries[OPS_PER_TICK];
	struct arena arena;
	size_t count;
};

static struct store_op *
add_op(struct talk *t, struct listentry *e, enum store_verb verb)
{
	struct store_op *op = &t->ops[t->count];

	t->entries[t->count++] = e;
	op->verb = verb;
	op->klass = LISTHEALTH_CLASS;
	op->schema = SCHEMA;
	op->key = e->list.id;
	if (verb == STORE_GET)
		op->data = arena_bytes(&t->arena, STORE_VALUE_MAX);
	return op;
}

static void
add_put(struct talk *t, struct listentry *e, const char *host)
{
	struct store_op *op = add_op(t, e, STORE_PUT);
	struct buf value;

	buf_init(&value, STORE_VALUE_MAX);
	op->value = arena_span(&t->arena, listentry_record(e, host, &value));
	op->ttl = LISTHEALTH_TTL;
	buf_done(&value);
}

/* What is to be said, and where it is time for that, what is to be heard. */
static void
collect(struct listhealth *h, struct talk *t, bool listen)
{
	size_t i, n = h->count;
	struct listentry *e;

	for (i = 0; i < n && t->count < OPS_PER_TICK; i++)
		if (h->entries[i]->publish)
			add_put(t, h->entries[i], h->host);
	for (i = 0; listen && i < n && t->count < OPS_PER_TICK; i++) {
		e = h->entries[(h->turn + i) % n];
		if (!e->publish)
			add_op(t, e, STORE_GET);
	}
	if (n > 0)
		h->turn = (h->turn + i) % n;
}

static void
take_answers(struct talk *t, int64_t now)
{
	struct store_op *op;
	size_t i;

	for (i = 0; i < t->count; i++) {
		op = &t->ops[i];
		if (op->verb == STORE_PUT && op->answer == STORE_FOUND)
			t->entries[i]->publish = false;
		if (op->verb == STORE_GET && op->answer == STORE_FOUND)
			listentry_heard(t->entries[i],
			    span_make(op->data, op->length), now);
	}
}

static bool
any_news(struct listhealth *h)
{
	bool news = false;
	size_t i;

	pthread_mutex_lock(&h->mutex);
	for (i = 0; i < h->count; i++)
		news |= h->entries[i]->publish;
	pthread_mutex_unlock(&h->mutex);
	return news;
}

static void
talk(struct listhealth *h, struct store *store, int64_t now)
{
	bool listen = now >= h->synced || h->synced - now > LISTHEALTH_SYNC_MS;
	struct talk *t;

	if (!listen && !any_news(h))
		return;
	t = mem_alloc(sizeof(*t));
	arena_init(&t->arena);
	pthread_mutex_lock(&h->mutex);
	collect(h, t, listen);
	pthread_mutex_unlock(&h->mutex);
	if (listen)
		h->synced = now + LISTHEALTH_SYNC_MS;
	if (t->count > 0) {
		store_run(store, t->ops, t->count, now, LISTHEALTH_STORE_MS);
		pthread_mutex_lock(&h->mutex);
		take_answers(t, now);
		pthread_mutex_unlock(&h->mutex);
	}
	arena_done(&t->arena);
	free(t);
}

void
listhealth_tick(struct listhealth *h, struct store *store, struct dns *dns,
    int64_t now)
{
	end_tests(h, now);
	if (dns != NULL)
		begin_tests(h, dns, now);
	/* With a table, or all in the cache, the answers are there. */
	end_tests(h, now);
	if (store != NULL)
		talk(h, store, now);
}

void
listhealth_start(struct listhealth *h, struct store *store, struct dns *dns,
    int64_t now, int64_t timeout)
{
	int64_t until = clock_steady() + timeout, left;
	size_t i;

	listhealth_tick(h, store, dns, now);
	for (i = 0; i < h->count; i++) {
		left = until - clock_steady();
		if (h->entries[i]->job != NULL)
			dns_job_wait(h->entries[i]->job, left > 0 ? left : 0);
	}
	end_tests(h, now + LISTHEALTH_TEST_MS);
}

bool
listhealth_report(struct listhealth *h, const struct dnslist *list,
    struct list_report *out)
{
	const struct listentry *e;

	memset(out, 0, sizeof(*out));
	pthread_mutex_lock(&h->mutex);
	e = map_find(&h->by_id, list->id);
	if (e != NULL) {
		out->trust = e->trust;
		out->since = e->since;
		out->tested = e->tested;
		out->asked = e->asked;
		out->hits = e->hits;
		out->errors = e->errors;
		out->usual = e->usual / 1000;
		memcpy(out->why, e->why, sizeof(out->why));
	}
	pthread_mutex_unlock(&h->mutex);
	return e != NULL;
}

static void
print_answers(const struct listentry *e, struct buf *out)
{
	const struct {
		const char *word;
		uint64_t count;
	} rows[] = {
		{"yes", e->hits}, {"error", e->errors},
		{"no", e->asked - e->hits - e->errors},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		buf_printf(out, "postern_dnslist_answers_total{zone=\"%.*s\","
		    "answer=\"%s\"} %llu\n", SPAN_ARG(e->list.id),
		    rows[i].word, (unsigned long long)rows[i].count);
}

/* Zones hold letters, digits, dots and hyphens: no quotes. */
void
listhealth_stats(struct listhealth *h, struct buf *out)
{
	size_t i;

	pthread_mutex_lock(&h->mutex);
	buf_puts(out, "# HELP postern_dnslist_answers_total What DNS lists "
	    "said about mail\n"
	    "# TYPE postern_dnslist_answers_total counter\n");
	for (i = 0; i < h->count; i++)
		print_answers(h->entries[i], out);
	buf_puts(out, "# HELP postern_dnslist_trusted Whether a DNS list is "
	    "believed now\n# TYPE postern_dnslist_trusted gauge\n");
	for (i = 0; i < h->count; i++)
		buf_printf(out, "postern_dnslist_trusted{zone=\"%.*s\"} %d\n",
		    SPAN_ARG(h->entries[i]->list.id),
		    h->entries[i]->trust == LIST_TRUSTED);
	pthread_mutex_unlock(&h->mutex);
}
