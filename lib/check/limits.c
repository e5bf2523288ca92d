/*
 * limits - bounds what one message and all together may take, and tells when
 * a message was larger than what is looked at.
 */
#include "check/check.h"

#define ROW(member) offsetof(struct limits, member)

static const struct option rows[] = {
	{"messages", OPTION_INT, ROW(messages), "500", 1, 100000, NULL,
	    "messages looked at at the same time"},
	{"bytes", OPTION_SIZE, ROW(bytes), "256M", 1 << 20, 1LL << 40, NULL,
	    "memory for all of them together"},
	{"recipients", OPTION_INT, ROW(recipients), "1000", 1, 100000, NULL,
	    "recipients of one message that are remembered"},
	{"headers", OPTION_INT, ROW(headers), "1000", 10, 100000, NULL,
	    "header fields that are looked at"},
	{"header_bytes", OPTION_SIZE, ROW(header_bytes), "512k", 16384,
	    16 << 20, NULL, "bytes of all header fields"},
	{"body", OPTION_SIZE, ROW(body), "1M", 0, 1 << 30, NULL,
	    "bytes of the body that are looked at"},
	{0},
};

static const char *const symbols[] = {
	"LIMIT_BODY", "LIMIT_HEADERS", "LIMIT_RECIPIENTS", NULL,
};

static unsigned
limits_needs(const void *self)
{
	(void)self;
	return NEED_CLIENT;
}

static enum answer
limits_run(const void *self, struct inquiry *q)
{
	const struct message *m = q->message;

	(void)self;
	if (m->reached & LIMIT_RECIPIENTS)
		inquiry_raise(q, "LIMIT_RECIPIENTS", "%zu recipients",
		    m->recipients_seen);
	if (m->reached & (LIMIT_HEADERS | LIMIT_HEADER_BYTES))
		inquiry_raise(q, "LIMIT_HEADERS", "%zu of %zu fields kept",
		    m->header_count, m->headers_seen);
	if (m->reached & LIMIT_BODY)
		inquiry_raise(q, "LIMIT_BODY", "%zu bytes looked at",
		    m->body.n);
	return ANSWERED;
}

const struct check check_limits = {
	.name = "limits",
	.options = rows,
	.size = sizeof(struct limits),
	.symbols = symbols,
	.needs = limits_needs,
	.run[STAGE_BODY] = limits_run,
};
