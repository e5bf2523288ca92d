/*
 * dns_shared - the cache and the questions that jobs share, with a back end
 * at hand.
 */
#include <fcntl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "net/dns_backend.h"
#include "test/unit/dns_ask.h"
#include "test/unit/test.h"

#define HELD_MAX (DNS_UNDER_WAY_MAX + 1)

/* Holds questions until the test says what the answer is. */
struct hand {
	struct dns *dns;
	int pipe[2];
	pthread_mutex_t mutex;
	struct dns_question *held[HELD_MAX];
	size_t count;
	bool refuse;
	struct dns_draft draft;		/* the next answer */
};

static bool
hand_ask(void *state, struct dns_question *q)
{
	struct hand *h = state;
	bool refuse;

	pthread_mutex_lock(&h->mutex);
	refuse = h->refuse;
	if (!refuse)
		h->held[h->count++] = q;
	pthread_mutex_unlock(&h->mutex);
	return !refuse;
}

static int
hand_fd(void *state)
{
	const struct hand *h = state;

	return h->pipe[0];
}

/* Answers all that is held, the newest first. */
static bool
hand_process(void *state)
{
	struct hand *h = state;
	struct dns_question *q;
	struct dns_answer *a;
	size_t bytes;
	char byte;

	if (read(h->pipe[0], &byte, 1) != 1)
		return false;
	for (;;) {
		pthread_mutex_lock(&h->mutex);
		q = h->count > 0 ? h->held[--h->count] : NULL;
		a = q != NULL ? dns_answer_new(&h->draft, &bytes) : NULL;
		pthread_mutex_unlock(&h->mutex);
		if (q == NULL)
			return true;
		dns_answered(h->dns, q, a, bytes);
	}
}

static void
hand_close(void *state)
{
	struct hand *h = state;

	close(h->pipe[0]);
	close(h->pipe[1]);
	pthread_mutex_destroy(&h->mutex);
	free(h);
}

static struct hand *
hand_new(int64_t timeout, size_t cache)
{
	static const struct dns_backend backend = {
	    "hand", hand_ask, hand_fd, hand_process, NULL, hand_close};
	struct hand *h = mem_alloc(sizeof(*h));

	if (pipe2(h->pipe, O_CLOEXEC) != 0)
		abort();
	pthread_mutex_init(&h->mutex, NULL);
	h->dns = dns_new(&backend, h, cache);
	dns_set_due(h->dns, timeout);
	return h;
}

/* Sets the answer to come; data that is not NULL is a TXT record. */
static void
hand_draft(struct hand *h, enum dns_status status, uint32_t ttl,
    const char *data)
{
	pthread_mutex_lock(&h->mutex);
	memset(&h->draft, 0, sizeof(h->draft));
	h->draft.status = status;
	h->draft.ttl = ttl;
	h->draft.count = data != NULL;
	h->draft.records[0].data = span_of(data);
	h->draft.why = DNS_WHY_SERVFAIL;
	pthread_mutex_unlock(&h->mutex);
}

static void
hand_answer(struct hand *h)
{
	if (write(h->pipe[1], "", 1) != 1)
		abort();
}

/* Asks, answers if nobody knew, and compares. */
static void
hand_round(struct hand *h, const char *row, const char *name, bool asks,
    const char *expected)
{
	struct dns_job *job = one_start(h->dns, name, DNS_TXT);
	struct buf out;
	bool asked;

	pthread_mutex_lock(&h->mutex);
	asked = h->count > 0;
	pthread_mutex_unlock(&h->mutex);
	CHECK(row, asked == asks);
	if (asked)
		hand_answer(h);
	buf_init(&out, 1024);
	CHECK(row, one_end(job, 2000, &out));
	CHECK_TEXT(row, buf_string(&out), expected);
	buf_done(&out);
}

static const struct life_row {
	const char *row;
	enum dns_status status;
	uint32_t ttl;
	int64_t seconds;
} life_rows[] = {
	{"found", DNS_FOUND, 300, 300},
	{"found, for ever", DNS_FOUND, UINT32_MAX, DNS_TTL_MAX},
	{"found, not to be kept", DNS_FOUND, 0, 0},
	{"RFC 2308 5: the SOA's", DNS_NODATA, 60, 60},
	{"RFC 2308 5: at most", DNS_NXDOMAIN, 86400, DNS_NEGATIVE_TTL_MAX},
	{"RFC 2308 5: no SOA", DNS_NXDOMAIN, 0, 0},
	{"RFC 9520 3.2: failures", DNS_FAILED, 0, DNS_FAILURE_TTL},
};

