/* spf_judge - what the tests of SPF share: one evaluation as one line. */
#ifndef TEST_UNIT_SPF_JUDGE_H
#define TEST_UNIT_SPF_JUDGE_H

#include "auth/spf.h"
#include "test/unit/test.h"

#define DEADLINE 5000	/* ms */

/* "result mechanism lookups/voids", then problem or explanation. */
static inline void
show(const struct spf_outcome *out, struct buf *text)
{
	buf_printf(text, "%s %s%s%u/%u", spf_word(out->result),
	    out->mechanism, out->mechanism[0] != '\0' ? " " : "",
	    out->lookups, out->voids);
	if (out->problem[0] != '\0')
		buf_printf(text, " %s", out->problem);
	if (out->explanation[0] != '\0')
		buf_printf(text, " \"%s\"", out->explanation);
}

static inline void
judge(const char *row, struct dns *dns, const struct spf_input *input,
    const char *expected)
{
	struct dns_job *job = spf_start(dns, input);
	struct buf text;

	buf_init(&text, 4096);
	CHECK(row, dns_job_wait(job, DEADLINE));
	show(spf_outcome(job), &text);
	CHECK_TEXT(row, buf_string(&text), expected);
	buf_done(&text);
	dns_job_free(job);
}

static inline struct spf_input
input_of(const char *ip, const char *helo, const char *sender)
{
	struct spf_input input = { .identity = SPF_MAILFROM, .helo = helo,
		.sender = sender, .receiver = "mx.test", .now = 1700000000 };

	CHECK(ip, ip_parse(span_of(ip), &input.ip));
	return input;
}

#endif
