/* dmarc_walk - which questions DMARC asks, when, and how methods differ. */
#include "auth/dmarc_trace.h"
#include "auth/dmarc_verdict.h"
#include "base/clock.h"
#include "test/unit/test.h"
#include "test/unit/zone.h"

#define TIMEOUT 5000
#define TEXT_MAX 1024

static struct arena arena;

struct differs_row {
	const char *name, *zone, *author, *how;
};

static const struct differs_row differences[] = {
	{ "same", EX "p=reject", "a.example.com", "" },
	{ "psd=n below", "_dmarc.b.example.com v=DMARC1; p=reject; psd=n|"
	    EX "p=none", "a.b.example.com", "RFC 9989: reject, "
	    "organizational domain b.example.com; public suffix list: none, "
	    "example.com" },
	{ "only policy", "_dmarc.com v=DMARC1; p=reject; psd=y",
	    "example.com", "RFC 9989: reject, organizational domain "
	    "example.com; public suffix list: no policy, example.com" },
	{ "one is not known", "_dmarc.com FAIL|" EX "p=reject", "example.com",
	    "" },
};

static void
run_differs(const struct differs_row *row, const struct suffixes *suffixes)
{
	struct dmarc_input in = { span_of(row->author), NULL, 0, DMARC_WALK,
		suffixes, true };
	struct dns *dns = zone_dns(&arena, row->zone);
	struct dns_job *job = dmarc_start(dns, &in);
	struct buf how;

	buf_init(&how, TEXT_MAX);
	CHECK(row->name, dns_job_wait(job, TIMEOUT));
	CHECK(row->name, dmarc_differs(dmarc_outcome(job), &how) ==
	    (row->how[0] != '\0'));
	CHECK_TEXT(row->name, buf_string(&how), row->how);
	buf_done(&how);
	dns_job_free(job);
	dns_free(dns);
}

static void
check_trace(void)
{
	static const char expected[] =
	    "_dmarc.a.b.example.com: 2 DMARC records: all are discarded "
	    "(4.10)\n"
	    "_dmarc.b.example.com: 1 TXT, none of them DMARC\n"
	    "_dmarc.example.com: v=DMARC1; p=none; np=reject; psd=n\n"
	    "(_dmarc.com: no answer: servfail)\n"
	    "a.b.example.com: the name exists without such a record\n"
	    "a.b.example.com: the name exists without such a record\n"
	    "a.b.example.com: the name exists without such a record\n"
	    "_dmarc.x.example.com: no such name\n";
	struct span x = span_of("x.example.com");
	struct dmarc_input in = { span_of("a.b.example.com"), &x, 1,
		DMARC_WALK, NULL, false };
	struct dns *dns = zone_dns(&arena, EX "p=none; np=reject; psd=n|"
	    "_dmarc.com FAIL|_dmarc.b.example.com x|"
	    "_dmarc.a.b.example.com v=DMARC1; p=none|"
	    "_dmarc.a.b.example.com v=DMARC1; p=none");
	struct dns_job *job = dmarc_start(dns, &in);
	const struct dmarc_query *q;
	struct buf out;
	size_t count, i;

	buf_init(&out, TEXT_MAX);
	CHECK("trace", dns_job_wait(job, TIMEOUT));
	q = dmarc_trace(dmarc_outcome(job), &arena, &count);
	for (i = 0; i < count; i++)
		buf_printf(&out, q[i].used ? "%.*s: %.*s\n" :
		    "(%.*s: %.*s)\n", SPAN_ARG(q[i].name),
		    SPAN_ARG(q[i].brought));
	CHECK_TEXT("trace", buf_string(&out), expected);
	CHECK("trace is all", count == dns_job_questions(job));
	buf_done(&out);
	dns_job_free(job);
	dns_free(dns);
}

/* Never more than eight questions for the author, whatever it is. */
static void
check_questions(void)
{
	static const struct {
		const char *author;
		size_t questions;
	} names[] = { { "com", 1 }, { "example.com", 2 },
		{ "a.b.c.d.e.f.g.h", 8 }, { "a.b.c.d.e.f.g.h.i", 8 },
		{ "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p", 8 } };
	struct dmarc_input in = { .method = DMARC_WALK };
	struct dns *dns = dns_table();
	struct dns_job *job;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		in.author = span_of(names[i].author);
		job = dmarc_start(dns, &in);
		dns_job_wait(job, TIMEOUT);
		CHECK(names[i].author,
		    dns_job_questions(job) == names[i].questions);
		dns_job_free(job);
	}
	dns_free(dns);
}

#define DELAY 400	/* ms of every answer */
#define SLACK 390

static int64_t
elapsed(const char *zone, const char *author, int64_t timeout,
    struct dmarc_verdict *v)
{
	struct span names[] = { span_of("x.y.example.com"),
		span_of("z.example.com") };
	struct dmarc_input in = { span_of(author), names, 2, DMARC_WALK, NULL,
		false };
	struct dmarc_facts facts = { .spf = { names[0], true, false } };
	struct dns *dns = zone_dns(&arena, zone);
	struct dns_job *job;
	int64_t begin = clock_steady();

	dns_table_delay(dns, DELAY);
	job = dmarc_start(dns, &in);
	dns_job_wait(job, timeout);
	begin = clock_steady() - begin;
	dmarc_evaluate(dmarc_outcome(job), &facts, v);
	v->org = v->record_at = v->author = v->aligned = span_of(NULL);
	dns_job_free(job);
	dns_free(dns);
	return begin;
}

/* All walks are one round; np makes it two; a late answer is none. */
static void
check_time(void)
{
	struct dmarc_verdict v;
	int64_t ms;

	ms = elapsed(EX "p=reject", "a.b.c.example.com", TIMEOUT, &v);
	CHECK("one round", v.result == DMARC_RESULT_PASS);
	CHECK("one round", ms >= DELAY && ms < DELAY + SLACK);
	ms = elapsed(EX "p=reject; np=none", "a.example.com", TIMEOUT, &v);
	CHECK("two rounds", v.result == DMARC_RESULT_PASS);
	CHECK("two rounds", ms >= 2 * DELAY && ms < 2 * DELAY + SLACK);
	ms = elapsed(EX "p=reject", "a.example.com", DELAY / 3, &v);
	CHECK("too late", v.result == DMARC_RESULT_TEMPERROR);
	CHECK_TEXT("too late", v.reason, "timeout");
	CHECK("too late", ms < DELAY);
}

int
main(void)
{
	struct error error;
	struct suffixes *suffixes = suffixes_open("", &error);
	size_t i;

	arena_init(&arena);
	CHECK("suffixes", suffixes != NULL);
	for (i = 0; i < 4 && suffixes != NULL; i++)
		run_differs(&differences[i], suffixes);
	suffixes_close(suffixes);
	check_trace();
	check_questions();
	check_time();
	arena_done(&arena);
	return test_end();
}