static void
test_life(void)
{
	size_t i;

	for (i = 0; i < sizeof(life_rows) / sizeof(life_rows[0]); i++) {
		struct dns_answer a = {.status = life_rows[i].status,
		    .ttl = life_rows[i].ttl};

		CHECK(life_rows[i].row, dns_answer_life(&a) ==
		    life_rows[i].seconds * 1000);
	}
}

static void
test_expiry(void)
{
	struct hand *h = hand_new(2000, 100000);

	hand_draft(h, DNS_FOUND, 1, "first");
	hand_round(h, "asked", "a.test", true, "found first");
	hand_draft(h, DNS_NXDOMAIN, 1, NULL);
	hand_round(h, "negative", "b.test", true, "nxdomain");
	hand_draft(h, DNS_FOUND, 0, "zero");
	hand_round(h, "ttl 0", "c.test", true, "found zero");
	hand_draft(h, DNS_FAILED, 0, NULL);
	hand_round(h, "failure", "d.test", true, "failed servfail");
	hand_draft(h, DNS_FOUND, 1, "second");
	hand_round(h, "kept", "A.test.", false, "found first");
	hand_round(h, "negative kept", "b.test", false, "nxdomain");
	hand_round(h, "ttl 0 not kept", "c.test", true, "found second");
	hand_round(h, "failure kept", "d.test", false, "failed servfail");
	sleep_ms(1050);
	hand_round(h, "expired", "a.test", true, "found second");
	hand_round(h, "negative expired", "b.test", true, "found second");
	hand_round(h, "failure stays", "d.test", false, "failed servfail");
	CHECK("stats", stats_have(h->dns,
	    "postern_dns_failures_total{why=\"servfail\"} 1\n"));
	CHECK("stats", stats_have(h->dns, "postern_dns_asked_total 7\n"));
	CHECK("stats", stats_have(h->dns, "postern_dns_cache_hits_total 4\n"));
	dns_free(h->dns);
}

/* Two jobs share a question although its answer may not be kept. */
static void
test_joined(void)
{
	struct hand *h = hand_new(2000, 100000);
	struct dns_job *a = one_start(h->dns, "a.test", DNS_TXT);
	struct dns_job *b = one_start(h->dns, "A.TEST", DNS_TXT);
	struct buf out;

	buf_init(&out, 1024);
	hand_draft(h, DNS_FOUND, 0, "both");
	CHECK("joined", h->count == 1);
	hand_answer(h);
	CHECK("joined", one_end(a, 2000, &out));
	CHECK_TEXT("joined", buf_string(&out), "found both");
	CHECK("joined", one_end(b, 2000, &out));
	CHECK_TEXT("joined", buf_string(&out), "found both");
	CHECK("joined", stats_have(h->dns, "postern_dns_cache_bytes 0\n"));
	buf_done(&out);
	dns_free(h->dns);
}

/* All who wait are told at the question's own time; the answer is kept. */
static void
test_late(void)
{
	struct hand *h = hand_new(60, 100000);
	struct dns_job *a = one_start(h->dns, "a.test", DNS_TXT), *b;
	int64_t before = clock_steady();
	struct buf out;

	buf_init(&out, 1024);
	hand_draft(h, DNS_FOUND, 60, "late");
	sleep_ms(30);
	b = one_start(h->dns, "a.test", DNS_TXT);
	CHECK("late", dns_job_wait(b, 2000));
	CHECK("late", clock_steady() - before < 85);
	CHECK("late", one_end(b, 0, &out));
	CHECK_TEXT("late", buf_string(&out), "failed timeout");
	CHECK("late", stats_have(h->dns, "postern_dns_under_way 1\n"));
	hand_answer(h);
	sleep_ms(30);
	CHECK("late", stats_have(h->dns, "postern_dns_under_way 0\n"));
	hand_round(h, "late", "a.test", false, "found late");
	CHECK("late", one_end(a, 0, &out));
	CHECK_TEXT("late", buf_string(&out), "failed timeout");
	buf_done(&out);
	dns_free(h->dns);
}

static void
test_refused(void)
{
	struct hand *h = hand_new(2000, 100000);
	struct dns_job *job;
	struct buf out;

	buf_init(&out, 1024);
	h->refuse = true;
	job = one_start(h->dns, "a.test", DNS_TXT);
	CHECK("refused", one_end(job, 2000, &out));
	CHECK_TEXT("refused", buf_string(&out), "failed resolver error");
	CHECK("refused", stats_have(h->dns, "postern_dns_under_way 0\n"));
	buf_done(&out);
	dns_free(h->dns);
}

/* The process asks no more than so many at a time. */
static void
test_crowded(void)
{
	struct hand *h = hand_new(2000, 100000);
	struct dns_job *jobs[DNS_UNDER_WAY_MAX + 1];
	char name[32];
	struct buf out;
	size_t i;

	buf_init(&out, 1024);
	for (i = 0; i <= DNS_UNDER_WAY_MAX; i++) {
		snprintf(name, sizeof(name), "n%zu.test", i);
		jobs[i] = one_start(h->dns, name, DNS_TXT);
	}
	CHECK("crowded", h->count == DNS_UNDER_WAY_MAX);
	hand_draft(h, DNS_NXDOMAIN, 60, NULL);
	hand_answer(h);
	CHECK("crowded", one_end(jobs[DNS_UNDER_WAY_MAX], 0, &out));
	CHECK_TEXT("crowded", buf_string(&out), "failed too many questions");
	for (i = 0; i < DNS_UNDER_WAY_MAX; i++)
		if (!one_end(jobs[i], 2000, &out) ||
		    strcmp(buf_string(&out), "nxdomain") != 0)
			CHECK("crowded", false);
	hand_round(h, "crowded, later", name, true, "nxdomain");
	CHECK("crowded", stats_have(h->dns, "postern_dns_failures_total"
	    "{why=\"too many questions\"} 1\n"));
	buf_done(&out);
	dns_free(h->dns);
}

/* Least recently used goes first, and what a job holds stays with the job. */
static void
test_eviction(void)
{
	struct hand *h = hand_new(2000, 1100);
	const struct one *one;
	struct dns_job *job;

	hand_draft(h, DNS_FOUND, 60, "some hundred bytes in all, about");
	hand_round(h, "a", "a.test", true,
	    "found some hundred bytes in all, about");
	job = one_start(h->dns, "b.test", DNS_TXT);
	hand_answer(h);
	dns_job_wait(job, 2000);
	hand_draft(h, DNS_FOUND, 60, "other");
	hand_round(h, "a again", "a.test", false,
	    "found some hundred bytes in all, about");
	hand_round(h, "c", "c.test", true, "found other");
	hand_round(h, "d", "d.test", true, "found other");
	hand_round(h, "e", "e.test", true, "found other");
	hand_round(h, "b is gone", "b.test", true, "found other");
	CHECK("limit", stats_have(h->dns, "postern_dns_cache_answers 4\n"));
	one = dns_job_state(job);
	CHECK("held by its job", span_is(one->answer->records[0].data,
	    "some hundred bytes in all, about"));
	dns_job_free(job);
	dns_free(h->dns);
}

/* With a clock of the test's own. */
static void
test_cache(void)
{
	struct dns_question *q;
	struct dns_cache c;
	struct dns_key key;
	unsigned i;

	dns_cache_init(&c, 10000);
	dns_key_make(&key, span_of("a.test"), DNS_A);
	q = dns_question_new(&key);
	dns_cache_put(&c, q);
	dns_question_put(q);
	CHECK("under way", dns_cache_find(&c, &key, INT64_MAX) == q);
	CHECK("under way is not counted", c.bytes == 0);
	dns_cache_keep(&c, q, 1000);
	CHECK("before", dns_cache_find(&c, &key, 999) == q);
	key.type = DNS_AAAA;
	CHECK("other type", dns_cache_find(&c, &key, 999) == NULL);
	key.type = DNS_A;
	CHECK("at", dns_cache_find(&c, &key, 1000) == NULL);
	CHECK("at", c.bytes == 0 && c.count == 0);
	for (i = 0; i < 1000; i++) {
		char name[32];

		snprintf(name, sizeof(name), "n%u", i);
		dns_key_make(&key, span_of(name), DNS_A);
		q = dns_question_new(&key);
		dns_cache_put(&c, q);
		dns_cache_keep(&c, q, 1000);
		dns_question_put(q);
	}
	CHECK("full", c.bytes <= 10000 && c.bytes > 9500);
	CHECK("newest", dns_cache_find(&c, &key, 0) != NULL);
	dns_cache_done(&c);
}

int
main(void)
{
	test_life();
	test_cache();
	test_expiry();
	test_joined();
	test_late();
	test_refused();
	test_crowded();
	test_eviction();
	return test_end();
}
